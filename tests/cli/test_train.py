"""`livecsi train` and `export`: one command and one file, resumed by the same command, wrong files named."""

import csv

import pytest

from tests.training.made_up import write_tables

CONFIG = """
family = "livecsi"
steps = 10
width = 4
workers = 0
checkpoint_every = 5
[shape]
batch = 2
reference_frames = 64
query_frames = [48]
"""


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """Four works to train on, and one that `split_of` keeps for validation."""
    versions = [{"version_id": n, "cluster_id": n} for n in (0, 1, 2, 3, 8)]
    return write_tables(tmp_path_factory.mktemp("scores"), versions)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(CONFIG)
    return path


def test_a_run_leaves_curve_checkpoint_and_configuration_and_does_not_start_over(livecsi, scores, config, tmp_path):
    run = tmp_path / "runs" / "tiny"
    answer = livecsi("train", "--config", config, "--scores", scores, "--run", run)
    assert (answer.exit_code, answer.stdout) == (0, f"{run}\n")
    assert answer.stderr.startswith("step 10  pairs 20")
    assert sorted(path.name for path in run.iterdir()) == ["checkpoint.pt", "config.toml", "curve.csv", "curve.png"]
    assert (run / "config.toml").read_text() == CONFIG
    with (run / "curve.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == ["10"]
    again = livecsi("train", "--config", config, "--scores", scores, "--run", run)
    assert (again.exit_code, again.stderr) == (0, "")


def test_a_budget_ends_a_run_early(livecsi, scores, config, tmp_path):
    answer = livecsi("train", "--config", config, "--scores", scores, "--run", tmp_path / "run", "--budget", "0.001s")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert (tmp_path / "run" / "checkpoint.pt").exists()


@pytest.mark.parametrize(("content", "exit_code", "message"), [
    (None, 3, "No such file or directory"),
    ("steps = ", 3, "Invalid value"),
    ('family = "hakala97"', 2, "no family is called 'hakala97' (there are livecsi, gate, hakala, cqtnet,"),
    ("step = 5", 2, "unexpected keyword argument 'step'"),
    ("[shape]\nbatches = 5", 2, "unexpected keyword argument 'batches'"),
    ('family = "hakala"\n[batch]\nversions = 3', 2, "hakala compares pairs"),
    ('family = "cqtnet"\nstep = 5', 2, "unexpected keyword argument 'step'"),
    ('family = "cqtnet"\n[loss]\nmetric = "cosine"', 2, "metric = 'cosine' (there are none, contrastive,"),
    ('family = "cqtnet"\n[batch]\nworks = 8', 2, "4 works are too few for batches of 8"),
    ('family = "gate"', 2, "the gate learns from real audio (give --audio"),
])  # fmt: skip
def test_a_configuration_that_cannot_be_used(livecsi, scores, tmp_path, content, exit_code, message):
    config = tmp_path / "wrong.toml"
    if content is not None:
        config.write_text(content)
    answer = livecsi("train", "--config", config, "--scores", scores, "--run", tmp_path / "runs" / "x")
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (exit_code, "", 1)
    assert message in answer.stderr


def test_scores_that_are_not_there(livecsi, config, tmp_path):
    answer = livecsi("train", "--config", config, "--scores", tmp_path, "--run", tmp_path / "runs" / "x")
    assert answer.exit_code == 3
    assert answer.stderr == f"livecsi: {tmp_path}/versions.parquet: no such table " \
                            "(point --scores at a folder with such tables or score files)\n"  # fmt: skip


@pytest.mark.parametrize("budget", ["", "10", "10 minutes", "-5m"])
def test_a_budget_needs_a_unit(livecsi, config, tmp_path, budget):
    answer = livecsi("train", "--config", config, "--scores", tmp_path, "--budget", budget)
    assert (answer.exit_code, answer.stderr) == (
        2, f"livecsi: --budget {budget!r} is no duration (write 90s, 10m or 1.5h)\n")  # fmt: skip


def test_export_of_a_folder_that_is_no_run(livecsi, scores, tmp_path):
    answer = livecsi("export", "--run", tmp_path, "--scores", scores, "--models", tmp_path / "models")
    assert (answer.exit_code, answer.stderr.count("\n")) == (3, 1)
    assert "config.toml: " in answer.stderr
