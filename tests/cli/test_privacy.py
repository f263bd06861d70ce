"""`livecsi privacy`: an account of what is kept, and nights that are really gone."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.fakes import FakeClock
from tests.reports.made_up_night import STARTED_AT, write_night

LATELY = (datetime.now(UTC) - timedelta(days=2)).replace(hour=18)


@pytest.fixture
def nights(state):
    """One night of 2024 and one of this week."""
    days = (LATELY - STARTED_AT).days
    write_night(state / "ledger.sqlite", FakeClock())
    write_night(state / "ledger.sqlite", FakeClock(), started_at=LATELY)
    return {"LIVECSI_PRIVACY__KEEP_SETLISTS_DAYS": str(days - 1)}


@pytest.fixture
def old(nights, monkeypatch):
    for name, value in nights.items():
        monkeypatch.setenv(name, value)


def test_the_account(livecsi, nights):
    found = json.loads(livecsi("privacy", "report", "--json").stdout)
    assert (found["nights"], found["oldest_night"], found["keep_setlists_days"]) == (2, "2024-05-01", 1096)
    assert found["expired_nights"] == []
    assert {entry["path"].rsplit("/", 1)[1] for entry in found["kept"]} >= {"ledger.sqlite", "ledger-key.pem"}
    said = livecsi("privacy", "report").stdout
    assert "audio: none is kept" in said
    assert "kept for 1096 days" in said


def test_a_trial_forgets_nothing(livecsi, old):
    before = livecsi("ledger", "verify").stdout
    answer = livecsi("privacy", "expire", "--dry-run")
    assert (answer.exit_code, answer.stdout) == (0, "2024-05-01\n")
    assert "nobody has filed 2024-05-01 The Tin Harbour" in answer.stderr
    assert "would forget 1 nights, 16 events" in answer.stderr
    assert livecsi("ledger", "verify").stdout == before


def test_old_nights_are_forgotten_with_all_that_was_decided_and_the_rest_stays(livecsi, old, state):
    livecsi("review", "correct", "--night", "2024-05-01", "5", "--title", "Hand-made and secret")
    kept = livecsi("report", "--night", LATELY.date(), "--format", "json").stdout
    answer = livecsi("privacy", "expire", "--by", "Aino")
    assert (answer.exit_code, answer.stdout) == (0, "2024-05-01\n")
    assert [night["night"] for night in json.loads(livecsi("nights", "--json").stdout)] == [str(LATELY.date())]
    assert livecsi("report", "--night", LATELY.date(), "--format", "json").stdout == kept
    assert livecsi("ledger", "verify").exit_code == 0
    assert not any(b"Hand-made and secret" in file.read_bytes() for file in state.iterdir())
    assert livecsi("privacy", "expire").stdout == ""


def test_without_a_ledger(livecsi, state):
    assert livecsi("privacy", "report").exit_code == 1
    assert livecsi("privacy", "expire").exit_code == 1


def test_a_night_that_was_planned_and_never_heard_is_counted_and_forgotten(livecsi, state, old, tmp_path):
    (tmp_path / "songs.txt").write_text("Never played and secret\n")
    for night in ("2024-04-30", str(LATELY.date())):
        plan = ("--act", "Delta Wren", "--songs", tmp_path / "songs.txt", "--by", "Somebody shy")
        assert livecsi("nights", "plan", "--night", night, *plan).exit_code == 0
    found = json.loads(livecsi("privacy", "report", "--json").stdout)
    assert (found["nights"], found["oldest_night"]) == (3, "2024-04-30")
    assert found["expired_nights"] == ["2024-04-30", "2024-05-01"]
    answer = livecsi("privacy", "expire", "--by", "Aino")
    assert answer.stdout == "2024-04-30\n2024-05-01\n"
    assert "forgot 2 nights, 17 events" in answer.stderr
    left = json.loads(livecsi("nights", "plan", "--show", "--json").stdout)
    assert [plan["night"] for plan in left] == [str(LATELY.date())]
    assert livecsi("ledger", "verify").exit_code == 0
    assert livecsi("privacy", "expire").stdout == ""
