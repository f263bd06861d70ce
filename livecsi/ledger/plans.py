"""What was announced for a night: which act, and the songs it means to play.

A plan says what to expect and what to compare with. It is no source of lines: what was planned and not heard is in no
report. The newest plan of an act on a stage in a night counts until somebody withdraws it; the older ones stay in the
ledger.

    night.planned* -> night.withdrawn -> night.planned* ...
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from livecsi.clock import format_utc, parse_utc
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Body, Event, Ledger, canonical
from livecsi.ledger.lines import PERFORMED, Line, Status
from livecsi.ledger.night import ReportKey, key_of
from livecsi.ledger.review import reviews

PLANNED = "night.planned"
WITHDRAWN = "night.withdrawn"

Source = Literal["list", "repertoire"]
REVIEWED = ("reviewed", "signed", "filed")
STOOD_BY = (Status.ACCEPTED, Status.CORRECTED, Status.ADDED_BY_HUMAN)


class Verdict(StrEnum):
    """What the catalogue said about a line of a song list when it was planned."""

    FOUND = "found"
    MISSING = "not_in_catalogue"
    AMBIGUOUS = "ambiguous"


@dataclass(frozen=True, slots=True)
class PlannedWork:
    """A work that a line may mean."""

    work_key: str
    title: str


@dataclass(frozen=True, slots=True)
class PlannedSong:
    """A line of a song list as somebody wrote it, and the works of the catalogue that it may mean."""

    text: str
    works: tuple[PlannedWork, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if not self.works:
            return Verdict.MISSING
        return Verdict.FOUND if len(self.works) == 1 else Verdict.AMBIGUOUS


@dataclass(frozen=True, slots=True)
class Plan:
    """One act's announced night."""

    key: ReportKey
    songs: tuple[PlannedSong, ...]
    source: Source
    by: str
    start: datetime | None = None
    uid: str | None = None
    """How the calendar calls the event, wherever it moves it and whatever it renames it to."""

    @property
    def fingerprint(self) -> str:
        """A SHA-256 over what decides how a night is heard: the lines of the song list."""
        return hashlib.sha256(canonical({"songs": [song.text for song in self.songs]}).encode()).hexdigest()


def write_plans(ledger: Ledger, wanted: Sequence[Plan]) -> list[Plan]:
    """Write down plans in one transaction; returns those that were news. Raises UsageError for one without a name."""
    for plan in wanted:
        if not plan.key.act.strip() or not plan.by.strip():
            raise UsageError("a plan names an act and who planned it", "give --act and --by")
    with ledger.transaction():
        known = plans(ledger)
        news = [plan for plan in wanted if known.get(plan.key) != plan]
        ledger.append_all([(PLANNED, _body(plan)) for plan in news])
    return news


def withdraw(ledger: Ledger, keys: Collection[ReportKey], by: str) -> list[ReportKey]:
    """Write down that these acts will not play; returns those that were planned."""
    if not by.strip():
        raise UsageError("nobody is named who withdraws the plan", "give --by")
    with ledger.transaction():
        gone = [key for key in plans(ledger) if key in keys]
        ledger.append_all([(WITHDRAWN, {**_place(key), "by": by}) for key in gone])
    return gone


def plans(ledger: Ledger, night: date | None = None) -> dict[ReportKey, Plan]:
    """The plans that count, of one night or of all, by night, act and stage."""
    wanted = {} if night is None else {"night": night.isoformat()}
    told = [event for kind in (PLANNED, WITHDRAWN) for event in ledger.events(kind, **wanted)]
    newest = {key_of(event.body): event for event in sorted(told, key=lambda event: event.seq)}
    found = {key: _plan(event) for key, event in newest.items() if event.kind == PLANNED}
    return {key: found[key] for key in sorted(found, key=lambda key: (key.night, key.stage, key.act))}


def announced_as(ledger: Ledger) -> dict[str, ReportKey]:
    """Under which night, act and stage each event of a calendar was planned last, by its UID."""
    told = [event.body for event in ledger.events(PLANNED) if event.body.get("uid")]
    return {body["uid"]: key_of(body) for body in told}


def repertoire(ledger: Ledger, act: str, before: date) -> list[str]:
    """What an act was accepted to have played in reviewed nights before a date: work keys, or titles without one."""
    told = [review for key, review in reviews(ledger).items() if key.act == act and key.night < before]
    lines = [line for review in told if review.state in REVIEWED for line in review.lines if _was_played(line)]
    songs = [line.named["facts"].get("work_key") or line.title for line in lines if line.named is not None]
    return list(dict.fromkeys(songs))


def _was_played(line: Line) -> bool:
    return line.status in STOOD_BY and line.usage in PERFORMED


def _body(plan: Plan) -> Body:
    return {
        **_place(plan.key),
        "start_utc": format_utc(plan.start) if plan.start else None,
        "songs": [{**asdict(song), "verdict": song.verdict.value} for song in plan.songs],
        "source": plan.source,
        "by": plan.by,
        "uid": plan.uid,
    }


def _place(key: ReportKey) -> Body:
    return {"night": key.night.isoformat(), "act": key.act, "stage": key.stage}


def _plan(event: Event) -> Plan:
    body = event.body
    songs = [PlannedSong(song["text"], tuple(PlannedWork(**work) for work in song["works"])) for song in body["songs"]]
    start = parse_utc(body["start_utc"]) if body["start_utc"] else None
    return Plan(key_of(body), tuple(songs), body["source"], body["by"], start, body.get("uid"))
