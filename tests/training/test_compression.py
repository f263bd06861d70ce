"""Smaller forms of a network: as sparse as promised, still the same vectors, and none of the published faults."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import numpy_helper

from livecsi.errors import UsageError
from livecsi.training.commands import Folders, compress_run
from livecsi.training.compression import (
    Pruner,
    graph_scores,
    prunable,
    prune_run,
    quantise,
    sparsity_at,
    zero_smallest,
)
from livecsi.training.families.export import export_family
from livecsi.training.families.objectives import make_objective
from livecsi.training.families.plan import LossPlan, VersionShape
from livecsi.training.families.registry import load_family, plan_of_run
from livecsi.training.families.trainer import train_family
from livecsi.training.families.validation import all_against_all, rendered_versions
from livecsi.training.networks.cqtnet import CqtNet
from livecsi.training.run_folder import released_state
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener
from tests.training.families.made_up import material, plan, trial
from tests.training.made_up import made_up_score

CONFIG = """
family = "cqtnet-small"
works = 4
workers = 0
[batch]
works = 3
versions = 2
frames = [100]
"""
PLAN = plan(family="cqtnet-small", loss=LossPlan(metric="none"))


@pytest.fixture(scope="module")
def network() -> CqtNet:
    """Random weights whose batch norms have seen music, so that its layers have the ranges of a trained one."""
    torch.manual_seed(0)
    made = CqtNet(separable=True).train()
    versions = rendered_versions([made_up_score(cluster) for cluster in range(2)], 120)
    with torch.no_grad():
        for _ in range(20):
            made(torch.stack([torch.from_numpy(frames) for _, frames in versions]))
    return made.eval()


@pytest.fixture(scope="module")
def graphs(network, tmp_path_factory):
    folder = tmp_path_factory.mktemp("graphs")
    whole, small = export_family(network, folder)["embedder"], folder / "int8.onnx"
    versions = rendered_versions([made_up_score(cluster) for cluster in range(3)], 120)
    quantise(whole, small, [{"magnitude": frames[None]} for _, frames in versions])
    return whole, small


def test_the_share_of_zeros_follows_the_polynomial():
    shares = [sparsity_at(step, 400) for step in (0, 150, 300, 400)]
    assert shares == [0.5, pytest.approx(0.8 - 0.3 / 8), 0.8, 0.8]


def test_the_smallest_weights_go_and_the_others_stay():
    weight = torch.nn.Parameter(torch.tensor([[3.0, -0.1], [0.2, -5.0]]))
    zero_smallest(weight, 0.5)
    assert weight.tolist() == [[3.0, 0.0], [0.0, -5.0]]


def test_pruned_weights_stay_zero_through_further_steps_and_a_resumption(tmp_path):
    shape = VersionShape(works=3, versions=2, frames=(100,))
    chosen = plan(family="cqtnet-small", steps=4, validate_every=0, batch=shape, loss=LossPlan())
    objective = train_family(material(), chosen, tmp_path, Listener(), trial(0), None, Pruner(4))
    for convolution in prunable(objective.network):
        assert (convolution.weight == 0).float().mean().item() == pytest.approx(0.8, abs=0.02)
    earlier = [m for m in objective.network.modules() if isinstance(m, torch.nn.Conv2d)][0]
    assert (earlier.weight == 0).float().mean() < 0.01
    resumed = train_family(material(), chosen, tmp_path, Listener(), trial(0), None, Pruner(4))
    assert all(torch.equal(a, b) for a, b in zip(objective.parameters(), resumed.parameters(), strict=True))


def test_a_pruned_run_is_a_run_of_its_own(tmp_path):
    run = tmp_path / "cqtnet-small"
    run.mkdir()
    (run / "config.toml").write_text(CONFIG)
    corpus = [made_up_score(cluster) for cluster in (0, 1, 2, 3)]
    sources = Sources(run, corpus, None, None, None)
    chosen = plan(family="cqtnet-small", steps=2, validate_every=0, batch=plan_of_run(run).batch, loss=LossPlan())
    train_family(material(), chosen, run, Listener(), trial(0))
    before = released_state(run)["network"]
    pruned = prune_run(run, 2, sources, Listener())
    assert pruned.name == "cqtnet-small-pruned" and plan_of_run(pruned) == plan_of_run(run)
    assert all(torch.equal(value, before[name]) for name, value in released_state(run)["network"].items())
    zeros = [(c.weight == 0).float().mean().item() for c in prunable(load_family(pruned))]
    assert zeros == [pytest.approx(0.8, abs=0.02)] * len(zeros)


def test_the_small_graph_gives_the_vector_of_the_whole_one_and_no_softmax_of_classes(network, graphs):
    """Fault of the study: its quantised "embedding" was the softmax over the classes."""
    frames = rendered_versions([made_up_score(7)], 160)[1][1][None]
    whole, small = (onnxruntime.InferenceSession(str(path)).run(None, {"magnitude": frames})[0][0] for path in graphs)
    assert whole.shape == small.shape == (network.dimensions,)
    assert np.linalg.norm(small) == pytest.approx(1, abs=0.02)
    assert (small < 0).any() and abs(small.sum() - 1) > 0.05
    assert whole @ small > 0.97


def test_what_is_taken_off_as_a_zero_point_is_put_back(graphs):
    """Fault of the study: zero points were added on one side and subtracted on the other."""
    model = onnx.load(graphs[1])
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    made = {node.output[0]: node for node in model.graph.node}
    checked = 0
    for node in model.graph.node:
        source = made.get(node.input[0]) if node.op_type == "DequantizeLinear" else None
        if source is not None and source.op_type == "QuantizeLinear":
            for one, other in zip(source.input[1:], node.input[1:], strict=True):
                np.testing.assert_array_equal(values[one], values[other])
            checked += int(values[node.input[2]].any())
    assert checked > 3  # ranges that are not symmetric, where the fault would show


def test_the_small_graph_is_small_where_the_weights_are(graphs):
    sizes = [path.stat().st_size for path in graphs]
    assert sizes[1] < 0.45 * sizes[0]


def test_the_most_similar_version_comes_first(network, graphs):
    """Fault of the study: cosines were sorted ascending."""
    versions = rendered_versions([made_up_score(cluster) for cluster in range(3)], 120)
    twice = [*versions, *versions]
    scores = graph_scores(graphs[0], network, PLAN, twice)
    assert all_against_all(scores, [str(number % len(versions)) for number in range(len(twice))]).top1 == 1.0


def test_the_tenth_rank_counts():
    """Fault of the study: P@10 looked at ranks 1 to 9."""
    works = ["a", "a", *(f"other {number}" for number in range(9))]
    scores = np.full((11, 11), 0.5)
    scores[0, 1] = scores[1, 0] = 0.1
    found = all_against_all(scores, works)
    assert found.mr1 == 10 and found.p_at_10 == pytest.approx(0.1)


def test_only_what_makes_one_vector_can_be_compressed(tmp_path):
    run = tmp_path / "hakala"
    run.mkdir()
    (run / "config.toml").write_text('family = "hakala"')
    (tmp_path / "one.abc").write_text("X:1\nT:t\nM:4/4\nL:1/4\nK:C\n" + "CDEF|" * 40)
    with pytest.raises(UsageError, match="not a family of one vector"):
        compress_run(run, Folders(tmp_path, None, None, None, run), tmp_path / "models", 0, True, lambda _: None)


def test_the_constraint_leaves_a_fresh_network_at_the_first_share():
    objective = make_objective(PLAN, 3)
    Pruner(100)(objective, 0)
    assert (prunable(objective.network)[-1].weight == 0).float().mean().item() == pytest.approx(0.5, abs=0.01)
