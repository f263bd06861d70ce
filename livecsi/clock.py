"""The only reader of clocks, so that a recorded concert takes exactly the live path.

Durations are counted in samples; wall time is an anchor put beside sample 0. A `Clock` gives UTC and a monotonic
reading, which means something within one boot; an `Anchor` turns seconds of a session into wall time; a `StepWatch`
notices when somebody sets the wall clock.
"""

import ctypes
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

SMALLEST_STEP_SECONDS = 1.0
"""NTP slews what is less; a wall clock that runs fast or slow by so little changes no line."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
UNSYNCHRONISED = 5
"""What adjtimex(2) returns while nobody disciplines the clock (TIME_ERROR)."""


class Clock(Protocol):
    """Where the service reads the time."""

    def utc_now(self) -> datetime: ...

    def monotonic_seconds(self) -> float: ...

    def boot_id(self) -> str: ...

    def is_synchronised(self) -> bool: ...


class SystemClock:
    """The machine's own clocks."""

    def utc_now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_seconds(self) -> float:
        return time.monotonic()

    def boot_id(self) -> str:
        """Changes with every start of the machine; empty where the kernel gives none."""
        return BOOT_ID.read_text(encoding="ascii").strip() if BOOT_ID.exists() else ""

    def is_synchronised(self) -> bool:
        """Whether the kernel says that NTP disciplines the wall clock."""
        query = ctypes.create_string_buffer(512)  # struct timex, all zero: ask, change nothing
        return 0 <= ctypes.CDLL(None).adjtimex(query) < UNSYNCHRONISED


def processor_seconds() -> float:
    """What this process has cost so far, all threads together: the same however busy the machine is."""
    return time.process_time()


class StepWatch:
    """Compares the wall clock with the monotonic one."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_seconds = self._offset()

    def step_seconds(self) -> float:
        """How far the wall clock jumped since the last call, 0 when it did not."""
        now = self._offset()
        step, self._offset_seconds = now - self._offset_seconds, now
        return step if abs(step) >= SMALLEST_STEP_SECONDS else 0.0

    def _offset(self) -> float:
        return self._clock.utc_now().timestamp() - self._clock.monotonic_seconds()


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
