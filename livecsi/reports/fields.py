"""Every value a society's form may ask for, by the name under which profiles know it."""

from collections.abc import Callable
from datetime import datetime

from livecsi.reports import words
from livecsi.reports.language import Language
from livecsi.reports.model import Item, ItemKind, SetlistReport, Status
from livecsi.reports.profiles import Profile

Head = Callable[[SetlistReport, Language, Profile], str]
Line = Callable[[SetlistReport, Item, Language, Profile], str]

_DECIDED = (Status.ACCEPTED, Status.CORRECTED, Status.ADDED_BY_HUMAN)
_COMPOSING = ("writer", "composer", "composer-lyricist")
_WORDS = ("lyricist", "composer-lyricist", "translator", "adaptor")


def counts_as_live(item: Item, profile: Profile) -> bool:
    return item.usage in profile.live


def is_ready(item: Item, profile: Profile) -> bool:
    """Whether a person has decided, there is a work, and the society counts it as live."""
    is_decided = item.decision.status in _DECIDED and item.work is not None
    return is_decided and item.kind is not ItemKind.MEDLEY and counts_as_live(item, profile)


def has_proposed_writers(item: Item) -> bool:
    """Whether writers are named whom no person entered."""
    return item.work is not None and item.work.writers_source is not None


def lacks_writer(item: Item, profile: Profile) -> bool:
    """Whether the form asks for somebody who wrote the work, and nobody is known."""
    roles = (*_COMPOSING, "lyricist") if profile.needs_writer == "composer_or_lyricist" else _COMPOSING
    return profile.needs_writer is not None and not _named(item, roles)


def _address(report: SetlistReport) -> str:
    venue = report.venue
    town = " ".join(part for part in (venue.postcode, venue.city) if part)
    return ", ".join(part for part in (venue.street, town, venue.country) if part)


def _hours_minutes(moment: datetime, report: SetlistReport) -> str:
    """hh:mm at the venue; the offset stays in a night in which one hour comes twice."""
    time, *offset = words.local_time(moment, report).split()
    return " ".join([time[:5], *offset])


def _start(report: SetlistReport) -> str:
    """When the show began; blank while nobody has decided whether the first line is part of it."""
    edges = words.edges(report)
    return _hours_minutes(edges[0].start_utc, report) if edges and not words.is_open(edges[0]) else ""


def _date_and_start(report: SetlistReport) -> str:
    """The day of the calendar on which the show began, and when; the date of the night while that is not decided."""
    edges, start = words.edges(report), _start(report)
    if edges is None or not start:
        return report.event.business_date.isoformat()
    day = edges[0].start_utc.astimezone(words.zone_of(report)).date()
    return f"{day.isoformat()} {start}"


def _end(report: SetlistReport) -> str:
    """When the show ended; blank while nobody has decided whether the last line is part of it."""
    edges = words.edges(report)
    return _hours_minutes(edges[1].end_utc, report) if edges and not words.is_open(edges[1]) else ""


def _filed(report: SetlistReport, profile: Profile) -> list[Item]:
    """The lines that stand on the sheet: what its head counts and adds up is nothing else."""
    return [item for item in report.items if is_ready(item, profile)]


def _count(report: SetlistReport, profile: Profile) -> str:
    """How many lines may be filed; nothing as long as none may."""
    return str(len(_filed(report, profile)) or "")


def _overall(report: SetlistReport, profile: Profile) -> str:
    """The sum of the lengths on the sheet as they are printed there, in whole seconds."""
    seconds = [int(item.duration_s + 0.5) for item in _filed(report, profile)]
    return words.hours_minutes_seconds(sum(seconds)) if seconds else ""


def _title(report: SetlistReport, item: Item) -> str:
    """The title of the work; of a line without one, when it was, so that a person can find it."""
    return item.work.title if item.work else f"? ({words.local_time(item.start_utc, report)})"


def _named(item: Item, roles: tuple[str, ...]) -> list[str]:
    return [person.name for person in item.work.writers if person.role in roles] if item.work else []


def _people(item: Item, roles: tuple[str, ...], say: Language) -> str:
    """Who wrote the work in one of these roles, and where that is from unless a person entered it."""
    return words.as_proposed(", ".join(_named(item, roles)), item.work, say) if item.work else ""


def _artist_when_no_writers(item: Item) -> str:
    has_writers = item.work is not None and item.work.writers
    recording = item.matched_recording
    return "" if has_writers or recording is None else recording.original_artist or ""


def _society_id(item: Item, profile: Profile) -> str:
    """The number under the name of the society, else under that of its profile: `Buma/Stemra`, else `buma`."""
    known = {name.casefold(): number for name, number in (item.work.society_ids if item.work else {}).items()}
    return known.get(profile.society.casefold()) or known.get(profile.key, "")


def _whole_minutes(seconds: float) -> str:
    """Minutes, rounded, and at least one: a short piece is still a piece."""
    return str(max(1, int(seconds / 60 + 0.5)))


def _placement(item: Item, say: Language) -> str:
    """What is paid differently: a part of a medley, and music for walking in or out."""
    part = [say("kind_medley_part")] if item.kind is ItemKind.MEDLEY_PART else []
    walk = [say.named("section", item.section)] if item.section in ("intro", "outro") else []
    return ", ".join(part + walk)


WHEN_TOLD = ("access", "attendance", "event_type", "receipts", "ticket_price")
"""What a form asks for only of some events: no line is left open for it when nobody said it."""
HEAD: dict[str, Head] = {
    "act": lambda report, say, profile: report.act.name or "",
    "access": lambda report, say, profile: report.event.access or "",
    "attendance": lambda report, say, profile: "" if report.event.attendance is None else str(report.event.attendance),
    "billing": lambda report, say, profile: say.named("billing", report.act.billing) if report.act.billing else "",
    "date": lambda report, say, profile: report.event.business_date.isoformat(),
    "date_time": lambda report, say, profile: _date_and_start(report),
    "end_time": lambda report, say, profile: _end(report),
    "event_name": lambda report, say, profile: report.event.name or "",
    "event_type": lambda report, say, profile: report.event.type or "",
    "number_of_concerts": lambda report, say, profile: "1",
    "number_of_works": lambda report, say, profile: _count(report, profile),
    "overall_time": lambda report, say, profile: _overall(report, profile),
    "promoter": lambda report, say, profile: report.event.promoter or "",
    "receipts": lambda report, say, profile: words.money(report.event.receipts),
    "stage": lambda report, say, profile: report.venue.stage,
    "start_time": lambda report, say, profile: _start(report),
    "ticket_price": lambda report, say, profile: words.money(report.event.ticket_price),
    "venue_address": lambda report, say, profile: _address(report),
    "venue_capacity": lambda report, say, profile: str(report.venue.capacity or ""),
    "venue_city": lambda report, say, profile: report.venue.city or "",
    "venue_name": lambda report, say, profile: report.venue.name or "",
    "venue_postcode": lambda report, say, profile: report.venue.postcode or "",
    "venue_street": lambda report, say, profile: report.venue.street or "",
}
LINE: dict[str, Line] = {
    "act": lambda report, item, say, profile: report.act.name or "",
    "arrangers": lambda report, item, say, profile: _people(item, ("arranger",), say),
    "artist_when_no_writers": lambda report, item, say, profile: _artist_when_no_writers(item),
    "blank": lambda report, item, say, profile: "",
    "composers": lambda report, item, say, profile: _people(item, _COMPOSING, say),
    "hours_minutes_seconds": lambda report, item, say, profile: words.hours_minutes_seconds(item.duration_s),
    "iswc": lambda report, item, say, profile: (item.work.iswc or "") if item.work else "",
    "live_or_playback": lambda report, item, say, profile: say("usage_live") if counts_as_live(item, profile) else "",
    "lyricists": lambda report, item, say, profile: _people(item, _WORDS, say),
    "minutes": lambda report, item, say, profile: _whole_minutes(item.duration_s),
    "minutes_seconds": lambda report, item, say, profile: words.length(item.duration_s),
    "placement": lambda report, item, say, profile: _placement(item, say),
    "publishers": lambda report, item, say, profile: ", ".join(item.work.publishers) if item.work else "",
    "society_id": lambda report, item, say, profile: _society_id(item, profile),
    "times_performed": lambda report, item, say, profile: str(item.times_performed),
    "title": lambda report, item, say, profile: _title(report, item),
    "writers": lambda report, item, say, profile: words.writers(item.work, say),
}
