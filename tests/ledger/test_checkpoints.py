"""Checkpoints: whoever rewrites the chain, or cuts it off, cannot sign what never was.

The rule: with the key and the checkpoint file untouched, every change to an event at or before the last signed one is
found, also when all hashes after it are made anew. A checkpoint file that was changed is found; one that was cut off
is found when a landmark is left without a checkpoint. Both cut off to the same earlier moment look like that moment:
only a copy that somebody else kept shows it.
"""

import json
import random
import shutil
import sqlite3
import stat
import time
from contextlib import closing

import pytest

from livecsi.errors import FindingsError, InputError, LivecsiError
from livecsi.ledger.checkpoints import Checkpoints
from livecsi.ledger.ledger import EMPTIED, EVENTS_BETWEEN_CHECKPOINTS, GENESIS_HASH, LANDMARKS, Ledger, event_hash
from livecsi.ledger.review import FILED, SIGNED
from livecsi.ledger.sessions import CLOSED
from tests.fakes import FakeClock

EVENTS, TAMPERINGS = 24, 1000
COLUMNS = ("seq", "recorded_at", "kind", "body", "previous_hash", "hash")


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A ledger with a landmark at every sixth event, the last one included."""
    path = tmp_path_factory.mktemp("original") / "ledger.sqlite"
    with Ledger.open(path, FakeClock()) as ledger:
        for number in range(1, EVENTS + 1):
            ledger.append("session.closed" if number % 6 == 0 else "note", {"number": number})
        assert ledger.verify() == []
        assert len(ledger.checkpoints.lines()) == EVENTS // 6
    return path


@pytest.fixture
def path(original, tmp_path):
    for file in original.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / original.name


def findings(path, **kept):
    with Ledger.open(path, FakeClock()) as ledger:
        return ledger.verify(**kept)


def read_rows(path):
    with closing(sqlite3.connect(path)) as raw:
        return [dict(zip(COLUMNS, row, strict=True)) for row in raw.execute("SELECT * FROM events ORDER BY seq")]


def write_rows(path, rows):
    """Put other events in the place of all there are, with numbers, links and hashes as they should be."""
    previous = GENESIS_HASH
    for seq, row in enumerate(rows, start=1):
        digest = event_hash(seq, row["recorded_at"], row["kind"], row["body"], previous)
        row |= {"seq": seq, "previous_hash": previous, "hash": digest}
        previous = digest
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("PRAGMA synchronous = OFF")
        raw.execute("BEGIN")
        raw.execute("DROP TRIGGER IF EXISTS events_are_never_deleted")
        raw.execute("DELETE FROM events")
        values = [tuple(row[name] for name in COLUMNS) for row in rows]
        raw.executemany("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?)", values)
        raw.execute("UPDATE sqlite_sequence SET seq = ?", (len(rows),))


def change(rows, dice):
    rows[dice.randrange(len(rows))]["body"] = json.dumps({"number": dice.randrange(1000, 9999)})


def delete(rows, dice):
    del rows[dice.randrange(len(rows))]


def insert(rows, dice):
    rows.insert(dice.randrange(len(rows)), {**dice.choice(rows), "body": "{}"})


def swap(rows, dice):
    one, other = dice.sample(range(len(rows)), 2)
    rows[one], rows[other] = {**rows[other]}, {**rows[one]}
    rows[one]["body"] = rows[one]["body"].replace("}", " }")


def truncate(rows, dice):
    del rows[dice.randrange(len(rows)) :]


def tamper_with_events(path, dice):
    """The chain itself stays in order; only the checkpoints can tell."""
    rows = read_rows(path)
    dice.choice([change, delete, insert, swap, truncate])(rows, dice)
    write_rows(path, rows)


def tamper_with_checkpoints(path, dice):
    file = Checkpoints(path).path
    lines = file.read_bytes().splitlines(keepends=True)
    place = dice.randrange(len(lines))
    found = json.loads(lines[place])
    what = dice.choice(["seq", "hash", "at", "signature", "drop", "cut", "swap", "own key", "garble"])
    if what == "drop":
        del lines[place]
    elif what == "cut":
        del lines[place:]
    elif what == "swap":
        lines[place - 1], lines[place] = lines[place], lines[place - 1]
    elif what == "garble":
        lines[place] = lines[place][: dice.randrange(1, len(lines[place]) - 1)] + b"\n"
    elif what == "own key":
        Checkpoints(path).key_path.unlink()
        Checkpoints(path).add(EVENTS, read_rows(path)[-1]["hash"], "2024-05-01T20:00:00.000Z")
        lines = file.read_bytes().splitlines(keepends=True)
    else:
        changed = found["seq"] - 1 if what == "seq" else found[what][::-1]
        lines[place] = json.dumps({**found, what: changed}, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    file.write_bytes(b"".join(lines))


def test_a_thousand_tamperings_are_all_found(original, path):
    dice = random.Random(2024)
    missed = []
    for number in range(TAMPERINGS):
        for file in original.parent.iterdir():
            shutil.copyfile(file, path.with_name(file.name))
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        tamper = dice.choice([tamper_with_events, tamper_with_events, tamper_with_checkpoints])
        tamper(path, dice)
        if not findings(path):
            missed.append((number, tamper.__name__))
    assert missed == []


def test_what_was_written_after_the_last_checkpoint_is_guarded_by_the_chain_alone(path):
    with Ledger.open(path, FakeClock()) as ledger:
        ledger.append_all([("note", {"number": 25}), ("note", {"number": 26})])
    write_rows(path, read_rows(path)[:-1])
    assert findings(path) == []
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TRIGGER events_are_never_changed")
        raw.execute("UPDATE events SET body = '{}' WHERE seq = 25")
    assert "event 25 (note) was altered after it was written" in findings(path)


def test_an_earlier_moment_put_back_as_a_whole_shows_only_against_a_copy(path):
    with Ledger.open(path, FakeClock()) as ledger:
        copy, key = ledger.checkpoints.lines(), ledger.checkpoints.public_key()
    assert findings(path, public_key=key, copy=copy) == []
    write_rows(path, read_rows(path)[:12])
    Checkpoints(path).path.write_bytes(b"".join(line + b"\n" for line in copy[:2]))
    assert findings(path) == []
    found = findings(path, public_key=key, copy=copy)
    assert "in the copy: event 24, which checkpoint 4 signed, is gone: the end was cut off" in found
    assert "2 checkpoints of the copy are missing here" in found


def test_everything_signed_anew_shows_only_under_the_key_that_somebody_kept(path):
    with Ledger.open(path, FakeClock()) as ledger:
        kept = ledger.checkpoints.public_key()
    rows = read_rows(path)
    rows[3]["body"] = "{}"
    write_rows(path, rows)
    Checkpoints(path).path.unlink()
    Checkpoints(path).key_path.unlink()
    with Ledger.open(path, FakeClock()) as ledger:
        ledger.checkpoint()
    assert findings(path) == []
    assert "checkpoint 1 was altered or signed with another key" in findings(path, public_key=kept)


def test_a_missing_key_and_a_missing_file_are_found(path):
    Checkpoints(path).key_path.unlink()
    assert findings(path) == ["ledger-key.pem is missing, so nobody can tell who signed the checkpoints"]
    with pytest.raises(FindingsError, match="there is no key"):
        Checkpoints(path).public_key()
    Checkpoints(path).path.unlink()
    assert findings(path) == [
        "no checkpoint covers the events 1 to 24: the checkpoint file was cut off, or the machine stopped just then"
    ]


def test_landmarks_are_what_ends_a_session_a_review_a_filing_and_the_keeping():
    assert set(LANDMARKS) == {CLOSED, SIGNED, FILED, EMPTIED}


def test_nobody_else_may_read_the_key(path):
    assert stat.S_IMODE(Checkpoints(path).key_path.stat().st_mode) == 0o600


def test_a_long_session_is_signed_now_and_then(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        ledger.append_all([("note", {})] * (EVENTS_BETWEEN_CHECKPOINTS - 1))
        assert ledger.checkpoints.lines() == []
        ledger.append("note", {})
        assert [json.loads(line)["seq"] for line in ledger.checkpoints.lines()] == [EVENTS_BETWEEN_CHECKPOINTS]


def test_what_is_rolled_back_is_never_signed(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        with pytest.raises(RuntimeError), ledger.transaction():
            ledger.append("session.closed", {})
            raise RuntimeError
        assert ledger.checkpoints.lines() == []
        ledger.append("note", {})
        assert ledger.verify() == []


def test_two_writers_make_one_chain_of_checkpoints(path):
    with Ledger.open(path, FakeClock()) as one, Ledger.open(path, FakeClock()) as other:
        for ledger in (one, other, one):
            ledger.append("session.closed", {})
        assert one.verify() == []
        assert len(one.checkpoints.lines()) == EVENTS // 6 + 3


@pytest.mark.parametrize("text", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_a_broken_key_is_said_in_one_line_and_the_events_are_safe(path, text):
    Checkpoints(path).key_path.write_bytes(text)
    with Ledger.open(path, FakeClock()) as ledger:
        with pytest.raises(LivecsiError, match="is no key"):
            ledger.append("session.closed", {})
        assert len(ledger.events()) == EVENTS + 1
        with pytest.raises(InputError, match="no public key"):
            ledger.verify(public_key="nothing")


def test_signing_does_not_slow_an_append_noticeably(tmp_path):
    """A checkpoint is one signature and one fsync; the bound is generous, for a machine that does other things."""
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        ledger.append("session.closed", {})
        began = time.perf_counter()
        for _ in range(20):
            ledger.append("session.closed", {})
        assert (time.perf_counter() - began) / 20 < 0.25
