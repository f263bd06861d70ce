"""`livecsi nights plan`, `import`, `cancel` and `diff`, as a person or a script calls them."""

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


@pytest.fixture
def imported(livecsi, tmp_path):
    """Import a calendar of events, each a UID with its lines; returns the answer and then the plans that count."""

    def import_(*events: tuple[str, str]):
        path = tmp_path / "calendar.ics"
        body = "".join(
            f"BEGIN:VEVENT\nUID:{uid}\nDTSTAMP:20240401T000000Z\n{text}\nEND:VEVENT\n" for uid, text in events
        )
        path.write_text(f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\n{body}END:VCALENDAR\n".replace("\n", "\r\n"))
        answer = livecsi("nights", "import", path)
        listed = json.loads(livecsi("nights", "plan", "--show", "--json").stdout)
        return answer, [(plan["night"], plan["act"]) for plan in listed]

    return import_


HALLA = "SUMMARY:Halla\nDTSTART:20240504T190000Z"
WREN = "SUMMARY:Delta Wren\nDTSTART:20240504T210000Z"


def test_an_event_that_was_cancelled_moved_or_renamed_is_planned_there_no_more(imported):
    assert imported(("h", HALLA), ("w", WREN))[1] == [("2024-05-04", "Delta Wren"), ("2024-05-04", "Halla")]
    answer, planned = imported(("h", f"{HALLA}\nSTATUS:CANCELLED"), ("w", WREN))
    assert planned == [("2024-05-04", "Delta Wren")]
    assert answer.stderr == (
        "0 planned, 1 planned like this before\nwithdrawn: 2024-05-04  Halla, stage main\n"
    )  # fmt: skip
    assert imported(("h", f"{HALLA}\nSTATUS:CANCELLED"), ("w", WREN))[0].stderr.count("withdrawn") == 0
    assert imported(("w", WREN.replace("0504", "0506")))[1] == [("2024-05-06", "Delta Wren")]
    assert imported(("w", "SUMMARY:Wren Trio\nDTSTART:20240506T210000Z"))[1] == [("2024-05-06", "Wren Trio")]
    assert imported(("h", HALLA))[1] == [("2024-05-04", "Halla"), ("2024-05-06", "Wren Trio")], "it is on again"


def test_what_was_planned_by_hand_is_withdrawn_by_its_act_and_night(livecsi, imported):
    livecsi("nights", "plan", "--night", "2024-05-04", "--act", "Halla")
    livecsi("nights", "plan", "--night", "2024-05-05", "--act", "Halla")
    assert imported(("h", f"{HALLA}\nSTATUS:CANCELLED"))[1] == [("2024-05-05", "Halla")]


def test_two_events_that_change_places_are_both_still_on(imported):
    late = HALLA.replace("0504", "0505")
    both = [("2024-05-04", "Halla"), ("2024-05-05", "Halla")]
    assert imported(("a", HALLA), ("b", late))[1] == both
    assert imported(("a", late), ("b", HALLA))[1] == both
    assert imported(("a", f"{late}\nSTATUS:CANCELLED"), ("b", late))[1] == both[1:], "the one that moved there is on"


def test_one_event_that_repeats_is_refused_and_the_others_are_planned(imported):
    answer, planned = imported(("m", "SUMMARY:Open mic\nDTSTART:20240501T173000Z\nRRULE:FREQ=WEEKLY"), ("h", HALLA))
    assert (answer.exit_code, planned) == (1, [("2024-05-04", "Halla")])
    *_, refused, summed_up = answer.stderr.splitlines()
    assert "calendar.ics, event 1: 'Open mic' repeats" in refused
    assert summed_up.startswith("livecsi: 1 event was not announced")


def test_an_act_that_cancels_is_withdrawn_and_can_be_planned_again(livecsi):
    livecsi("nights", "plan", *TIN_HARBOUR, "--stage", "main")
    livecsi("nights", "plan", *TIN_HARBOUR, "--stage", "attic")
    one = livecsi("nights", "cancel", *TIN_HARBOUR, "--stage", "attic", "--by", "Aino")
    assert (one.exit_code, one.stdout) == (0, "withdrawn: 2024-05-01  The Tin Harbour, stage attic\n")
    assert livecsi("nights", "cancel", *TIN_HARBOUR).stdout == "withdrawn: 2024-05-01  The Tin Harbour, stage main\n"
    assert json.loads(livecsi("nights", "plan", "--show", "--json").stdout) == []
    again = livecsi("nights", "cancel", *TIN_HARBOUR)
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)
    livecsi("nights", "plan", *TIN_HARBOUR)
    assert len(json.loads(livecsi("nights", "plan", "--show", "--json").stdout)) == 1
    assert livecsi("ledger", "verify").exit_code == 0


@pytest.mark.parametrize(("arguments", "exit_code", "line"), [
    (["plan"], 2, "a plan needs a night and an act (give --night and --act, or --show)"),
    (["plan", *TIN_HARBOUR, "--start", "late"], 2, "--start 'late' is no ISO 8601 time"),
    (["plan", *TIN_HARBOUR, "--songs", "none.txt"], 3, "none.txt: No such file or directory"),
    (["plan", "--show"], 1, "there is no ledger at"),
    (["import", "none.ics"], 3, "none.ics: No such file or directory"),
    (["diff", "--night", "2024-05-01"], 1, "there is no ledger at"),
    (["cancel", *TIN_HARBOUR], 1, "there is no ledger at"),
])  # fmt: skip
def test_what_makes_no_sense_is_one_line_and_leaves_nothing(livecsi, state, arguments, exit_code, line):
    answer = livecsi("nights", *arguments)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (exit_code, "", 1)
    assert answer.stderr.startswith(f"livecsi: {line}")
    assert not state.exists()
