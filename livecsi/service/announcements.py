"""Announced acts from a file: a calendar (ICS) as booking programs export it, or a table (CSV).

    night,act[,stage,start,songs]          songs are separated by semicolons

An event of a calendar is an act: its summary is the name, its beginning says the night. By its UID it is known again
when it was moved, renamed or cancelled. What an event says beside that is prose for people, and no song list is read
from it. An event that cannot be an act is refused, and the others are read.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from livecsi.clock import business_date
from livecsi.errors import InputError
from livecsi.ledger.night import ReportKey
from livecsi.settings import VenueSettings

COLUMNS = ("night", "act", "stage", "start", "songs")

if TYPE_CHECKING:
    from icalendar import Component


@dataclass(frozen=True, slots=True)
class Announcement:
    """An act that is to play; `songs` are lines as `catalogue.song_list` reads them, none when nobody said."""

    night: date
    act: str
    stage: str
    start: datetime | None = None
    songs: tuple[str, ...] = ()
    uid: str | None = None
    """How the calendar calls the event; None in a table, and where several events share it."""
    is_cancelled: bool = False

    @property
    def key(self) -> ReportKey:
        return ReportKey(self.night, self.act, self.stage)


@dataclass(frozen=True, slots=True)
class Announced:
    """What a file announces, and a line about every event that could not be read."""

    acts: list[Announcement]
    refused: list[str]


def read_announcements(path: Path, venue: VenueSettings) -> Announced:
    """All acts of a calendar (`.ics`) or of a table (any other name); raises InputError with file and place."""
    try:
        if path.suffix.lower() in (".ics", ".ical", ".ifb"):
            return _calendar(path, venue)
        return Announced(list(_table(path, venue)), [])
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save the file in UTF-8") from error


def parse_start(text: str, venue: VenueSettings) -> datetime:
    """An ISO 8601 time, the venue's own when it has no offset; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=venue.zone)


def _calendar(path: Path, venue: VenueSettings) -> Announced:
    events, acts, refused = _events(path), [], []
    shared = Counter(_uid(event) for event in events)
    for number, event in enumerate(events, start=1):
        try:
            act = _event(event, venue)
            acts.append(act if shared[act.uid] == 1 else replace(act, uid=None))
        except ValueError as error:
            refused.append(f"{path}, event {number}: {error}")
    return Announced(acts, refused)


def _events(path: Path) -> "Sequence[Component]":
    """The events of a calendar but for series that are cancelled as a whole: they were never announced."""
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    except ValueError as error:
        raise InputError(f"{path}: is no calendar: {error}", "export it again as ICS") from error
    if not events:
        raise InputError(f"{path}: is no calendar: there is no event in it", "export it again as ICS")
    return [event for event in events if not (_is_cancelled(event) and "rrule" in event)]


def _is_cancelled(event: "Component") -> bool:
    return str(event.get("status", "")).upper() == "CANCELLED"


def _uid(event: "Component") -> str | None:
    """The UID, for one date of a series with that date."""
    moved_from = getattr(event.get("recurrence-id"), "dt", None)
    uid = str(event.get("uid", "")).strip()
    return f"{uid} {moved_from.isoformat()}" if uid and moved_from else uid or None


def _event(event: "Component", venue: VenueSettings) -> Announcement:
    """An event of a whole day names its night and no time; raises ValueError."""
    act, begins = str(event.get("summary", "")).strip(), getattr(event.get("dtstart"), "dt", None)
    if not act or not isinstance(begins, date):
        raise ValueError("has no summary or no beginning")
    if "rrule" in event:
        raise ValueError(f"{act!r} repeats; every date must be an event of its own")
    night, start = begins, None
    if isinstance(begins, datetime):
        start = begins if begins.tzinfo else begins.replace(tzinfo=venue.zone)
        night = business_date(start, venue.zone, venue.night_cutoff)
    return Announcement(night, act, venue.stage, start, uid=_uid(event), is_cancelled=_is_cancelled(event))


def _table(path: Path, venue: VenueSettings) -> Iterator[Announcement]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        try:
            _check_header(path, list(reader.fieldnames or []))
            for row in reader:
                yield _row(row, venue)
        except (ValueError, csv.Error) as error:
            raise InputError(f"{path}, line {reader.line_num}: {error}") from error


def _check_header(path: Path, header: list[str]) -> None:
    wrong = [name for name in header if name not in COLUMNS]
    if wrong or not {"night", "act"} <= set(header):
        found = f"unknown column {wrong[0]!r}" if wrong else "the columns night and act are a must"
        raise InputError(f"{path}, line 1: {found}", f"known are {','.join(COLUMNS)}")


def _row(row: dict[str | None, str | None], venue: VenueSettings) -> Announcement:
    if None in row:
        raise ValueError("more fields than columns; put quotes around a field with a comma")
    field = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not field["act"]:
        raise ValueError("the act has no name")
    return Announcement(
        night=date.fromisoformat(field["night"]),
        act=field["act"],
        stage=field["stage"] or venue.stage,
        start=parse_start(field["start"], venue) if field["start"] else None,
        songs=tuple(song.strip() for song in field["songs"].split(";") if song.strip()),
    )
