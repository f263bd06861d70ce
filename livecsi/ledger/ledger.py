"""An append-only list of events, each carrying the hash of the one before it.

Changing, dropping or reordering an event breaks every hash after it, so tampering shows; it does not show that a band
played. A chain written anew, or cut off at its end, shows against the signed checkpoints beside the ledger, and against
a hash kept elsewhere, which is why every report prints one.
A night that may no longer be kept is emptied: the chain is made over the digests of the bodies, so it holds when only a
digest stays, and an event says who emptied what.
Conventions: a body is plain JSON values; its canonical text (sorted keys, no spaces, UTF-8) is what is digested.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livecsi.clock import Clock, format_utc, parse_utc
from livecsi.database import Database, Row, Store
from livecsi.ledger import checkpoints
from livecsi.ledger.checkpoints import Checkpoints
from livecsi.ledger.schema import NEVER_CHANGED, SCHEMA

GENESIS_HASH = "0" * 64
EMPTIED = "ledger.emptied"
LANDMARKS = ("session.closed", "review.signed", "review.filed", EMPTIED)
"""After one of these the head of the ledger is signed at once."""
EVENTS_BETWEEN_CHECKPOINTS = 100

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, as it was written down."""

    seq: int
    recorded_at: datetime
    kind: str
    body: dict[str, Any]
    previous_hash: str
    hash: str


class Ledger(Store):
    """What was heard and decided, one event after the other."""

    schema = SCHEMA
    how_to_begin = "run `livecsi run` or `livecsi replay concert.flac` first"

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self.checkpoints = Checkpoints(database.path)
        self._is_due = False

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All events or none; the checkpoint they call for is signed once they are on the disk."""
        with super().transaction():
            yield
        if self._is_due and not self._database.is_in_transaction:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Sign the newest event now."""
        newest = self._newest()
        if newest:
            self.checkpoints.add(int(newest["seq"]), str(newest["hash"]), format_utc(self._clock.utc_now()))
        self._is_due = False

    def append(self, kind: str, body: Body) -> Event:
        """Write one event; when this returns, it is on the disk."""
        return self.append_all([(kind, body)])[0]

    def append_all(self, items: Sequence[tuple[str, Body]]) -> list[Event]:
        """Write several events in one transaction."""
        with self.transaction():
            return [self._append(kind, body) for kind, body in items]

    def events(self, kind: str | None = None, **wanted: str) -> list[Event]:
        """All events, or those of one kind, in the order they were written; emptied ones are left out.

        `wanted` names fields of the body and their values; `session_id` and `night` are found at once.
        """
        fields = {f"json_extract(body, '$.{name}')": value for name, value in wanted.items()}
        asked = {**fields, **({} if kind is None else {"kind": kind})}
        where = " AND ".join(f"{field} = ?" for field in asked) or "TRUE"
        rows = self._database.rows(f"SELECT * FROM events WHERE {where} ORDER BY seq", tuple(asked.values()))
        return [_event(row) for row in rows if _kept_digest(row["body"]) is None]

    def empty(self, events: Sequence[Event], by: str, reason: str) -> None:
        """Forget what these events said, for good: of each only its digest stays. Who did it is written down."""
        with self.transaction():
            self._database.execute("DROP TRIGGER events_are_never_changed")
            for event in events:
                kept = canonical({"emptied": _digest(canonical(event.body))})
                self._database.execute("UPDATE events SET body = ? WHERE seq = ?", (kept, event.seq))
            self._database.execute(NEVER_CHANGED)
            self.append(EMPTIED, {"seqs": [event.seq for event in events], "by": by, "reason": reason})
        self._database.execute("VACUUM")
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def head(self) -> str:
        """The hash of the newest event, which stands for the whole ledger."""
        row = self._newest()
        return str(row["hash"]) if row else GENESIS_HASH

    def verify(self, public_key: str | None = None, copy: Sequence[bytes] = ()) -> list[str]:
        """Every break in the chain and every checkpoint it does not keep, one line each; empty when all is well.

        `public_key` (PEM) and `copy` (lines of a checkpoint file) are what somebody else kept.
        """
        chain = [*self._database.check(), *self._broken_links(), *self._emptied_by_nobody(), *self._lost_end()]
        return [*chain, *self._unsigned(), *self._against_checkpoints(public_key, copy)]

    def holds(self, hash_start: str) -> bool:
        """Whether the event a report was based on is still here; a page may print only the start of its hash."""
        sql = "SELECT 1 FROM events WHERE substr(hash, 1, ?) = ?"
        return self._database.row(sql, (len(hash_start), hash_start.lower())) is not None

    def _append(self, kind: str, body: Body) -> Event:
        newest = self._newest()
        seq = int(newest["seq"]) + 1 if newest else 1
        previous = str(newest["hash"]) if newest else GENESIS_HASH
        recorded_at, text = format_utc(self._clock.utc_now()), canonical(body)
        digest = event_hash(seq, recorded_at, kind, text, previous)
        self._database.insert(
            "INSERT INTO events (seq, recorded_at, kind, body, previous_hash, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (seq, recorded_at, kind, text, previous, digest),
        )
        self._is_due |= kind in LANDMARKS or seq % EVENTS_BETWEEN_CHECKPOINTS == 0
        return Event(seq, parse_utc(recorded_at), kind, json.loads(text), previous, digest)

    def _newest(self) -> Row | None:
        return self._database.row("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")

    def _broken_links(self) -> Iterator[str]:
        expected_seq, previous = 1, GENESIS_HASH
        for row in self._database.rows("SELECT * FROM events ORDER BY seq"):
            if row["seq"] != expected_seq:
                yield f"event {expected_seq} is missing: after it comes {row['seq']}"
            if row["previous_hash"] != previous:
                yield f"event {row['seq']} does not follow the event before it"
            digest = _kept_digest(row["body"]) or _digest(row["body"])
            if _chained(row["seq"], row["recorded_at"], row["kind"], digest, row["previous_hash"]) != row["hash"]:
                yield f"event {row['seq']} ({row['kind']}) was altered after it was written"
            expected_seq, previous = row["seq"] + 1, row["hash"]

    def _emptied_by_nobody(self) -> Iterator[str]:
        known = {seq for event in self.events(EMPTIED) for seq in event.body["seqs"]}
        for row in self._database.rows("SELECT seq, body FROM events ORDER BY seq"):
            if _kept_digest(row["body"]) and row["seq"] not in known:
                yield f"event {row['seq']} was emptied, and nothing says by whom"

    def _lost_end(self) -> Iterator[str]:
        counter = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        written = int(counter["seq"]) if counter else 0
        newest = self._newest()
        kept = int(newest["seq"]) if newest else 0
        if kept < written:
            yield f"events {kept + 1} to {written} were cut off the end"

    def _unsigned(self) -> Iterator[str]:
        """A landmark without a checkpoint was never left behind by a machine that went on running."""
        signed = checkpoints.last_signed(self.checkpoints.lines())
        sql = f"SELECT max(seq) FROM events WHERE kind IN ({', '.join('?' * len(LANDMARKS))})"
        newest = self._database.row(sql, LANDMARKS)
        if newest and (newest[0] or 0) > signed:
            yield (
                f"no checkpoint covers the events {signed + 1} to {newest[0]}: "
                "the checkpoint file was cut off, or the machine stopped just then"
            )

    def _against_checkpoints(self, public_key: str | None, copy: Sequence[bytes]) -> Iterator[str]:
        lines = self.checkpoints.lines()
        if not lines and not copy:
            return
        if public_key is None and not self.checkpoints.key_path.exists():
            yield f"{self.checkpoints.key_path.name} is missing, so nobody can tell who signed the checkpoints"
            return
        key = public_key or self.checkpoints.public_key()
        hashes = {int(row["seq"]): str(row["hash"]) for row in self._database.rows("SELECT seq, hash FROM events")}
        yield from checkpoints.verify(lines, hashes, key)
        yield from (f"in the copy: {finding}" for finding in checkpoints.verify(copy, hashes, key))
        if missing := sum(line not in lines for line in copy):
            yield f"{missing} checkpoints of the copy are missing here"


def canonical(body: Body) -> str:
    """The one JSON text of a body."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def event_hash(seq: int, recorded_at: str, kind: str, body: str, previous_hash: str) -> str:
    """SHA-256 over everything an event says, its body by its digest, and the hash of its predecessor."""
    return _chained(seq, recorded_at, kind, _digest(body), previous_hash)


def _chained(seq: int, recorded_at: str, kind: str, body_sha256: str, previous_hash: str) -> str:
    return _digest(json.dumps([seq, recorded_at, kind, body_sha256, previous_hash], separators=(",", ":")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _kept_digest(body: str) -> str | None:
    """What stayed of an emptied body; None when the body is still there."""
    found = re.fullmatch(r'\{"emptied":"([0-9a-f]{64})"\}', body)
    return found[1] if found else None


def _event(row: Row) -> Event:
    return Event(
        seq=row["seq"],
        recorded_at=parse_utc(row["recorded_at"]),
        kind=row["kind"],
        body=json.loads(row["body"]),
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
