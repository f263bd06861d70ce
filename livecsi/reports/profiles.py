"""What each society asks for, as data: a profile turns a report into a copy sheet for a person at a portal.

No society takes such a file; a sheet holds the society's fields in its order, to be typed over. Only lines that a
person has accepted are ready to be filed. Lines still waiting for one are printed apart, for checking on paper.
"""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, ValidationError

from livecsi.errors import UsageError
from livecsi.reports import words
from livecsi.reports.model import Block, Item, SetlistReport, Status, Usage

FOLDER = Path(__file__).with_name("profiles")

_DECIDED = (Status.ACCEPTED, Status.CORRECTED, Status.ADDED_BY_HUMAN)


class ProfileField(Block):
    """One field of a society's form: what it is called there, and which of our values belongs in it."""

    label: str
    value: str


class Profile(Block):
    """A society's form. `grade` says how good the source is: A its own page, B press, C a third party."""

    society: str
    country: str
    filed_by: str
    deadline: str
    source: str
    date_checked: str = Field(pattern=r"^\d{4}-\d{2}$")
    grade: str = Field(pattern="^[ABCMN]$")
    notes: list[str]
    live: list[Usage]
    head: list[ProfileField]
    line: list[ProfileField]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled form: its head, its columns, the lines that may be filed and those that may not yet."""

    profile: Profile
    head: list[tuple[str, str]]
    columns: list[str]
    ready: list[list[str]]
    waiting: list[list[str]]


def names() -> list[str]:
    """The profiles that came with livecsi."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Profile:
    """A profile by name."""
    if name not in names():
        raise UsageError(f"there is no profile {name!r}", f"known are {', '.join(names())}")
    try:
        profile = Profile.model_validate(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise UsageError(f"profile {name!r} is broken: {error}") from error
    for field in profile.head:
        _known(field, _HEAD, name)
    for field in profile.line:
        _known(field, _LINE, name)
    return profile


def sheet(report: SetlistReport, profile: Profile) -> Sheet:
    """The society's form, filled from a report."""
    live = [item for item in report.items if item.usage in profile.live or item.usage is Usage.UNCLEAR]
    ready = [item for item in live if item.decision.status in _DECIDED and item.usage in profile.live]
    waiting = [item for item in live if item.decision.status is Status.PENDING]
    return Sheet(
        profile=profile,
        head=[(field.label, _HEAD[field.value](report)) for field in profile.head],
        columns=[field.label for field in profile.line],
        ready=[_line(report, item, profile) for item in ready],
        waiting=[_line(report, item, profile) for item in waiting],
    )


def _line(report: SetlistReport, item: Item, profile: Profile) -> list[str]:
    return [_LINE[field.value](report, item, profile) for field in profile.line]


def _known(field: ProfileField, values: dict[str, Callable[..., str]], name: str) -> None:
    if field.value not in values:
        raise UsageError(f"profile {name!r} asks for {field.value!r}", f"known are {', '.join(sorted(values))}")


def _start(report: SetlistReport) -> str:
    return words.local_time(report.event.start_utc, report)[:5]


def _address(report: SetlistReport) -> str:
    venue = report.venue
    town = " ".join(part for part in (venue.postcode, venue.city) if part)
    return ", ".join(part for part in (venue.street, town, venue.country) if part)


def _overall(report: SetlistReport) -> str:
    """The music of the act, from line to line; recorded music is not part of it."""
    played = [item.duration_s for item in report.items if not words.is_aside(item)]
    return words.hours_minutes_seconds(sum(played))


def _title(report: SetlistReport, item: Item, profile: Profile) -> str:
    """The title of the work; of a line without one, when it was, so that a person can find it."""
    return item.work.title if item.work else f"? ({words.local_time(item.start_utc, report)})"


def _artist_when_no_writers(report: SetlistReport, item: Item, profile: Profile) -> str:
    has_writers = item.work is not None and item.work.writers
    recording = item.matched_recording
    return "" if has_writers or recording is None else recording.original_artist or ""


def _society_id(report: SetlistReport, item: Item, profile: Profile) -> str:
    return item.work.society_ids.get(profile.society, "") if item.work else ""


def _live_or_playback(report: SetlistReport, item: Item, profile: Profile) -> str:
    return "live" if item.usage in profile.live else ""


_HEAD: dict[str, Callable[[SetlistReport], str]] = {
    "act": lambda report: report.act.name or "",
    "billing": lambda report: report.act.billing or "",
    "date": lambda report: report.event.business_date.isoformat(),
    "date_time": lambda report: f"{report.event.business_date.isoformat()} {_start(report)}",
    "event_name": lambda report: report.event.name or "",
    "number_of_concerts": lambda report: "1",
    "overall_time": _overall,
    "promoter": lambda report: report.event.promoter or "",
    "start_time": _start,
    "venue_address": _address,
    "venue_city": lambda report: report.venue.city or "",
    "venue_name": lambda report: report.venue.name or "",
    "venue_postcode": lambda report: report.venue.postcode or "",
    "venue_street": lambda report: report.venue.street or "",
}
_LINE: dict[str, Callable[[SetlistReport, Item, Profile], str]] = {
    "act": lambda report, item, profile: report.act.name or "",
    "artist_when_no_writers": _artist_when_no_writers,
    "blank": lambda report, item, profile: "",
    "hours_minutes_seconds": lambda report, item, profile: words.hours_minutes_seconds(item.duration_s),
    "iswc": lambda report, item, profile: (item.work.iswc or "") if item.work else "",
    "live_or_playback": _live_or_playback,
    "minutes_seconds": lambda report, item, profile: words.length(item.duration_s),
    "society_id": _society_id,
    "times_performed": lambda report, item, profile: str(item.times_performed),
    "title": _title,
    "writers": lambda report, item, profile: words.writers(item.work),
}
