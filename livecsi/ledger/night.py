"""Nights, as seen from the events alone: which sessions, acts and stages belong together.

A night is the venue's local date with its cutoff; `clock.business_date` decided it when the session was opened.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from livecsi.ledger.ledger import Event, Ledger
from livecsi.ledger.sessions import CLOSED, GAP, HEARD, valid_sessions


@dataclass(slots=True)
class HeardSession:
    """One session with everything that was written about it."""

    opened: Event
    gaps: list[Event] = field(default_factory=list)
    performances: list[Event] = field(default_factory=list)
    closed: Event | None = None

    @property
    def session_id(self) -> str:
        return str(self.opened.body["session_id"])

    @property
    def start(self) -> dict[str, Any]:
        return self.opened.body

    @property
    def events(self) -> list[Event]:
        """Everything that was written about this session."""
        return [self.opened, *self.gaps, *self.performances, *([self.closed] if self.closed else [])]

    @property
    def last_event(self) -> Event:
        """The newest event that says something about this session."""
        return max(self.events, key=lambda event: event.seq)


@dataclass(frozen=True, slots=True)
class ReportKey:
    """What a report is about: one act on one stage in one night."""

    night: date
    act: str
    stage: str


@dataclass(frozen=True, slots=True)
class Act:
    """What was heard of one act on one stage in one night."""

    act: str
    stage: str
    songs: int
    unknown: int
    sessions: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Night:
    """All that was heard under one date."""

    date: date
    acts: tuple[Act, ...]


def nights(ledger: Ledger) -> list[Night]:
    """Every night with something in it, oldest first."""
    by_date: dict[str, list[HeardSession]] = {}
    for session in _sessions(ledger):
        by_date.setdefault(session.start["night"], []).append(session)
    return [Night(date.fromisoformat(day), _acts(sessions)) for day, sessions in sorted(by_date.items())]


def sessions_of_night(ledger: Ledger, night: date) -> list[HeardSession]:
    """The sessions of one night by the time they began; superseded ones are left out."""
    found = [session for session in _sessions(ledger) if session.start["night"] == night.isoformat()]
    return sorted(found, key=lambda session: (session.start["started_at"], session.session_id))


def sessions_by_report(ledger: Ledger, night: date) -> dict[ReportKey, list[HeardSession]]:
    """The sessions of one night by what they are reported under, in the order the acts came on."""
    groups: dict[ReportKey, list[HeardSession]] = {}
    for session in sessions_of_night(ledger, night):
        groups.setdefault(ReportKey(night, session.start["act"], session.start["stage"]), []).append(session)
    return groups


def _sessions(ledger: Ledger) -> list[HeardSession]:
    sessions = {event.body["session_id"]: HeardSession(event) for event in valid_sessions(ledger)}
    for event in ledger.events():
        session = sessions.get(event.body.get("session_id", ""))
        if session is None:
            continue
        if event.kind == GAP:
            session.gaps.append(event)
        elif event.kind == HEARD:
            session.performances.append(event)
        elif event.kind == CLOSED:
            session.closed = event
    return list(sessions.values())


def _acts(sessions: list[HeardSession]) -> tuple[Act, ...]:
    groups: dict[tuple[str, str], list[HeardSession]] = {}
    for session in sorted(sessions, key=lambda session: str(session.start["started_at"])):
        groups.setdefault((session.start["act"], session.start["stage"]), []).append(session)
    return tuple(_act(act, stage, group) for (act, stage), group in groups.items())


def _act(act: str, stage: str, sessions: list[HeardSession]) -> Act:
    kinds = [event.body["kind"] for session in sessions for event in session.performances]
    return Act(
        act=act,
        stage=stage,
        songs=kinds.count("song"),
        unknown=kinds.count("unknown"),
        sessions=len(sessions),
        is_complete=all(session.closed is not None for session in sessions),
    )
