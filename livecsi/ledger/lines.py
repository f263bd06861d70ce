"""The lines of one act's night as a person sees them: what was heard, and on top of it what people decided.

A line is frozen; deciding makes a new one. `item_id` names it for ever: the session and the number of the performance
in it, or the event that added it, so that no edit can land on another line because the order changed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from livecsi.clock import parse_utc
from livecsi.ledger.ledger import Body
from livecsi.ledger.night import HeardSession
from livecsi.types import Kind

Section = Literal["main", "encore", "intro", "outro"]
Origin = Literal["own", "cover", "traditional"]
DurationSource = Literal["detected", "entered", "reference"]


class ItemKind(StrEnum):
    """What a line of the setlist is."""

    SONG = "song"
    MEDLEY = "medley"
    MEDLEY_PART = "medley_part"
    SNIPPET = "snippet"
    IMPROVISATION = "improvisation"
    UNKNOWN = "unknown"


class Usage(StrEnum):
    """How the music came about; societies disagree on what is live, so the facts are kept apart."""

    LIVE = "live"
    LIVE_WITH_BACKING = "live_with_backing"
    PLAYBACK_TAPE = "playback_tape"
    DJ_FEATURED = "dj_featured"
    BACKGROUND = "background"
    KARAOKE = "karaoke"
    SPEECH = "speech"
    UNCLEAR = "unclear"


class Status(StrEnum):
    """What a person decided about a line."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    ADDED_BY_HUMAN = "added_by_human"
    REJECTED = "rejected"


USAGE_OF_KIND = {Kind.SONG: Usage.LIVE, Kind.UNKNOWN: Usage.UNCLEAR, Kind.RECORDED: Usage.BACKGROUND}
"""What the machine takes a stretch for; speech, crowd and silence are no lines."""

PERFORMED = (Usage.LIVE, Usage.LIVE_WITH_BACKING, Usage.DJ_FEATURED, Usage.PLAYBACK_TAPE, Usage.KARAOKE)
"""Usages in which somebody is owed for the work."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Who did what to a line, and when."""

    verb: str
    by: str
    at: datetime
    note: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `named` is the song it stands for (`title`, `artist`, `facts`), `heard` the machine's own account."""

    item_id: str
    start_utc: datetime
    end_utc: datetime
    kind: ItemKind
    usage: Usage
    named: Body | None = None
    heard: Body | None = None
    session_id: str | None = None
    gap_seconds: float = 0.0
    section: Section = "main"
    times_performed: int = 1
    origin: Origin | None = None
    part_of: str | None = None
    duration_source: DurationSource = "detected"
    status: Status = Status.PENDING
    note: str | None = None
    is_corrected: bool = False
    is_reshaped: bool = False
    edits: tuple[Edit, ...] = ()

    @property
    def duration_seconds(self) -> float:
        return (self.end_utc - self.start_utc).total_seconds()

    @property
    def is_sure(self) -> bool:
        """Whether `accept all` may take it: pending, live, named with high confidence, and exactly as it was heard."""
        is_high = self.heard is not None and self.heard["band"] == "high" and self.named is not None
        is_untouched = self.status is Status.PENDING and not self.is_corrected and not self.is_reshaped
        return is_high and is_untouched and self.usage is Usage.LIVE

    @property
    def alternatives(self) -> list[Body]:
        """What else the machine thought of, best first; the guess for music without a name is among them."""
        if self.heard is None:
            return []
        best, others = self.heard["best"], list(self.heard["alternatives"])
        is_guess = best is not None and Kind(self.heard["kind"]) is Kind.UNKNOWN
        if is_guess and all(best["recording_id"] != other["recording_id"] for other in others):
            others.insert(0, best)
        return others

    @property
    def is_unidentified(self) -> bool:
        """Whether a person says that it was played and nobody says what it was."""
        is_nameless = self.named is None and self.kind is ItemKind.UNKNOWN and self.usage in PERFORMED
        return is_nameless and self.status not in (Status.PENDING, Status.REJECTED)

    @property
    def title(self) -> str:
        """The work's title, or nothing."""
        return "" if self.named is None else str(self.named["facts"].get("work_title") or self.named["title"])


def heard_lines(sessions: Sequence[HeardSession]) -> tuple[Line, ...]:
    """What the machine heard in these sessions, every line pending."""
    return in_order(
        _heard(session.session_id, number, event.body)
        for session in sessions
        for number, event in enumerate(session.performances, start=1)
        if Kind(event.body["kind"]) in USAGE_OF_KIND
    )


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Lines by the time they began; a medley stands before its parts."""
    return tuple(sorted(lines, key=lambda line: (line.start_utc, line.kind is not ItemKind.MEDLEY)))


def _heard(session_id: str, number: int, body: Body) -> Line:
    kind = Kind(body["kind"])
    named = None if kind is Kind.UNKNOWN else body["best"]
    return Line(
        item_id=f"{session_id}/{number}",
        start_utc=parse_utc(body["start_utc"]),
        end_utc=parse_utc(body["end_utc"]),
        kind=ItemKind.UNKNOWN if named is None else ItemKind.SONG,
        usage=USAGE_OF_KIND[kind],
        named=named,
        heard=body,
        session_id=session_id,
        gap_seconds=body["gap_seconds"],
    )
