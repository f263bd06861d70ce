"""The strip that shows a night at a glance: what was named, what was not, and where nobody listened.

Conventions: positions are in per mille of the time from the start of the event to its end.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from livecsi.reports import words
from livecsi.reports.model import Item, ItemKind, SetlistReport

WIDTH = 1000.0
NARROWEST = 3.0
_TICK_MINUTES = (5, 10, 15, 30, 60, 120, 240)


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the night."""

    kind: str
    x: float
    width: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A round local time."""

    x: float
    label: str


def bars(report: SetlistReport) -> list[Bar]:
    """Songs, unnamed music, other music, then gaps on top."""
    lines = [
        _bar(report, _kind(item), item.start_utc, item.end_utc, str(item.seq))
        for item in report.items
        if item.kind is not ItemKind.MEDLEY
    ]
    return lines + [_bar(report, "gap", gap.start_utc, gap.end_utc) for gap in report.coverage.gaps]


def ticks(report: SetlistReport) -> list[Tick]:
    """At most nine round times, in the venue's own time."""
    start, end = report.event.start_utc, report.event.end_utc
    minutes = (end - start).total_seconds() / 60
    step = next((size for size in _TICK_MINUTES if minutes / size <= 9), _TICK_MINUTES[-1])
    zone = words.zone_of(report)
    moments = _round_times(start.astimezone(zone), end, step)
    return [Tick(_x(report, moment), f"{moment.astimezone(zone):%H:%M}") for moment in moments]


def _round_times(start: datetime, end: datetime, step_minutes: int) -> Iterator[datetime]:
    moment = start.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    while moment <= end:
        if moment >= start:
            yield moment
        moment += timedelta(minutes=step_minutes)


def _kind(item: Item) -> str:
    if words.is_aside(item) or words.is_rejected(item):
        return "other"
    return "song" if item.work else "unknown"


def _bar(report: SetlistReport, kind: str, start: datetime, end: datetime, label: str = "") -> Bar:
    left, right = _x(report, start), _x(report, end)
    return Bar(kind, round(left, 2), round(max(NARROWEST, right - left), 2), label)


def _x(report: SetlistReport, moment: datetime) -> float:
    length = (report.event.end_utc - report.event.start_utc).total_seconds() or 1.0
    seconds = (moment - report.event.start_utc).total_seconds()
    return round(min(1.0, max(0.0, seconds / length)) * WIDTH, 2)
