"""`nights`, `report` and `ledger verify`, as a person or a script calls them."""

import json
import sqlite3
from datetime import date, timedelta

import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import OPENED, Sessions, SessionStart
from tests.fakes import FakeClock
from tests.reports.made_up_night import STARTED_AT, write_night
from tests.reports.test_build import validate


@pytest.fixture
def night(state):
    write_night(state / "ledger.sqlite", FakeClock())
    return state / "ledger.sqlite"


def test_without_a_ledger_every_command_says_so_and_makes_none(livecsi, state):
    for command in (["nights"], ["report", "--night", "2024-05-01"], ["ledger", "verify"]):
        answer = livecsi(*command)
        assert (answer.exit_code, answer.stdout) == (1, "")
        assert answer.stderr.startswith("livecsi: there is no ledger at")
    assert not state.exists()


def test_nights(livecsi, night):
    write_night(night, FakeClock(), act="", stage="attic", started_at=STARTED_AT + timedelta(days=1))
    answer = livecsi("nights")
    assert answer.stdout.splitlines() == [
        "2024-05-01  The Tin Harbour, stage main: 10 named, 2 open, unreviewed",
        "2024-05-02  (no act named), stage attic: 10 named, 2 open, unreviewed",
    ]
    listed = json.loads(livecsi("nights", "--json").stdout)
    assert [entry["night"] for entry in listed] == ["2024-05-01", "2024-05-02"]
    assert listed[0]["acts"][0] == {
        "act": "The Tin Harbour", "stage": "main", "songs": 10, "unknown": 2, "sessions": 1, "complete": True,
        "running": False, "review_state": "unreviewed",
    }  # fmt: skip


@pytest.mark.parametrize(("input_kind", "ended"), [("live", "running"), ("recording", "broke off")])
def test_a_night_that_is_still_listened_to_did_not_break_off(livecsi, night, input_kind, ended):
    with Ledger.open(night, FakeClock()) as ledger:
        (told,) = ledger.events(OPENED)
        start = {key: value for key, value in told.body.items() if key != "session_id"}
        moments = {"started_at": STARTED_AT, "night": date(2024, 5, 3)}
        Sessions(ledger).open(SessionStart(**{**start, **moments, "input_kind": input_kind, "input_sha256": "7a" * 32}))
    line = livecsi("nights").stdout.splitlines()[-1]
    assert line == f"2024-05-03  The Tin Harbour, stage main: 0 named, 0 open, unreviewed, {ended}"
    (act,) = json.loads(livecsi("nights", "--json").stdout)[-1]["acts"]
    assert (act["complete"], act["running"]) == (False, input_kind == "live")


def test_json_is_one_valid_document_and_nothing_else(livecsi, night):
    answer = livecsi("report", "--night", "2024-05-01", "--format", "json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    validate(json.loads(answer.stdout))
    assert livecsi("report", "--night", "2024-05-01", "--format", "json").stdout == answer.stdout


@pytest.mark.parametrize(
    ("form", "expected"),
    [("table", "21:09:51"), ("csv", "Paper Lanterns"), ("html", "<!DOCTYPE html>"), ("text", "Performer: ___")],
)
def test_every_form_reaches_stdout(livecsi, night, form, expected):
    answer = livecsi("report", "--night", "2024-05-01", "--format", form)
    assert answer.exit_code == 0
    assert expected in answer.stdout


def test_a_pdf_reaches_a_pipe(runner, night):
    assert runner("report", "--night", "2024-05-01", "--format", "pdf").stdout_bytes.startswith(b"%PDF")


@pytest.mark.parametrize(
    ("name", "begins"), [("r.pdf", b"%PDF"), ("r.json", b"{"), ("r.csv", b"night,"), ("r", b"SETLIST")]
)
def test_a_file_gets_the_form_of_its_name(livecsi, night, tmp_path, name, begins):
    answer = livecsi("report", "--night", "2024-05-01", "--output", tmp_path / name)
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr == f"wrote {tmp_path / name}\n"
    assert (tmp_path / name).read_bytes().startswith(begins)
    assert not (tmp_path / f"{name}.partial").exists()


def test_a_file_that_cannot_be_written(livecsi, night, tmp_path):
    answer = livecsi("report", "--night", "2024-05-01", "--output", tmp_path / "none" / "r.csv")
    assert answer.exit_code == 3
    assert "cannot be written" in answer.stderr


def test_a_copy_sheet(livecsi, night):
    answer = livecsi("report", "--night", "2024-05-01", "--profile", "koda")
    assert answer.stdout.startswith("Copy sheet for Koda (DK)")
    assert livecsi("report", "--night", "2024-05-01", "--profile", "akm").exit_code == 2
    of_all = livecsi("report", "--night", "2024-05-01", "--profile", "koda", "--format", "night")
    assert (of_all.exit_code, of_all.stdout) == (2, "")
    assert of_all.stderr == "livecsi: a copy sheet is of one act, not of the whole night (leave out --format night)\n"


def test_a_night_without_data_names_the_nights_there_are(livecsi, night):
    answer = livecsi("report", "--night", "2024-05-03")
    assert answer.exit_code == 1
    assert answer.stderr == "livecsi: nothing was heard in the night of 2024-05-03 (there are 2024-05-01)\n"


def test_a_date_that_is_none(livecsi, night):
    assert livecsi("report", "--night", "first of may").exit_code == 2
    assert livecsi("report").exit_code == 2


def test_several_acts_have_to_be_chosen_from(livecsi, night):
    write_night(night, FakeClock(), act="Delta Wren", started_at=STARTED_AT + timedelta(hours=2))
    write_night(night, FakeClock(), act="Delta Wren", stage="attic", started_at=STARTED_AT + timedelta(hours=3))
    answer = livecsi("report", "--night", "2024-05-01")
    assert answer.exit_code == 2
    assert "--act 'The Tin Harbour' --stage 'main'; --act 'Delta Wren' --stage 'main'" in answer.stderr
    assert livecsi("report", "--night", "2024-05-01", "--act", "The Tin Harbour").exit_code == 0
    assert livecsi("report", "--night", "2024-05-01", "--act", "Delta Wren").exit_code == 2
    chosen = livecsi("report", "--night", "2024-05-01", "--act", "Delta Wren", "--stage", "attic")
    assert "stage: attic" in chosen.stdout
    assert livecsi("report", "--night", "2024-05-01", "--act", "Nobody").exit_code == 1


def test_a_sound_ledger(livecsi, night):
    answer = livecsi("ledger", "verify", "--json")
    found = json.loads(answer.stdout)
    assert (answer.exit_code, found["events"], found["findings"]) == (0, 16, [])
    assert found["checkpoints"] == 1
    assert livecsi("ledger", "verify", "--holds", found["head"][:32]).exit_code == 0


def test_a_ledger_that_was_tampered_with(livecsi, night):
    printed = json.loads(livecsi("report", "--night", "2024-05-01", "--format", "json").stdout)
    with sqlite3.connect(night) as raw:
        raw.execute("DROP TRIGGER events_are_never_deleted")
        raw.execute("DELETE FROM events WHERE seq > 10")
        raw.execute("UPDATE sqlite_sequence SET seq = 10")
    assert "which checkpoint 1 signed, is gone: the end was cut off" in livecsi("ledger", "verify").stderr
    answer = livecsi("ledger", "verify", "--holds", printed["provenance"]["ledger_hash"])
    assert answer.exit_code == 5
    assert "is not in the ledger" in answer.stderr
    with sqlite3.connect(night) as raw:
        raw.execute("DROP TRIGGER events_are_never_changed")
        raw.execute("UPDATE events SET body = '{}' WHERE seq = 3")
    assert "event 3 (performance.heard) was altered" in livecsi("ledger", "verify").stderr


def test_a_ledger_of_a_newer_livecsi(livecsi, night):
    with sqlite3.connect(night) as raw:
        raw.execute("PRAGMA user_version = 99")
    answer = livecsi("nights")
    assert answer.exit_code == 5
    assert "upgrade livecsi" in answer.stderr
