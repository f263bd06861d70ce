"""Writing down what one replay or one capture heard.

    session.opened -> session.gap* -> performance.heard* -> session.closed      (session.superseded takes one back)
                      performance.settled*, session.clock_step*, session.catalogue_changed* while a night is live

Every event is self-contained: names, writers and identifiers are copied in, so a night stays readable when the
catalogue changes. A session of the same audio at the same time takes the place of the old one once it is closed, so
that a second replay that breaks off never costs the night.
Times are written twice: in seconds since the session began, and as UTC.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from livecsi.clock import Anchor, format_utc, parse_utc
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Body, Event, Ledger, canonical
from livecsi.types import UNCALIBRATED, Bands, Candidate, Performance, Support

OPENED = "session.opened"
GAP = "session.gap"
SETTLED = "performance.settled"
HEARD = "performance.heard"
CLOCK_STEP = "session.clock_step"
CATALOGUE_CHANGED = "session.catalogue_changed"
CLOSED = "session.closed"
SUPERSEDED = "session.superseded"

LIVE, RECORDING = "live", "recording"
"""Kinds of input."""

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
    plan_id: str = ""
    """The fingerprint of the plan it was heard under, empty when nothing was planned."""
    clock: dict[str, Any] | None = None
    """For a live session the boot, its monotonic clock at `started_at`, and whether the wall clock was synchronised."""


class Sessions:
    """The writing side of the ledger; `bands` are those of the model that listened."""

    def __init__(self, ledger: Ledger, bands: Bands = UNCALIBRATED) -> None:
        self._ledger, self._bands = ledger, bands

    def find_closed(self, key: str) -> str | None:
        """The session that already heard exactly this, finished and still valid."""
        closed = _closed_ids(self._ledger)
        matching = [event.body["session_id"] for event in valid_sessions(self._ledger) if event.body["key"] == key]
        return next((session_id for session_id in reversed(matching) if session_id in closed), None)

    def open(self, start: SessionStart) -> str:
        """Begin a session; one of the same audio at the same time that broke off no longer counts."""
        with self._ledger.transaction():
            session_id = self._new_id(start)
            venue = json.loads(json.dumps(start.venue, default=str))
            texts = {"started_at": format_utc(start.started_at), "night": start.night.isoformat(), "venue": venue}
            body = {"session_id": session_id, **asdict(start), **texts}
            self._supersede(body, are_closed=False)
            self._ledger.append(OPENED, body)
        return session_id

    def gap(self, session_id: str, start_seconds: float, end_seconds: float, reason: str) -> None:
        """Audio that is known to be missing."""
        body = {"start_seconds": _round(start_seconds), "end_seconds": _round(end_seconds), "reason": reason}
        self._ledger.append(GAP, {"session_id": session_id, **body})

    def find_open(self, start: SessionStart) -> str | None:
        """The session of the same sound that was opened and is neither closed nor taken back."""
        closed = _closed_ids(self._ledger)
        same = [e.body for e in _not_superseded(self._ledger) if e.body["input_sha256"] == start.input_sha256]
        return next((body["session_id"] for body in same if body["session_id"] not in closed), None)

    def told_until(self, session_id: str, kind: str) -> float:
        """The latest second that an event of this kind, GAP or SETTLED, tells of; 0 when there is none."""
        told = self._ledger.events(kind, session_id=session_id)
        return max((float(event.body["end_seconds"]) for event in told), default=0.0)

    def settled(self, session_id: str, line: Performance, started_at: datetime, describe: Describe) -> None:
        """A performance that is over, while the session goes on: it stands until the session is closed."""
        self._ledger.append(
            SETTLED, {"session_id": session_id, **_heard(line, Anchor(started_at), describe, self._bands)}
        )

    def clock_step(self, session_id: str, at_seconds: float, step_seconds: float, clock: Mapping[str, Any]) -> None:
        """The wall clock jumped while we listened; seconds of the session go on. `clock` is as that of the start."""
        body = {"at_seconds": _round(at_seconds), "step_seconds": _round(step_seconds)}
        self._ledger.append(CLOCK_STEP, {"session_id": session_id, **body, **clock})

    def catalogue_changed(self, session_id: str, at_seconds: float, catalogue_id: str) -> None:
        """From here on another catalogue was asked."""
        body = {"at_seconds": _round(at_seconds), "catalogue_id": catalogue_id}
        self._ledger.append(CATALOGUE_CHANGED, {"session_id": session_id, **body})

    def take_back(self, session_id: str, by_session_id: str) -> None:
        """Another session tells of the same sound, better."""
        self._ledger.append(SUPERSEDED, {"session_id": session_id, "by_session_id": by_session_id})

    def heard(
        self, session_id: str, performances: Sequence[Performance], started_at: datetime, describe: Describe
    ) -> None:
        """Write the performances of a session, in one transaction. `Catalogue.describe` is made for `describe`."""
        anchor = Anchor(started_at)
        bodies = [_heard(line, anchor, describe, self._bands) for line in performances]
        self._ledger.append_all([(HEARD, {"session_id": session_id, **body}) for body in bodies])

    def close(self, session_id: str, ended_at: datetime, coverage: Mapping[str, Any]) -> None:
        """End a session. `coverage` holds seconds: `listened_seconds`, `music_seconds`, `speech_seconds`, ..."""
        body: Body = {"session_id": session_id, "ended_at": format_utc(ended_at), "coverage": dict(coverage)}
        with self._ledger.transaction():
            own = next((e.body for e in _not_superseded(self._ledger) if e.body["session_id"] == session_id), None)
            if own is not None:
                self._supersede(own, are_closed=True)
            self._ledger.append(CLOSED, body)

    def finish(
        self, session_id: str, performances: Sequence[Performance], started_at: datetime, describe: Describe,
        ended_at: datetime, coverage: Mapping[str, Any],
    ) -> None:  # fmt: skip
        """`heard` and `close` in one transaction: a session is either finished with all its songs, or not at all."""
        with self._ledger.transaction():
            self.heard(session_id, performances, started_at, describe)
            self.close(session_id, ended_at, coverage)

    def conclude_abandoned(self, but: str) -> list[str]:
        """Close every live session that nobody goes on with: what was settled is what was heard. Returns their ids."""
        live = [e.body["session_id"] for e in _not_superseded(self._ledger) if e.body["input_kind"] == LIVE]
        abandoned = sorted(set(live) - _closed_ids(self._ledger) - {but})
        for session_id in abandoned:
            with self._ledger.transaction():
                told = self._ledger.events(session_id=session_id)
                self._ledger.append_all([(HEARD, event.body) for event in told if event.kind == SETTLED])
                moments = [event.body.get("end_utc") or event.body.get("started_at", "") for event in told]
                self.close(session_id, parse_utc(max(moments)), {})
        return abandoned

    def _supersede(self, start: Body, are_closed: bool) -> None:
        """Take back the other sessions of the audio of `start`, those that were closed or those that were not."""
        closed = _closed_ids(self._ledger)
        for event in _not_superseded(self._ledger):
            other = event.body["session_id"]
            if other != start["session_id"] and _audio(event.body) == _audio(start) and (other in closed) == are_closed:
                self._ledger.append(SUPERSEDED, {"session_id": other, "by_session_id": start["session_id"]})

    def _new_id(self, start: SessionStart) -> str:
        """The same audio at the same time gets the same id but for its count, on every machine."""
        seed = canonical({"input": start.input_sha256, "key": start.key, "at": format_utc(start.started_at)})
        stem = hashlib.sha256(seed.encode()).hexdigest()[:12]
        used = [event.body["session_id"] for event in self._ledger.events(OPENED)]
        return f"{stem}-{1 + sum(session_id.startswith(stem) for session_id in used)}"


def valid_sessions(ledger: Ledger) -> list[Event]:
    """The opening events of all sessions that count: not superseded, and not a second try that is still unfinished."""
    opened, closed = _not_superseded(ledger), _closed_ids(ledger)
    finished = {_audio(event.body) for event in opened if event.body["session_id"] in closed}
    return [event for event in opened if event.body["session_id"] in closed or _audio(event.body) not in finished]


def _not_superseded(ledger: Ledger) -> list[Event]:
    gone = {event.body["session_id"] for event in ledger.events(SUPERSEDED)}
    return [event for event in ledger.events(OPENED) if event.body["session_id"] not in gone]


def _closed_ids(ledger: Ledger) -> set[str]:
    return {event.body["session_id"] for event in ledger.events(CLOSED)}


def _audio(start: Body) -> tuple[str, str]:
    """What makes two sessions tell of the same sound."""
    return start["input_sha256"], start["started_at"]


def _heard(line: Performance, anchor: Anchor, describe: Describe, bands: Bands) -> dict[str, Any]:
    if line.end_seconds <= line.start_seconds:
        raise UsageError(f"a performance cannot end at {line.end_seconds} s and begin at {line.start_seconds} s")
    return {
        "start_seconds": _round(line.start_seconds),
        "end_seconds": _round(line.end_seconds),
        "start_utc": format_utc(anchor.at(line.start_seconds)),
        "end_utc": format_utc(anchor.at(line.end_seconds)),
        "kind": line.kind.value,
        "confidence": _round(line.confidence, 4),
        "band": bands.word(line.confidence),
        "band_basis": bands.basis,
        "margin": _round(line.margin, 4),
        "gap_seconds": _round(line.gap_seconds),
        "windows": _windows(line),
        "best": None if line.best is None else _candidate(line.best, describe),
        "alternatives": [_candidate(candidate, describe) for candidate in line.alternatives],
    }


def _windows(line: Performance) -> list[list[float]]:
    """Start and end of the windows that the candidates rest on, all on the same ones."""
    asked = [*([line.best] if line.best else []), *line.alternatives]
    spans = next((candidate.support.windows for candidate in asked if candidate.support), ())
    return [[_round(start, 2), _round(end, 2)] for start, end in spans]


def _candidate(candidate: Candidate, describe: Describe) -> dict[str, Any]:
    """A candidate in plain values, with what its windows said and the facts of its recording and work."""
    values = {
        name: _round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(candidate).items()
        if name != "support"
    }
    support = {} if candidate.support is None else {"support": _support(candidate.support)}
    return {**values, **support, "facts": dict(describe(candidate))}


def _support(support: Support) -> dict[str, Any]:
    """In the order of the `windows` of the line, each in few letters: a line has dozens."""
    return {
        "window_log_odds": [_round(value, 2) for value in support.window_log_odds],
        "whole_log_odds": _round(support.whole_log_odds, 4),
        "log_odds": _round(support.log_odds, 4),
    }


def _round(value: float, digits: int = 3) -> float:
    """Milliseconds and ten-thousandths say enough, and keep the text of an event short."""
    return round(float(value), digits)
