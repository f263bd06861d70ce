"""Announced acts from a file: a calendar (ICS) as booking programs export it, or a table (CSV).

    night,act[,stage,start,songs]          songs are separated by semicolons

An event of a calendar is an act: its summary is the name, its beginning says the night. Cancelled events are passed
over. What an event says beside that is prose for people, and no song list is read from it.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from livecsi.clock import business_date
from livecsi.errors import InputError
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


def read_announcements(path: Path, venue: VenueSettings) -> list[Announcement]:
    """All acts of a calendar (`.ics`) or of a table (any other name); raises InputError with file and place."""
    try:
        if path.suffix.lower() in (".ics", ".ical", ".ifb"):
            return list(_calendar(path, venue))
        return list(_table(path, venue))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save the file in UTF-8") from error


def parse_start(text: str, venue: VenueSettings) -> datetime:
    """An ISO 8601 time, the venue's own when it has no offset; raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=venue.zone)


def _calendar(path: Path, venue: VenueSettings) -> Iterator[Announcement]:
    from icalendar import Calendar

    try:
        events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    except ValueError as error:
        raise InputError(f"{path}: is no calendar: {error}", "export it again as ICS") from error
    if not events:
        raise InputError(f"{path}: is no calendar: there is no event in it", "export it again as ICS")
    for number, event in enumerate(events, start=1):
        try:
            if str(event.get("status", "")).upper() != "CANCELLED":
                yield _event(event, venue)
        except ValueError as error:
            raise InputError(f"{path}, event {number}: {error}", "mend the calendar and export it again") from error


def _event(event: "Component", venue: VenueSettings) -> Announcement:
    """An event of a whole day names its night and no time; raises ValueError."""
    act, begins = str(event.get("summary", "")).strip(), getattr(event.get("dtstart"), "dt", None)
    if not act or not isinstance(begins, date):
        raise ValueError("has no summary or no beginning")
    if "rrule" in event:
        raise ValueError(f"{act!r} repeats; every date must be an event of its own")
    if not isinstance(begins, datetime):
        return Announcement(begins, act, venue.stage)
    start = begins if begins.tzinfo else begins.replace(tzinfo=venue.zone)
    return Announcement(business_date(start, venue.zone, venue.night_cutoff), act, venue.stage, start)


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
