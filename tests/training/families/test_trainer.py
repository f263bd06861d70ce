"""Every family learns from its batches, and a run that is killed goes on as if nothing had happened."""

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from livecsi.errors import SettingsError
from livecsi.training.families.objectives import make_objective
from livecsi.training.families.plan import LossPlan, VersionShape
from livecsi.training.families.run import train_one
from livecsi.training.families.trainer import learning_rate, train_family
from livecsi.training.families.versions import VersionBatches
from livecsi.training.run_folder import Progress, forget_after, last_step, log
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener
from tests.training.families.made_up import TINY, material, plan, trial
from tests.training.made_up import made_up_score

PROGRAM = """
import sys
from pathlib import Path
from livecsi.training.families.trainer import train_family
from livecsi.training.trainer import Listener
from tests.training.families.made_up import TINY, material, trial
train_family(material(), TINY, Path(sys.argv[1]), Listener(), trial())
"""
ONE_STEP = {
    "hakala": ({"works": 4, "frames": (401,), "from_start": True}, {}, {}),
    "cqtnet-small": ({"frames": (100,), "masks": 2, "speed": (0.7, 1.3)}, {}, {}),
    "bytecover": ({"frames": (40,)}, {"metric": "triplet"}, {"embedding": 128}),
    "caspernet": ({"frames": (40,), "stitching": 0.5}, {"metric": "triplet", "center": 5e-4}, {"embedding": 128}),
    "hpcp-cnn": ({"roll": 11}, {"classification": 0.0, "metric": "contrastive"}, {}),
    "hpcp-vit": ({}, {"classification": 0.0, "metric": "triplet", "hard_from_step": 5}, {}),
}


def saved_step(folder: Path) -> int:
    path = folder / "checkpoint.pt"
    return int(torch.load(path, weights_only=True)["step"]) if path.exists() else 0


def table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        rows = list(csv.DictReader(file))
    return [{column: value for column, value in row.items() if column != "seconds"} for row in rows]


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("uninterrupted")
    train_family(material(), TINY, folder, Listener(), trial())
    return folder


def test_a_killed_run_goes_on_and_ends_as_if_nothing_had_happened(uninterrupted, tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[3])
    deadline = time.monotonic() + 120
    while saved_step(tmp_path) < 12 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert 12 <= saved_step(tmp_path) < TINY.steps
    resumed = train_family(material(), TINY, tmp_path, Listener(), trial())
    for name in ("curve.csv", "validation.csv"):
        assert table(tmp_path, name) == table(uninterrupted, name)
    expected = torch.load(uninterrupted / "checkpoint.pt", weights_only=True)["network"]
    assert all(torch.equal(value, expected[name]) for name, value in resumed.state_dict().items())


def test_a_run_leaves_its_best_network_its_curves_and_their_picture(uninterrupted):
    assert {path.name for path in uninterrupted.iterdir()} == {
        "best.pt", "checkpoint.pt", "curve.csv", "curve.png", "validation.csv"}  # fmt: skip
    assert list(table(uninterrupted, "curve.csv")[0]) == [
        "step", "versions", "learning_rate", "classification", "angular", "top1"]  # fmt: skip
    assert [int(row["step"]) for row in table(uninterrupted, "validation.csv")] == [8, 16, 24, 30]


def test_a_finished_run_started_again_changes_nothing(uninterrupted):
    before = [(uninterrupted / name).read_bytes() for name in ("curve.csv", "validation.csv")]
    train_family(material(), TINY, uninterrupted, Listener(lambda _: pytest.fail("no step was left")), trial())
    assert before == [(uninterrupted / name).read_bytes() for name in ("curve.csv", "validation.csv")]


def test_a_spent_budget_ends_a_run_before_its_first_step(tmp_path):
    train_family(material(), plan(budget_seconds=1e-9), tmp_path, Listener(), trial())
    assert saved_step(tmp_path) == 0 and not (tmp_path / "validation.csv").exists()


def test_patience_ends_a_run(tmp_path):
    train_family(material(), plan(validate_every=2, patience=1, learning_rate=0.0), tmp_path, Listener(), trial())
    assert saved_step(tmp_path) == 4  # the first validation is the best, the second is no better


@pytest.mark.parametrize("family", ONE_STEP)
def test_a_step_moves_every_weight_and_lowers_the_loss_of_its_batch(family):
    batch, loss, network = ONE_STEP[family]
    shape = VersionShape(**{"works": 3, "versions": 2, "frames": (64,), **batch})
    chosen = plan(family=family, batch=shape, loss=LossPlan(**loss), network=network)
    torch.manual_seed(0)
    objective = make_objective(chosen, 4).train()
    data = VersionBatches(material(), shape, objective.input, 1, 5)[0]
    optimiser = torch.optim.Adam(objective.parameters(), 1e-4)
    before = [parameter.detach().clone() for parameter in objective.parameters()]
    losses = []
    for _ in range(3):
        torch.manual_seed(1)  # the same dropout and the same order of pairs, so that the losses compare
        value, figures = objective(data["features"], data["work"], 0)
        assert set(figures) == {*objective.losses, "top1"}
        losses.append(value.item())
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
    assert losses[-1] < losses[0]
    moved = [not torch.equal(a, b) for a, b in zip(before, objective.parameters(), strict=True)]
    assert sum(moved) > 0.9 * len(moved)  # a bias before a batch norm need not move


def test_the_rate_warms_up_and_then_falls_by_plateaus_or_along_a_cosine():
    steady = [learning_rate(plan(learning_rate=1.0), Progress(step=step), step / 99) for step in (0, 40, 99)]
    assert steady == [pytest.approx(1 / 30), 1.0, 1.0]
    assert learning_rate(plan(learning_rate=1.0), Progress(step=50, drops=2), 0.5) == pytest.approx(0.01)
    cosine = plan(learning_rate=1.0, schedule="cosine")
    assert learning_rate(cosine, Progress(step=50), 0.5) == pytest.approx(0.515)
    assert learning_rate(cosine, Progress(step=99), 1.0) == pytest.approx(0.03)


def test_rows_that_will_be_written_again_are_forgotten(tmp_path):
    path = tmp_path / "curve.csv"
    for step in (10, 20, 30):
        log(path, {"step": step, "loss": 1.5})
    forget_after(path, 20)
    log(path, {"step": 30, "loss": 2.5})
    assert last_step(path) == 30 and path.read_text().splitlines()[1:] == ["10,1.5", "20,1.5", "30,2.5"]


def test_a_plateau_lowers_the_rate(tmp_path):
    unmoved = plan(validate_every=2, patience=0, plateau_patience=3, steps=16, learning_rate=0.0)
    train_family(material(), unmoved, tmp_path, Listener(), trial())
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert (state["since_best"], state["drops"]) == (7, 2)


def test_a_run_that_is_validated_needs_works_that_are_held_out(tmp_path):
    sources = Sources(tmp_path, [made_up_score(cluster) for cluster in (0, 1, 2, 3)], None, None, None)
    with pytest.raises(SettingsError, match="no work of these scores is held out for validation"):
        train_one(plan(family="hpcp-lstm", validate_every=5), sources, None, Listener())
