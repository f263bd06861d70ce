"""Hand-written stand-ins for the protocols of the house; nothing here patches a library."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Samples


class FakeSource:
    """A microphone that plays a script of blocks and gaps, and remembers whether it was opened and closed."""

    def __init__(self, pieces: Iterable[Block | Gap], name: str = "fake microphone") -> None:
        self.name = name
        self.duration_seconds: float | None = None
        self.opened = 0
        self.closed = 0
        self._pieces = list(pieces)

    def __enter__(self) -> Self:
        self.opened += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closed += 1

    def __iter__(self) -> Iterator[Block | Gap]:
        return iter(self._pieces)


class FakeClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = datetime(2024, 5, 1, 20, 0, tzinfo=UTC)) -> None:
        self._now = now
        self._monotonic_seconds = 0.0
        self.boot = "one boot"
        self.synchronised = True

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic_seconds += seconds

    def step_wall(self, seconds: float) -> None:
        """What NTP or a person does to the wall clock; no time passes."""
        self._now += timedelta(seconds=seconds)

    def utc_now(self) -> datetime:
        return self._now

    def monotonic_seconds(self) -> float:
        return self._monotonic_seconds

    def boot_id(self) -> str:
        return self.boot

    def is_synchronised(self) -> bool:
        return self.synchronised


def cut(samples: Samples, chunk_samples: int) -> list[Block | Gap]:
    """Contiguous blocks of one length, the last one shorter, as a sound card would deliver them."""
    return [Block(begin, samples[begin : begin + chunk_samples]) for begin in range(0, len(samples), chunk_samples)]


def seconds(samples: int) -> float:
    return samples / SAMPLE_RATE_HERTZ
