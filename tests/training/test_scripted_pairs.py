"""A training that renders where it trains sees the batches it would have seen otherwise, in kind if not in number."""

import math
import pickle
from dataclasses import replace

import numpy as np
import pytest
import soundfile
import torch

from livecsi.errors import SettingsError
from livecsi.training.commands import Folders, train_from_config
from livecsi.training.crowd_noise import with_crowd
from livecsi.training.dataset import BatchShape, Material, RenderedPairs
from livecsi.training.losses import NOWHERE
from livecsi.training.rendering.performance import render_performance
from livecsi.training.rendering.variety import PLAIN
from livecsi.training.scripted_pairs import ScriptedPairs, rendered
from livecsi.training.trainer import Listener, TrainingPlan, _batches, train
from tests.training.made_up import made_up_score, write_tables
from tests.training.test_trainer import curve

SHAPE = BatchShape(
    batch=5, reference_frames=96, query_frames=(48, 64), hard_from_step=2, recorded=1, twins=2, sounded=1
)
PLAN = TrainingPlan(steps=4, width=4, workers=0, seed=3, shape=SHAPE, render_on="device")
CPU = torch.device("cpu")
CROWDS = [np.random.default_rng(seed).exponential(1.0, (72, 500)).astype(np.float32) for seed in range(3)]


@pytest.fixture(scope="module")
def material() -> Material:
    scores = [made_up_score(cluster_id) for cluster_id in range(6)]
    rng = np.random.default_rng(0)
    pool = [[render_performance(score, rng, live, 150) for live in (False, True)] for score in scores[:2]]
    return Material(scores, [pool[0][0].magnitude], pool, CROWDS)


def batches(material: Material, plan: TrainingPlan, first_step: int = 0) -> list[dict[str, torch.Tensor]]:
    return list(_batches(material, plan, first_step, CPU))


def test_on_the_cpu_a_training_sees_the_finished_pairs_and_nothing_else(material):
    for step, batch in enumerate(batches(material, replace(PLAN, render_on="cpu"))):
        expected = RenderedPairs(material, SHAPE, PLAN.seed, PLAN.steps)[step]
        assert batch.keys() == expected.keys() and all(torch.equal(batch[name], expected[name]) for name in batch)
    assert TrainingPlan().render_on == "cpu" and not BatchShape().paper_crowd


def test_a_batch_rendered_late_has_the_form_of_one_rendered_early(material):
    for late, early in zip(batches(material, PLAN), batches(material, replace(PLAN, render_on="cpu")), strict=True):
        assert {name: (t.shape, t.dtype) for name, t in late.items()} == {
            name: (t.shape, t.dtype) for name, t in early.items()
        }
        assert all(torch.isfinite(late[name]).all() for name in ("query", "reference"))
    assert (late["reference_beat"][5:] == NOWHERE).all() and len(late["reference"]) == 7, "twins come last"


def test_a_step_is_the_same_batch_whoever_asks_and_when(material):
    first, workers = batches(material, PLAN), batches(material, replace(PLAN, workers=1))
    resumed = batches(material, PLAN, first_step=2)
    for step, batch in enumerate(first):
        assert all(torch.equal(batch[name], workers[step][name]) for name in batch)
    assert all(torch.equal(first[2][name], resumed[0][name]) for name in first[2])
    assert not torch.equal(first[1]["query"], first[3]["query"])


def test_what_a_worker_sends_is_small(material):
    scripted = ScriptedPairs(RenderedPairs(Material(material.scores), BatchShape(batch=4), 3, 1))[0]
    assert len(pickle.dumps(scripted.pairs[0])) < 1_000_000


def test_key_and_beat_of_a_late_batch_are_true():
    """Where both sides are at the same beat, the query's pitch classes are the reference's, rotated as it says."""
    scores = [made_up_score(cluster_id) for cluster_id in range(8)]
    shape = BatchShape(batch=8, reference_frames=240, query_frames=(160,), hard_from_step=99)
    scripted = ScriptedPairs(RenderedPairs(Material(scores), shape, 1, 3, PLAIN))
    right = 0
    for batch in rendered((scripted[step] for step in range(3)), CPU):
        for number in range(8):
            right += best_rotation(batch, number) == int(batch["rotation"][number])
    assert right >= 19, right


def best_rotation(batch: dict[str, torch.Tensor], number: int) -> int:
    same = batch["query_beat"][number][:, None] == batch["reference_beat"][number][None]
    moments, mates = torch.nonzero(same & (batch["query_beat"][number] >= 0)[:, None], as_tuple=True)
    query, reference = (whitened_chroma(batch[side][number]) for side in ("query", "reference"))
    fits = [(query[:, moments] * reference[:, mates].roll(turn, 0)).mean() for turn in range(12)]
    return int(torch.stack(fits).argmax())


def whitened_chroma(magnitude: torch.Tensor) -> torch.Tensor:
    logarithm = torch.log1p(10 * magnitude / magnitude.mean())
    chroma = (logarithm - logarithm.mean(1, keepdim=True)).unflatten(0, (6, 12)).mean(0)
    return chroma - chroma.mean(0)


def test_a_short_training_renders_where_it_trains(material, tmp_path):
    train(material, replace(PLAN, steps=10), tmp_path, Listener())
    (row,) = curve(tmp_path)
    assert all(math.isfinite(float(value)) for value in row.values())


@pytest.mark.parametrize("render_on", ["cpu", "device"])
def test_the_crowd_of_the_paper_is_over_the_queries_that_it_says_and_drawn_anew_in_every_step(material, render_on):
    shape = replace(SHAPE, query_frames=(96,))
    plan = replace(PLAN, steps=6, render_on=render_on, shape=shape)
    without = batches(material, plan)
    crowded = batches(material, replace(plan, shape=replace(shape, paper_crowd=True)))
    over = set()
    for step, (bare, batch) in enumerate(zip(without, crowded, strict=True)):
        assert torch.equal(bare["reference"], batch["reference"])
        for number, (quiet, loud) in enumerate(zip(bare["query"], batch["query"], strict=True)):
            expected = with_crowd(quiet.numpy(), CROWDS, PLAN.seed, step, number)
            torch.testing.assert_close(loud, torch.from_numpy(expected))
            over |= {(step, number)} if not torch.equal(quiet, loud) else set()
    assert 2 <= len(over) <= 12, "half get one, but it comes up to 117 s late and a query here is 29 s long"
    assert len({number for _, number in over}) > 1


CONFIGURATION = """
steps = 1
width = 4
workers = 0
render_on = "device"
[shape]
batch = 2
reference_frames = 64
query_frames = [48]
paper_crowd = true
"""


@pytest.fixture
def folders(tmp_path) -> Folders:
    """Scores, a recording of a crowd, and a run to be."""
    versions = [{"version_id": number, "cluster_id": number} for number in range(8)]
    (tmp_path / "crowd").mkdir()
    soundfile.write(tmp_path / "crowd" / "roar.wav", np.random.default_rng(0).normal(0, 0.1, 22050), 22050)
    scores = write_tables(tmp_path / "scores", versions)
    return Folders(scores, None, None, tmp_path / "crowd", tmp_path / "runs" / "trial")


def configured(folders: Folders, text: str) -> None:
    config = folders.scores / "trial.toml"
    config.write_text(text)
    train_from_config(config, folders, None, Listener())


def test_a_configuration_asks_for_the_crowd_and_the_device(folders):
    configured(folders, CONFIGURATION)
    plan = torch.load(folders.run / "checkpoint.pt", weights_only=True)["plan"]
    assert plan["render_on"] == "device" and plan["shape"]["paper_crowd"] is True
    assert list((folders.run.parent / "features").iterdir()), "the recording of a crowd was heard"


@pytest.mark.parametrize(("old", "new", "complaint"), [("true", "false", "--crowd"), ('"device"', '"moon"', "moon")])
def test_a_configuration_that_cannot_be_meant_is_refused(folders, old, new, complaint):
    with pytest.raises(SettingsError, match=complaint):
        configured(folders, CONFIGURATION.replace(old, new))
