"""The only reader of clocks, so that a recorded concert takes exactly the live path.

Durations are counted in samples; wall time is an anchor put beside sample 0. A `Clock` gives UTC and a monotonic
reading; an `Anchor` turns seconds of a session into wall time.
"""

import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Where the service reads the time."""

    def utc_now(self) -> datetime: ...

    def monotonic_seconds(self) -> float: ...


class SystemClock:
    """The machine's own clocks."""

    def utc_now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        return time.monotonic()


@dataclass(frozen=True, slots=True)
class Anchor:
    """The wall time of sample 0 of a session."""

    started_at: datetime

    def at(self, seconds: float) -> datetime:
        """UTC time of a moment `seconds` after the session began."""
        return self.started_at.astimezone(UTC) + timedelta(seconds=seconds)


def business_date(moment: datetime, zone: ZoneInfo, cutoff: time_of_day) -> date:
    """The night a moment belongs to: the venue's local date, minus a day before the cutoff."""
    local = moment.astimezone(zone)
    return local.date() - timedelta(days=1) if local.time() < cutoff else local.date()


def format_utc(moment: datetime) -> str:
    """RFC 3339 with milliseconds and Z, the one form in which times are stored."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_utc(text: str) -> datetime:
    """The inverse of `format_utc`; raises ValueError on anything that is not ISO 8601 with an offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset")
    return moment.astimezone(UTC)
