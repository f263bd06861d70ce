"""An append-only list of events, each carrying the hash of the one before it.

Changing, dropping or reordering an event breaks every hash after it, so tampering shows; it does not show that a band
played, and cutting off the end shows only against a hash kept elsewhere, which is why every report prints one.
Conventions: a body is plain JSON values; its canonical text (sorted keys, no spaces, UTF-8) is what is hashed.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from livecsi.clock import format_utc, parse_utc
from livecsi.database import Row, Store
from livecsi.ledger.schema import SCHEMA

GENESIS_HASH = "0" * 64

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
    how_to_begin = "run `livecsi replay concert.flac` first"

    def append(self, kind: str, body: Body) -> Event:
        """Write one event; when this returns, it is on the disk."""
        return self.append_all([(kind, body)])[0]

    def append_all(self, items: Sequence[tuple[str, Body]]) -> list[Event]:
        """Write several events in one transaction."""
        with self.transaction():
            return [self._append(kind, body) for kind, body in items]

    def events(self, kind: str | None = None) -> list[Event]:
        """All events, or those of one kind, in the order they were written."""
        if kind is None:
            return [_event(row) for row in self._database.rows("SELECT * FROM events ORDER BY seq")]
        return [_event(row) for row in self._database.rows("SELECT * FROM events WHERE kind = ? ORDER BY seq", (kind,))]

    def head(self) -> str:
        """The hash of the newest event, which stands for the whole ledger."""
        row = self._newest()
        return str(row["hash"]) if row else GENESIS_HASH

    def verify(self) -> list[str]:
        """Every break in the chain, one line each; empty when all is well."""
        return [*self._database.check(), *self._broken_links(), *self._lost_end()]

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
            written = (row["seq"], row["recorded_at"], row["kind"], row["body"], row["previous_hash"])
            if event_hash(*written) != row["hash"]:
                yield f"event {row['seq']} ({row['kind']}) was altered after it was written"
            expected_seq, previous = row["seq"] + 1, row["hash"]

    def _lost_end(self) -> Iterator[str]:
        counter = self._database.row("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
        written = int(counter["seq"]) if counter else 0
        newest = self._newest()
        kept = int(newest["seq"]) if newest else 0
        if kept < written:
            yield f"events {kept + 1} to {written} were cut off the end"


def canonical(body: Body) -> str:
    """The one JSON text of a body."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def event_hash(seq: int, recorded_at: str, kind: str, body: str, previous_hash: str) -> str:
    """SHA-256 over everything an event says, the hash of its predecessor included."""
    text = json.dumps([seq, recorded_at, kind, body, previous_hash], separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _event(row: Row) -> Event:
    return Event(
        seq=row["seq"],
        recorded_at=parse_utc(row["recorded_at"]),
        kind=row["kind"],
        body=json.loads(row["body"]),
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
