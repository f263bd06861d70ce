"""How times, lengths and people are written in every printed form, so that two forms of one report never disagree."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from livecsi.reports.model import Alternative, Item, SetlistReport, Usage, Work

UNREVIEWED = (
    "This list was made by a machine and nobody has checked it yet. Names can be wrong and songs can be missing; "
    "it becomes a statement only when a person has gone through every line and signed."
)
NO_ACT = "(no act named)"
NO_VENUE = "(no venue named)"
NOT_RECOGNISED = "not recognised"
RECORDED_MUSIC = "recorded music"
ALTERNATIVES_PRINTED = 3
DOUBTFUL_PROBABILITY = 0.10
WORTH_A_LOOK_PROBABILITY = 0.01

_ON_STAGE = (Usage.LIVE, Usage.LIVE_WITH_BACKING, Usage.DJ_FEATURED, Usage.UNCLEAR)


def zone_of(report: SetlistReport) -> ZoneInfo:
    return ZoneInfo(report.event.timezone)


def local_time(moment: datetime, report: SetlistReport) -> str:
    """hh:mm:ss at the venue; with the offset in a night in which the clocks change."""
    local = moment.astimezone(zone_of(report))
    offsets = {edge.astimezone(zone_of(report)).utcoffset() for edge in (report.event.start_utc, report.event.end_utc)}
    return local.strftime("%H:%M:%S") + (f" {offset_of(local)}" if len(offsets) > 1 else "")


def offset_of(local: datetime) -> str:
    """`UTC+03:00`."""
    text = local.strftime("%z")
    return f"UTC{text[:3]}:{text[3:5]}"


def length(seconds: float) -> str:
    """mm:ss, or h:mm:ss from one hour on."""
    whole = int(seconds + 0.5)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes:02d}:{whole % 60:02d}"


def hours_minutes_seconds(seconds: float) -> str:
    """hh:mm:ss, always."""
    whole = int(seconds + 0.5)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def date_in_words(report: SetlistReport) -> str:
    night = report.event.business_date
    return f"{night:%A} {night.day} {night:%B %Y}"


def writers(work: Work | None) -> str:
    """`Aino Aalto (composer), Ben Berg (lyricist)`; the artist of a recording is never among them."""
    if work is None:
        return ""
    return ", ".join(f"{person.name} ({person.role})" for person in work.writers)


def title(item: Item) -> str:
    if item.work:
        return item.work.title
    return RECORDED_MUSIC if is_aside(item) else NOT_RECOGNISED


def worth_a_look(item: Item) -> list[Alternative]:
    """The alternatives a reader can use: beside a name only real rivals, without a name the best guesses."""
    least = DOUBTFUL_PROBABILITY if item.work else WORTH_A_LOOK_PROBABILITY
    return [other for other in item.evidence.alternatives if other.probability >= least][:ALTERNATIVES_PRINTED]


def is_aside(item: Item) -> bool:
    """Music that was there but is no part of what the act played."""
    return item.usage not in _ON_STAGE


def percent(fraction: float) -> str:
    """Whole percents, but never 100 % for something that is not certain."""
    return f"{min(99, int(fraction * 100 + 0.5)) if fraction < 1 else 100}\N{NO-BREAK SPACE}%"


def band(item: Item) -> str:
    """`high 98 %`, or nothing for music without a name."""
    return f"{item.evidence.band} {percent(item.evidence.confidence)}" if item.work else ""


def place(report: SetlistReport) -> str:
    """Venue, stage and address in one line."""
    venue = report.venue
    town = " ".join(part for part in (venue.postcode, venue.city) if part)
    parts = [venue.name or NO_VENUE, f"stage: {venue.stage}", venue.street, town, venue.country]
    return ", ".join(part for part in parts if part)


def counted(items: Sequence[Item]) -> str:
    """`10 songs named, 2 open`; recorded music between the sets is no song of the act."""
    played = [item for item in items if not is_aside(item)]
    named = sum(item.work is not None for item in played)
    return f"{named} {'song' if named == 1 else 'songs'} named, {len(played) - named} open"


def running(report: SetlistReport) -> str:
    """What stands at the top of every further page."""
    parts = (report.act.name or NO_ACT, report.venue.name or NO_VENUE, report.event.business_date.isoformat())
    return " \N{MIDDLE DOT} ".join([*parts, "unreviewed machine output"])


def named_share(report: SetlistReport) -> float | None:
    """Which part of the music in the list has a name; None when there was no music."""
    known = report.coverage.identified_s
    total = known + report.coverage.unknown_s
    return known / total if total else None
