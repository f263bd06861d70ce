"""`livecsi nights plan`, `import` and `diff`, as a person or a script calls them."""

import json
import shutil

import pytest

from tests.fakes import FakeClock
from tests.reports.made_up_night import write_night

TIN_HARBOUR = ("--night", "2024-05-01", "--act", "The Tin Harbour")


@pytest.fixture
def songs(tmp_path):
    path = tmp_path / "songs.txt"
    path.write_text("Korobeiniki\nNinety Winters\n")
    return path


def test_a_plan_says_what_the_catalogue_knows_and_is_listed(livecsi, prepared, state, songs):
    shutil.copytree(prepared.folder, state)
    start = ("--start", "2024-05-01T20:30+03:00")
    answer = livecsi("nights", "plan", *TIN_HARBOUR, "--songs", songs, *start, "--by", "Aino")
    assert (answer.exit_code, answer.stderr) == (0, "1 planned, 0 planned like this before\n")
    assert answer.stdout.splitlines() == [
        "2024-05-01 17:30 UTC  The Tin Harbour, stage main: 2 songs planned",
        "  1  Korobeiniki",
        "  2  Ninety Winters  (not in the catalogue)",
    ]
    assert livecsi("nights", "plan", "--show").stdout == answer.stdout
    (listed,) = json.loads(livecsi("nights", "plan", "--show", "--json").stdout)
    assert (listed["start_utc"], listed["by"], listed["source"]) == ("2024-05-01T17:30:00.000Z", "Aino", "list")
    assert [song["verdict"] for song in listed["songs"]] == ["found", "not_in_catalogue"]
    assert listed["songs"][0]["works"] == [{"work_key": "W09", "title": "Korobeiniki"}]
    assert json.loads(livecsi("nights", "plan", "--show", "--night", "2024-05-02", "--json").stdout) == []


def test_a_calendar_announces_many_acts_and_twice_the_same_is_no_news(livecsi, tmp_path):
    table = tmp_path / "nights.csv"
    table.write_text("night,act,songs\n2024-05-01,The Tin Harbour,Hello\n2024-05-02,Delta Wren,\n")
    first = livecsi("nights", "import", table, "--json")
    assert (first.exit_code, len(json.loads(first.stdout))) == (0, 2)
    again = livecsi("nights", "import", table)
    assert (again.stdout, again.stderr) == ("", "0 planned, 2 planned like this before\n")
    assert livecsi("ledger", "verify").exit_code == 0


def test_a_diff_names_what_is_in_neither_and_what_is_in_both(livecsi, state, songs):
    write_night(state / "ledger.sqlite", FakeClock())
    songs.write_text("Ninety Winters\nSomething Else\n")
    assert livecsi("nights", "plan", *TIN_HARBOUR, "--songs", songs).exit_code == 0
    lines = livecsi("nights", "diff", "--night", "2024-05-01").stdout.splitlines()
    assert lines[:5] == [
        "2024-05-01  The Tin Harbour, stage main",
        "planned and heard: 1",
        "     Ninety Winters",
        "planned, not heard: 1",
        "     Something Else  (not in the catalogue)",
    ]
    assert lines[-1] == "music without a name, still pending: 3"
    (found,) = json.loads(livecsi("nights", "diff", *TIN_HARBOUR, "--json").stdout)
    assert found["planned_and_heard"][0]["decision"] == "pending"
    assert len(found["heard_not_planned"]) == 9
    assert "Something Else" not in livecsi("report", "--night", "2024-05-01", "--format", "json").stdout


@pytest.mark.parametrize(("arguments", "exit_code", "line"), [
    (["plan"], 2, "a plan needs a night and an act (give --night and --act, or --show)"),
    (["plan", *TIN_HARBOUR, "--start", "late"], 2, "--start 'late' is no ISO 8601 time"),
    (["plan", *TIN_HARBOUR, "--songs", "none.txt"], 3, "none.txt: No such file or directory"),
    (["plan", "--show"], 1, "there is no ledger at"),
    (["import", "none.ics"], 3, "none.ics: No such file or directory"),
    (["diff", "--night", "2024-05-01"], 1, "there is no ledger at"),
])  # fmt: skip
def test_what_makes_no_sense_is_one_line_and_leaves_nothing(livecsi, state, arguments, exit_code, line):
    answer = livecsi("nights", *arguments)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (exit_code, "", 1)
    assert answer.stderr.startswith(f"livecsi: {line}")
    assert not state.exists()
