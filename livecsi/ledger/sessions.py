"""Writing down what one replay or one capture heard.

    session.opened -> session.gap* -> performance.heard* -> session.closed      (session.superseded takes one back)

Every event is self-contained: names, writers and identifiers are copied in, so a night stays readable when the
catalogue changes. A session that is opened again for the same audio at the same time takes the place of the old one.
Times are written twice: in seconds since the session began, and as UTC.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from livecsi.clock import Anchor, format_utc
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Body, Event, Ledger, canonical
from livecsi.types import Candidate, Performance

OPENED = "session.opened"
GAP = "session.gap"
HEARD = "performance.heard"
CLOSED = "session.closed"
SUPERSEDED = "session.superseded"

HIGH_CONFIDENCE = 0.95
MEDIUM_CONFIDENCE = 0.80

Describe = Callable[[Candidate], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SessionStart:
    """What is known when listening begins. `key` is equal for two runs that must give the same result."""

    key: str
    input_kind: str
    input_name: str
    input_sha256: str
    started_at: datetime
    act: str
    venue: dict[str, Any]
    stage: str
    timezone: str
    night: date
    model_id: str
    catalogue_id: str
    config_hash: str
    software: str


class Sessions:
    """The writing side of the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def find_closed(self, key: str) -> str | None:
        """The session that already heard exactly this, finished and still valid."""
        closed = {event.body["session_id"] for event in self._ledger.events(CLOSED)}
        for session_id, start in reversed(self._valid().items()):
            if start["key"] == key and session_id in closed:
                return session_id
        return None

    def open(self, start: SessionStart) -> str:
        """Begin a session; earlier ones of the same audio at the same time no longer count."""
        with self._ledger.transaction():
            session_id = self._new_id(start)
            started_at = format_utc(start.started_at)
            for earlier, body in self._valid().items():
                if (body["input_sha256"], body["started_at"]) == (start.input_sha256, started_at):
                    self._ledger.append(SUPERSEDED, {"session_id": earlier, "by_session_id": session_id})
            venue = json.loads(json.dumps(start.venue, default=str))
            body = {**asdict(start), "venue": venue, "started_at": started_at, "night": start.night.isoformat()}
            self._ledger.append(OPENED, {"session_id": session_id, **body})
        return session_id

    def gap(self, session_id: str, start_seconds: float, end_seconds: float, reason: str) -> None:
        """Audio that is known to be missing."""
        body = {"start_seconds": _round(start_seconds), "end_seconds": _round(end_seconds), "reason": reason}
        self._ledger.append(GAP, {"session_id": session_id, **body})

    def heard(
        self, session_id: str, performances: Sequence[Performance], started_at: datetime, describe: Describe
    ) -> None:
        """Write the performances of a session, in one transaction. `Catalogue.describe` is made for `describe`."""
        anchor = Anchor(started_at)
        self._ledger.append_all(
            [(HEARD, {"session_id": session_id, **_heard(line, anchor, describe)}) for line in performances]
        )

    def close(self, session_id: str, ended_at: datetime, coverage: Mapping[str, Any]) -> None:
        """End a session. `coverage` holds seconds: `listened_seconds`, `music_seconds`, `speech_seconds`, ..."""
        body: Body = {"ended_at": format_utc(ended_at), "coverage": dict(coverage)}
        self._ledger.append(CLOSED, {"session_id": session_id, **body})

    def finish(
        self, session_id: str, performances: Sequence[Performance], started_at: datetime, describe: Describe,
        ended_at: datetime, coverage: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """`heard` and `close` in one transaction: a session is either finished with all its songs, or not at all."""
        with self._ledger.transaction():
            self.heard(session_id, performances, started_at, describe)
            self.close(session_id, ended_at, coverage)

    def _valid(self) -> dict[str, dict[str, Any]]:
        return {event.body["session_id"]: event.body for event in valid_sessions(self._ledger)}

    def _new_id(self, start: SessionStart) -> str:
        """The same audio at the same time gets the same id but for its count, on every machine."""
        seed = canonical({"input": start.input_sha256, "key": start.key, "at": format_utc(start.started_at)})
        stem = hashlib.sha256(seed.encode()).hexdigest()[:12]
        used = [event.body["session_id"] for event in self._ledger.events(OPENED)]
        return f"{stem}-{1 + sum(session_id.startswith(stem) for session_id in used)}"


def valid_sessions(ledger: Ledger) -> list[Event]:
    """The opening events of all sessions that were not superseded."""
    gone = {event.body["session_id"] for event in ledger.events(SUPERSEDED)}
    return [event for event in ledger.events(OPENED) if event.body["session_id"] not in gone]


def band(confidence: float) -> str:
    """A word for a confidence; no claim about precision until a model is calibrated on enough songs."""
    if confidence >= HIGH_CONFIDENCE:
        return "high"
    return "medium" if confidence >= MEDIUM_CONFIDENCE else "low"


def _heard(line: Performance, anchor: Anchor, describe: Describe) -> dict[str, Any]:
    if line.end_seconds <= line.start_seconds:
        raise UsageError(f"a performance cannot end at {line.end_seconds} s and begin at {line.start_seconds} s")
    return {
        "start_seconds": _round(line.start_seconds),
        "end_seconds": _round(line.end_seconds),
        "start_utc": format_utc(anchor.at(line.start_seconds)),
        "end_utc": format_utc(anchor.at(line.end_seconds)),
        "kind": line.kind.value,
        "confidence": _round(line.confidence, 4),
        "band": band(line.confidence),
        "margin": _round(line.margin, 4),
        "gap_seconds": _round(line.gap_seconds),
        "best": None if line.best is None else _candidate(line.best, describe),
        "alternatives": [_candidate(candidate, describe) for candidate in line.alternatives],
    }


def _candidate(candidate: Candidate, describe: Describe) -> dict[str, Any]:
    """A candidate in plain values, with the facts of its recording and work."""
    values = {
        name: _round(value, 4) if isinstance(value, float) else value for name, value in asdict(candidate).items()
    }
    return {**values, "facts": dict(describe(candidate))}


def _round(value: float, digits: int = 3) -> float:
    """Milliseconds and ten-thousandths say enough, and keep the text of an event short."""
    return round(float(value), digits)
