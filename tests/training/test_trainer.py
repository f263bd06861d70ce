"""A run that is killed goes on where it was, and a checkpoint is never half a file."""

import csv
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from livecsi.training.dataset import BatchShape, Material
from livecsi.training.run_folder import load_network
from livecsi.training.trainer import COLUMNS, WARM_UP_STEPS, Listener, TrainingPlan, cosine_rate, train
from tests.training.made_up import made_up_score

SHAPE = BatchShape(batch=3, reference_frames=64, query_frames=(48,), hard_from_step=6, recorded=0, twins=1)
PLAN = TrainingPlan(steps=30, width=4, workers=0, checkpoint_every=1, shape=SHAPE)
PROGRAM = """
import sys
from pathlib import Path
from livecsi.training.trainer import train
from tests.training.test_trainer import PLAN, Listener, Material, corpus
train(Material(corpus()), PLAN, Path(sys.argv[1]), Listener(print))
"""


def corpus():
    return [made_up_score(cluster_id) for cluster_id in range(4)]


def saved_step(folder: Path) -> int:
    path = folder / "checkpoint.pt"
    return int(torch.load(path, weights_only=True)["step"]) if path.exists() else 0


def curve(folder: Path) -> list[dict[str, str]]:
    with (folder / "curve.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    train(Material(corpus()), PLAN, folder, Listener())
    return folder


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(uninterrupted, tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 120
    while saved_step(tmp_path) < 4 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    interrupted_at = saved_step(tmp_path)
    assert 4 <= interrupted_at < PLAN.steps
    said: list[str] = []
    resumed = train(Material(corpus()), PLAN, tmp_path, Listener(said.append))
    assert saved_step(tmp_path) == PLAN.steps
    assert [int(row["step"]) for row in curve(tmp_path)] == [10, 20, 30]
    assert curve(tmp_path)[0].keys() == set(COLUMNS)
    for column in ("pairs", "learning_rate", "head", "similarity", "alignment", "top1"):
        assert [row[column] for row in curve(tmp_path)] == [row[column] for row in curve(uninterrupted)]
    expected = load_network(uninterrupted).state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in resumed.state_dict().items())


def test_a_finished_run_started_again_changes_nothing(uninterrupted):
    before = (uninterrupted / "curve.csv").read_bytes()
    train(Material(corpus()), PLAN, uninterrupted, Listener(lambda _: pytest.fail("no step was left")))
    assert (uninterrupted / "curve.csv").read_bytes() == before
    assert saved_step(uninterrupted) == PLAN.steps


def test_training_changes_the_network_and_keeps_it_finite(uninterrupted):
    network = load_network(uninterrupted)
    torch.manual_seed(PLAN.seed)
    fresh = type(network)(PLAN.width)
    changed = [not torch.equal(a, b) for a, b in zip(network.parameters(), fresh.parameters(), strict=True)]
    assert all(changed)
    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())
    assert not network.training
    assert all(math.isfinite(float(value)) for row in curve(uninterrupted) for value in row.values())


def test_a_spent_budget_ends_the_run_with_a_checkpoint(tmp_path):
    train(Material(corpus()), replace(PLAN, budget_seconds=1e-9), tmp_path, Listener())
    assert saved_step(tmp_path) == 0 and (tmp_path / "checkpoint.pt").exists()


def test_the_learning_rate_warms_up_and_ends_low():
    rates = [cosine_rate(1.0, step, step / 1000) for step in range(1000)]
    assert rates[0] == pytest.approx(1 / WARM_UP_STEPS)
    assert max(rates) == pytest.approx(1, abs=0.01)
    assert rates[-1] == pytest.approx(0.03, abs=0.001)
    assert rates[WARM_UP_STEPS:] == sorted(rates[WARM_UP_STEPS:], reverse=True)
