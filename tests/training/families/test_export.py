"""What is exported is what was trained, at every length, and the manifest says what a runtime has to know.

Exporting checks the parity of torch and onnxruntime itself; the large networks take minutes and are long tests.
"""

import json

import numpy as np
import onnxruntime
import pytest
import torch

from livecsi.errors import FindingsError
from livecsi.identify.sessions import find_model
from livecsi.training.commands import Folders, compress_run, release_run
from livecsi.training.export import write_graph
from livecsi.training.families.export import _require_parity, export_family
from livecsi.training.families.plan import VersionShape
from livecsi.training.families.registry import NETWORKS, build_network, load_family, plan_of_run
from livecsi.training.families.release import family_facts
from livecsi.training.families.trainer import train_family
from livecsi.training.networks.blocks import EmbeddingNetwork
from livecsi.training.trainer import Listener
from tests.training.families.made_up import material, plan, trial
from tests.training.made_up import write_tables

QUICK = ("hakala", "cqtnet-small", "hpcp-cnn")
LONG = tuple(name for name in NETWORKS if name not in QUICK)
CONFIG = """
family = "cqtnet-small"
works = 4
workers = 0
validation_works = 2
[batch]
works = 3
versions = 2
frames = [100]
"""


@pytest.mark.parametrize("family", [*QUICK, *(pytest.param(name, marks=pytest.mark.live) for name in LONG)])
def test_every_family_gives_torchs_numbers_in_onnxruntime_and_survives_silence(family, tmp_path):
    torch.manual_seed(0)
    network = build_network(plan(family=family, network={}))
    for role, path in export_family(network, tmp_path).items():
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        shapes = {i.name: [n if isinstance(n, int) else 301 for n in i.shape] for i in session.get_inputs()}
        outputs = session.run(None, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
        assert all(np.isfinite(output).all() for output in outputs), role
        assert b"site-packages" not in path.read_bytes()
    if isinstance(network, EmbeddingNetwork):
        assert outputs[0].shape == (1, network.dimensions)
        assert list(shapes) == ["hpcp" if family.startswith("hpcp") else "magnitude"]
    else:
        assert list(shapes) == ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4"] and 0 <= outputs[0][0] <= 1


def test_a_graph_that_differs_is_not_believed(tmp_path):
    first, second = torch.nn.Linear(4, 2), torch.nn.Linear(4, 2)
    feed, path = {"x": np.ones((1, 4), np.float32)}, tmp_path / "one.onnx"
    write_graph(first, (torch.ones(1, 4),), path, ["x"], ["y"], None)
    _require_parity(first, path, feed)
    with pytest.raises(FindingsError, match="one.onnx: onnxruntime and torch differ"):
        _require_parity(second, path, feed)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A run of three steps, exported whole and in eight bits; works 0 to 3 are trained on, 8 chooses, 19 judges."""
    folder = tmp_path_factory.mktemp("released")
    scores = write_tables(folder / "scores", [{"version_id": n, "cluster_id": n} for n in (0, 1, 2, 3, 8, 19)])
    run, models = folder / "runs" / "little", folder / "models"
    run.mkdir(parents=True)
    (run / "config.toml").write_text(CONFIG)
    shape = VersionShape(works=3, versions=2, frames=(100,))
    steps = plan(family="cqtnet-small", steps=3, batch=shape, validate_every=3, loss=plan_of_run(run).loss)
    train_family(material(), steps, run, Listener(), trial(2))
    release_run(run, scores, None, models, lambda _: None)
    compress_run(run, Folders(scores, None, None, None, run), models, 0, True, lambda _: None)
    return folder


def test_the_manifest_says_what_a_runtime_has_to_know(released):
    entries = {e["name"]: e for e in json.loads((released / "models" / "manifest.json").read_text())["models"]}
    assert set(entries) == {"little", "little-int8"}
    entry = entries["little"]
    assert entry["family"] == "cqtnet-small" and set(entry["files"]) == {"embedder"}
    assert entry["embedding"] == {
        "dimensions": 300,
        "segment_frames": 100,
        "hop_frames": 25,
        "shortest_frames": 100,
        "input": "constant-q",
    }
    assert entry["training"]["steps"] == 3 and entry["training"]["config"]["works"] == 4
    assert 0 < entry["figures"]["rendered"]["map"] <= 1
    assert "| rendered |" in (released / "models" / "little" / "README.md").read_text()
    sizes = [entries[name]["files"]["embedder"]["size_bytes"] for name in ("little", "little-int8")]
    assert sizes[1] < 0.45 * sizes[0]


def test_a_released_graph_is_the_network_of_its_run(released):
    session = find_model("little", released / "models").session("embedder", 1)
    network = load_family(released / "runs" / "little")
    magnitude = np.random.default_rng(0).gamma(0.5, 1.0, (1, 72, 150)).astype(np.float32)
    with torch.no_grad():
        expected = network.embed(torch.from_numpy(magnitude))
    np.testing.assert_allclose(session.run(magnitude=magnitude)[0], expected.numpy(), atol=1e-3)


def test_hakala_says_which_feature_it_was_taught_with():
    for chorus, feature in ((False, "basic"), (True, "chorus")):
        chosen = plan(family="hakala", batch=VersionShape(works=4, frames=(401,), chorus=chorus))
        facts = family_facts("hakala-x", chosen, build_network(chosen))
        assert facts["pairwise"] == {"frames": 401, "feature": feature} and "embedding" not in facts
