"""`livecsi evaluate`: figures other programs read, from tables anybody can write."""

import csv
import json

import pytest

from tests.conftest import CUT_TRUTH, FIXTURES

RETRIEVAL_KEYS = {"top1", "top5", "map", "p_at_10", "mr1", "mrr", "queries", "references", "seconds_per_query"}
SETLIST_KEYS = {
    "precision", "recall", "f1", "f1_10s", "boundary_median_s", "frame_accuracy", "false_performances_per_hour",
    "unknown_recall", "realtime_factor",
}  # fmt: skip


def table(source: str, target, works: tuple[str, ...]):
    """The rows of a fixture table that are about these works, with paths that hold anywhere."""
    with (FIXTURES / source).open(newline="") as file:
        rows = [(FIXTURES / row["path"], row["work_id"]) for row in csv.DictReader(file) if row["work_id"] in works]
    with target.open("w", newline="") as file:
        csv.writer(file).writerows([("path", "work_id"), *rows])
    return target


@pytest.fixture
def studio(tmp_path):
    return table("studio.csv", tmp_path / "studio.csv", ("W02", "W03", "W09"))


@pytest.fixture
def live(tmp_path):
    return table("live.csv", tmp_path / "live.csv", ("W03",))


def test_retrieval(livecsi, studio, live):
    answer = livecsi("evaluate", "retrieval", "--studio", studio, "--queries", live, "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    figures = json.loads(answer.stdout)
    assert set(figures) >= RETRIEVAL_KEYS
    assert (figures["top1"], figures["queries"], figures["references"]) == (1.0, 1, 3)


def test_pairs_for_people(livecsi, live, tmp_path):
    everything = tmp_path / "all.csv"
    studio = table("studio.csv", tmp_path / "studio.csv", ("W02", "W03"))
    everything.write_text(studio.read_text() + "".join(live.read_text().splitlines(keepends=True)[1:]))
    answer = livecsi("evaluate", "pairs", "--set", everything, "--query-seconds", "40")
    assert answer.exit_code == 0
    lines = dict(line.split() for line in answer.stdout.splitlines())
    assert set(lines) >= RETRIEVAL_KEYS
    assert (lines["queries"], lines["unanswerable"]) == ("2", "1")


def test_setlist(livecsi, studio, cut_file, tmp_path):
    rows = [(start, end, "song", work) for work, start, end in CUT_TRUTH]
    with (tmp_path / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("start_s", "end_s", "kind", "work_id"), *rows, (75.8, 81.3, "crowd", "")])
    answer = livecsi("evaluate", "setlist", "--audio", cut_file, "--truth", tmp_path / "truth.csv",
                     "--studio", studio, "--json")  # fmt: skip
    assert (answer.exit_code, answer.stderr) == (0, "")
    figures = json.loads(answer.stdout)
    assert set(figures) >= SETLIST_KEYS
    assert (figures["precision"], figures["recall"], figures["false_performances"]) == (1.0, 1.0, 0)
    assert figures["frame_accuracy"] > 0.8 and figures["realtime_factor"] > 1


def test_a_table_or_a_recording_that_cannot_be_read(livecsi, studio, tmp_path):
    answer = livecsi("evaluate", "retrieval", "--studio", studio, "--queries", tmp_path / "none.csv")
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (3, "", 1)
    (tmp_path / "queries.csv").write_text("path,work_id\nnone.ogg,W01\n")
    answer = livecsi("evaluate", "retrieval", "--studio", studio, "--queries", tmp_path / "queries.csv")
    assert (answer.exit_code, answer.stdout) == (3, "")
    assert answer.stderr.startswith(f"livecsi: {tmp_path}/none.ogg: no such file or directory")


def test_an_unknown_model_and_too_short_queries_are_usage_errors(livecsi, studio, live):
    options = ["evaluate", "retrieval", "--studio", studio, "--queries", live]
    assert livecsi(*options, "--model", "hakala97").exit_code == 2
    assert livecsi(*options, "--query-seconds", "5").exit_code == 2


def test_compare_writes_a_report_and_pictures(livecsi, live, tmp_path):
    everything = tmp_path / "both.csv"
    studio = table("studio.csv", tmp_path / "studio.csv", ("W02", "W03"))
    everything.write_text(studio.read_text() + "".join(live.read_text().splitlines(keepends=True)[1:]))
    answer = livecsi("evaluate", "compare", "--set", everything, "--models", "livecsi,qmax", "--out", tmp_path / "out")
    assert (answer.exit_code, answer.stderr) == (0, "")
    names = [line.removeprefix(f"{tmp_path}/out/") for line in answer.stdout.splitlines()]
    assert names == ["both.md", *(f"both-{kind}.png" for kind in ("roc", "precision", "lengths", "scores", "map"))]
    rows = (tmp_path / "out" / "both.md").read_text().splitlines()
    (qmax,) = [row.split("|") for row in rows if row.startswith("| qmax ")][:1]
    assert (float(qmax[2]), float(qmax[6])) == (1.0, 1.0), "MAP and top-1"
