"""Nights, as seen from the events alone: which sessions, acts and stages belong together.

A night is the venue's local date with its cutoff; `clock.business_date` decided it when the session was opened.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from livecsi.clock import parse_utc
from livecsi.ledger.clips import KEPT
from livecsi.ledger.ledger import Body, Event, Ledger
from livecsi.ledger.sessions import CATALOGUE_CHANGED, CLOCK_STEP, CLOSED, GAP, HEARD, LIVE, SETTLED, valid_sessions


@dataclass(frozen=True, slots=True)
class ReportKey:
    """What a report is about: one act on one stage in one night."""

    night: date
    act: str
    stage: str


@dataclass(slots=True)
class HeardSession:
    """One session with everything that was written about it."""

    opened: Event
    gaps: list[Event] = field(default_factory=list)
    settled: list[Event] = field(default_factory=list)
    heard: list[Event] = field(default_factory=list)
    clips: list[Event] = field(default_factory=list)
    """Clips of its sound that were kept as evidence, those that are erased by now included."""
    clock_steps: list[Event] = field(default_factory=list)
    catalogue_changes: list[Event] = field(default_factory=list)
    closed: Event | None = None

    @property
    def performances(self) -> list[Event]:
        """What was heard; of a live session that is still open, what is over."""
        return self.heard if self.closed or self.heard else self.settled

    @property
    def session_id(self) -> str:
        return str(self.opened.body["session_id"])

    @property
    def start(self) -> dict[str, Any]:
        return self.opened.body

    @property
    def key(self) -> ReportKey:
        """What it is reported under."""
        return key_of(self.start)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.start["timezone"])

    @property
    def started_at(self) -> datetime:
        return parse_utc(self.start["started_at"])

    @property
    def ended_at(self) -> datetime:
        """When listening stopped; a session that broke off ends with the last thing it heard."""
        if self.closed:
            return parse_utc(self.closed.body["ended_at"])
        return max([self.started_at, *(parse_utc(event.body["end_utc"]) for event in self.performances)])

    @property
    def is_running(self) -> bool:
        """Whether a microphone is, or was when the machine broke off, still listening."""
        return self.closed is None and self.start["input_kind"] == LIVE

    @property
    def events(self) -> list[Event]:
        """Everything about this session that makes its lines; clock and catalogue change none of them."""
        return [self.opened, *self.gaps, *self.performances, *([self.closed] if self.closed else [])]

    @property
    def last_event(self) -> Event:
        """The newest event that says something about this session."""
        return max(self.events, key=lambda event: event.seq)


@dataclass(frozen=True, slots=True)
class Act:
    """What was heard of one act on one stage in one night."""

    act: str
    stage: str
    songs: int
    unknown: int
    sessions: int
    is_complete: bool
    is_running: bool
    """Whether one of the sessions is still being listened to."""


@dataclass(frozen=True, slots=True)
class Night:
    """All that was heard under one date."""

    date: date
    acts: tuple[Act, ...]

    def key(self, act: Act) -> ReportKey:
        """What an act of this night is reported under."""
        return ReportKey(self.date, act.act, act.stage)


def key_of(body: Body) -> ReportKey:
    """The night, act and stage that an event names."""
    return ReportKey(date.fromisoformat(body["night"]), body["act"], body["stage"])


def nights(ledger: Ledger) -> list[Night]:
    """Every night with something in it, oldest first."""
    by_date: dict[date, list[Act]] = {}
    for key, sessions in sessions_by_report(ledger).items():
        by_date.setdefault(key.night, []).append(_act(key, sessions))
    return [Night(day, tuple(acts)) for day, acts in sorted(by_date.items())]


def sessions_of_night(ledger: Ledger, night: date) -> list[HeardSession]:
    """The sessions of one night by the time they began; superseded ones are left out."""
    opened = [event for event in valid_sessions(ledger) if key_of(event.body).night == night]
    told = [event for one in opened for event in ledger.events(session_id=one.body["session_id"])]
    sounds = {one.body["input_sha256"] for one in opened}
    return _sessions(opened, told, [clip for sound in sounds for clip in ledger.events(KEPT, input_sha256=sound)])


def sessions_by_report(ledger: Ledger, night: date | None = None) -> dict[ReportKey, list[HeardSession]]:
    """The sessions of one night, or of all, by what they are reported under, in the order the acts came on."""
    groups: dict[ReportKey, list[HeardSession]] = {}
    for session in _all_sessions(ledger) if night is None else sessions_of_night(ledger, night):
        groups.setdefault(session.key, []).append(session)
    return groups


def _all_sessions(ledger: Ledger) -> list[HeardSession]:
    return _sessions(valid_sessions(ledger), ledger.events(), ledger.events(KEPT))


def _sessions(opened: Iterable[Event], events: Iterable[Event], clips: Iterable[Event]) -> list[HeardSession]:
    """The sessions that were opened, with what the events tell about them; clips are told apart by their sound."""
    sessions = {event.body["session_id"]: HeardSession(event) for event in opened}
    for event in events:
        session = sessions.get(event.body.get("session_id", ""))
        if session is None:
            continue
        if event.kind == GAP:
            session.gaps.append(event)
        elif event.kind == SETTLED:
            session.settled.append(event)
        elif event.kind == HEARD:
            session.heard.append(event)
        elif event.kind == CLOCK_STEP:
            session.clock_steps.append(event)
        elif event.kind == CATALOGUE_CHANGED:
            session.catalogue_changes.append(event)
        elif event.kind == CLOSED:
            session.closed = event
    of_sound = {session.start["input_sha256"]: session for session in sessions.values()}
    for clip in clips:
        if clip.body["input_sha256"] in of_sound:
            of_sound[clip.body["input_sha256"]].clips.append(clip)
    return sorted(sessions.values(), key=lambda session: (session.start["started_at"], session.session_id))


def _act(key: ReportKey, sessions: list[HeardSession]) -> Act:
    kinds = [event.body["kind"] for session in sessions for event in session.performances]
    return Act(
        act=key.act,
        stage=key.stage,
        songs=kinds.count("song"),
        unknown=kinds.count("unknown"),
        sessions=len(sessions),
        is_complete=all(session.closed is not None for session in sessions),
        is_running=any(session.is_running for session in sessions),
    )
