"""A ledger that forgets: the words are gone from the disk, and the chain and the checkpoints still hold."""

import sqlite3

import pytest

from livecsi.database import Database
from livecsi.errors import InputError
from livecsi.ledger.ledger import EMPTIED, Ledger
from livecsi.ledger.schema import SCHEMA
from tests.fakes import FakeClock

SECRET = "Paper Lanterns, again and again"


@pytest.fixture
def path(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        ledger.append_all([("note", {"number": n, "text": SECRET * 20 if n < 4 else "kept"}) for n in range(8)])
        ledger.append("session.closed", {"text": "kept"})
        ledger.empty(ledger.events()[:4], "Aino", "old")
    return tmp_path / "ledger.sqlite"


def findings(path):
    with Ledger.open(path, FakeClock()) as ledger:
        return ledger.verify()


def test_the_chain_and_the_checkpoints_hold_without_the_words(path):
    with Ledger.open(path, FakeClock()) as ledger:
        assert ledger.verify() == []
        assert [event.seq for event in ledger.events()] == [5, 6, 7, 8, 9, 10]
        (emptied,) = ledger.events(EMPTIED)
        assert emptied.body == {"seqs": [1, 2, 3, 4], "by": "Aino", "reason": "old"}
        assert len(ledger.checkpoints.lines()) == 2


def test_the_words_are_gone_from_the_disk(path):
    for file in path.parent.iterdir():
        assert SECRET.encode() not in file.read_bytes()


def test_it_is_append_only_again_afterwards(path):
    with Database.open(path, SCHEMA) as database, pytest.raises(InputError, match="append-only"):
        database.execute("UPDATE events SET kind = 'x'")


def test_somebody_who_empties_an_event_in_secret_is_found(path):
    with Ledger.open(path, FakeClock()) as ledger:
        event = ledger.events()[0]
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER events_are_never_changed")
        raw.execute("UPDATE events SET body = ? WHERE seq = ?", (f'{{"emptied":"{"0" * 64}"}}', event.seq))
    assert f"event {event.seq} (note) was altered after it was written" in findings(path)
    assert f"event {event.seq} was emptied, and nothing says by whom" in findings(path)
