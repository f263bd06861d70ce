"""The chain: what is written stays written, and whatever is done to it afterwards shows."""

import sqlite3

import pytest

from livecsi.database import Database
from livecsi.errors import FindingsError, InputError
from livecsi.ledger.ledger import GENESIS_HASH, Ledger, canonical, event_hash
from livecsi.ledger.schema import SCHEMA
from tests.fakes import FakeClock

EVENTS = 12


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "ledger.sqlite"
    with Ledger.open(path, FakeClock()) as ledger:
        numbers = range(EVENTS)
        ledger.append_all([("note" if n % 2 else "remark", {"number": n, "text": "blå bär"}) for n in numbers])
    return path


def findings(path):
    with Ledger.open(path, FakeClock()) as ledger:
        return ledger.verify()


def tamper(path, *statements):
    """What somebody with the file and a little SQL can do."""
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER IF EXISTS events_are_never_changed")
        raw.execute("DROP TRIGGER IF EXISTS events_are_never_deleted")
        for statement in statements:
            raw.execute(*statement) if isinstance(statement, tuple) else raw.execute(statement)


def test_events_come_back_in_order(path):
    with Ledger.open(path, FakeClock()) as ledger:
        events = ledger.events()
        assert [event.seq for event in events] == list(range(1, EVENTS + 1))
        assert [event.body["number"] for event in ledger.events("note")] == list(range(1, EVENTS, 2))
        assert events[0].previous_hash == GENESIS_HASH
        assert [event.previous_hash for event in events[1:]] == [event.hash for event in events[:-1]]
        assert ledger.head() == events[-1].hash
        assert events[3].recorded_at == FakeClock().utc_now()
        assert ledger.verify() == []


def test_an_empty_ledger_has_a_head_and_is_in_order(tmp_path):
    with Ledger.open(tmp_path / "l.sqlite", FakeClock()) as ledger:
        assert (ledger.head(), ledger.events(), ledger.verify()) == (GENESIS_HASH, [], [])


def test_an_append_returns_what_was_written(tmp_path):
    with Ledger.open(tmp_path / "l.sqlite", FakeClock()) as ledger:
        event = ledger.append("note", {"b": 1, "a": [1.5, None, "x"]})
        assert ledger.events() == [event]
        assert event.hash == event_hash(1, "2024-05-01T20:00:00.000Z", "note", canonical(event.body), GENESIS_HASH)


def test_append_all_is_all_or_nothing(path):
    with Ledger.open(path, FakeClock()) as ledger:
        with pytest.raises(ValueError, match="JSON compliant"):
            ledger.append_all([("note", {}), ("note", {"x": float("nan")})])
        assert len(ledger.events()) == EVENTS
        assert ledger.verify() == []


def test_a_transaction_holds_several_appends(path):
    with Ledger.open(path, FakeClock()) as ledger:
        with pytest.raises(RuntimeError), ledger.transaction():
            ledger.append("note", {})
            raise RuntimeError
        assert len(ledger.events()) == EVENTS


@pytest.mark.parametrize("statement", ["UPDATE events SET kind = 'x'", "DELETE FROM events WHERE seq = 3"])
def test_the_database_itself_refuses_changes(path, statement):
    with Database.open(path, SCHEMA) as database, pytest.raises(InputError, match="append-only"):
        database.execute(statement)


@pytest.mark.parametrize("seq", range(1, EVENTS + 1))
@pytest.mark.parametrize(
    "change",
    [
        "body = replace(body, 'bl', 'Bl')",
        "kind = 'other'",
        "recorded_at = '2020-01-01T00:00:00.000Z'",
        f"previous_hash = '{'1' * 64}'",
        f"hash = '{'2' * 64}'",
    ],
)
def test_every_change_of_every_event_is_found(path, seq, change):
    tamper(path, (f"UPDATE events SET {change} WHERE seq = ?", (seq,)))
    assert findings(path)


@pytest.mark.parametrize("seq", range(1, EVENTS + 1))
def test_every_deletion_is_found(path, seq):
    tamper(path, ("DELETE FROM events WHERE seq = ?", (seq,)))
    assert findings(path)


def test_a_cut_off_end_is_found(path):
    tamper(path, "DELETE FROM events WHERE seq > 7")
    assert "events 8 to 12 were cut off the end" in findings(path)


def test_a_cut_off_end_with_its_counter_shows_against_a_printed_hash(path):
    with Ledger.open(path, FakeClock()) as ledger:
        printed = ledger.head()
        assert ledger.holds(printed)
        assert ledger.holds(printed[:16].upper())
    tamper(path, "DELETE FROM events WHERE seq > 7", "UPDATE sqlite_sequence SET seq = 7")
    with Ledger.open(path, FakeClock()) as ledger:
        assert not ledger.holds(printed)


def test_swapped_events_are_found(path):
    tamper(
        path,
        "UPDATE events SET seq = 100 WHERE seq = 4",
        "UPDATE events SET seq = 4 WHERE seq = 5",
        "UPDATE events SET seq = 5 WHERE seq = 100",
    )
    assert findings(path)


def test_an_inserted_event_is_found(path):
    columns = "seq, recorded_at, kind, body, previous_hash, hash"
    tamper(path, f"INSERT INTO events ({columns}) VALUES (13, '2024-05-01T20:00:00.000Z', 'note', '{{}}', 'a', 'b')")
    assert any("13" in line for line in findings(path))


def test_a_reader_never_makes_a_ledger(tmp_path):
    with pytest.raises(FindingsError, match="livecsi replay"):
        Ledger.open(tmp_path / "none.sqlite", FakeClock(), create=False)
    assert list(tmp_path.iterdir()) == []
