"""Puts what arrives and what does not on one time line of samples, without a second between them unaccounted for.

While audio flows, samples are counted; only across a loss is the monotonic clock asked how long it lasted. A stretch
of audio without a loss is a run: it has one resampler, so its length is exact, and it begins where the clock or the
count of lost frames says.
"""

from collections.abc import Generator, Iterator
from enum import StrEnum

import numpy as np
import soxr

from livecsi.audio.wire import Heard
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Samples

LONGEST_BLOCK_SAMPLES = SAMPLE_RATE_HERTZ // 2
SETTLED_SECONDS = 0.5
"""Audio that is heard now can still arrive this much later, so a gap is not filled up to this very moment."""
MOST_REPEATED_SAMPLES = 15 * SAMPLE_RATE_HERTZ
"""A stream may repeat its last seconds to those who come back; no more than this is taken for a repetition."""
STEADY_SECONDS = 4.0
HOLE_SECONDS = 0.25


class Loss(StrEnum):
    """Why audio is missing: the `reason` of every gap of live audio."""

    WAITING = "waiting"
    """The input is not there yet."""
    DEVICE_LOST = "device_lost"
    """The input went away."""
    STALLED = "stalled"
    """The input was there and delivered nothing, or the child hung."""
    CHILD_DIED = "child_died"
    OVERFLOW = "overflow"
    """We were too slow to take what came."""


class _Run:
    """Audio of one opening of the input: frames are counted through its losses, so that no rounding adds up."""

    def __init__(self, first_sample: int, rate_hertz: int) -> None:
        self._first_sample = first_sample
        self._rate_hertz = rate_hertz
        self._frames = 0
        self._resampler = self._new_resampler()

    def resample(self, samples: Samples) -> Samples:
        self._frames += len(samples)
        return samples if self._rate_hertz == SAMPLE_RATE_HERTZ else self._resampler.resample_chunk(samples)

    def flush(self) -> Samples:
        """What the resampler still holds."""
        rest: Samples = self._resampler.resample_chunk(np.zeros(0, dtype=np.float32), last=True)
        return rest

    def skip(self, frames: int) -> None:
        """So many frames are missing here; what follows is resampled for itself."""
        self._frames += frames
        self._resampler = self._new_resampler()

    @property
    def last_sample(self) -> int:
        """Where it ends once it is flushed; halves are rounded up, as the resampler does."""
        return self._first_sample + (2 * self._frames * SAMPLE_RATE_HERTZ + self._rate_hertz) // (2 * self._rate_hertz)

    def _new_resampler(self) -> soxr.ResampleStream:
        return soxr.ResampleStream(self._rate_hertz, SAMPLE_RATE_HERTZ, 1, dtype="float32", quality="HQ")


class Lateness:
    """Finds holes that nobody reported: stamps that are later than the samples before them, and stay so.

    A busy machine is late and catches up; after a hole even the earliest stamp of several seconds is late.
    """

    def __init__(self) -> None:
        self._origin_seconds: float | None = None
        self._counted_seconds = 0.0
        self._since_seconds = 0.0
        self._earliest = float("inf")
        self._before = float("inf")

    def hole_seconds(self, stamp_seconds: float, lost_seconds: float, duration_seconds: float) -> float:
        """How much is missing for certain before a piece of audio of this duration, beyond what it says is lost."""
        if self._origin_seconds is None:
            self._origin_seconds = stamp_seconds
        self._counted_seconds += lost_seconds
        late = stamp_seconds - self._origin_seconds - self._counted_seconds
        self._earliest = min(self._earliest, late)
        self._counted_seconds += duration_seconds
        self._since_seconds += lost_seconds + duration_seconds
        return self._close_window() if self._since_seconds >= STEADY_SECONDS else 0.0

    def _close_window(self) -> float:
        grown = self._earliest - self._before
        self._before, self._earliest, self._since_seconds = self._earliest, float("inf"), 0.0
        if grown < HOLE_SECONDS:
            return 0.0
        self._before -= grown
        self._counted_seconds += grown
        return grown


class Splicer:
    """Turns messages into contiguous pieces; `position` is the next sample, which the clock called `begin_seconds`.

    Without `begin_seconds` time is only counted: what the writer waits with is not missing.
    """

    def __init__(self, begin_seconds: float | None) -> None:
        self.position = 0
        self._follows_clock = begin_seconds is not None
        self._anchor = (0, begin_seconds or 0.0)
        self._rate_hertz = SAMPLE_RATE_HERTZ
        self._run: _Run | None = None
        self._lateness = Lateness()
        self._unwanted = 0

    def opened(self, rate_hertz: int) -> None:
        """An input begins to deliver at this rate."""
        self._rate_hertz = rate_hertz

    def heard(self, message: Heard, reason: Loss) -> Iterator[Block | Gap]:
        """Audio; `reason` is why it was missing, if it was."""
        run = self._run
        if run is None:
            run = self._run = yield from self._begin_run(message.stamp_seconds, reason)
        else:
            yield from self._skip(run, message.lost_frames, Loss.OVERFLOW)
        if self._follows_clock:
            yield from self._skip(run, self._hole_frames(message), Loss.STALLED)
        yield from self._blocks(run.resample(message.samples))
        self._anchor = (run.last_sample, message.stamp_seconds + len(message.samples) / self._rate_hertz)

    def lost(self) -> Iterator[Block]:
        """The input is gone: what the resampler still holds comes out."""
        if self._run is not None:
            yield from self._blocks(self._run.flush())
            self._run = None

    def missing(self, now_seconds: float, reason: Loss) -> Iterator[Gap]:
        """Nothing came up to now."""
        if self._run is None and self._follows_clock:
            yield from self._advance(self._sample_at(now_seconds - SETTLED_SECONDS), reason)

    def _begin_run(self, stamp_seconds: float, reason: Loss) -> Generator[Gap, None, _Run]:
        first_sample = self._sample_at(stamp_seconds) if self._follows_clock else self.position
        first_sample = max(first_sample, self.position - MOST_REPEATED_SAMPLES)
        yield from self._go_on_at(first_sample, reason)
        self._lateness = Lateness()
        return _Run(first_sample, self._rate_hertz)

    def _hole_frames(self, message: Heard) -> int:
        """What shows only in the stamps, a few seconds after it happened."""
        rate = self._rate_hertz
        lost_seconds, duration_seconds = message.lost_frames / rate, len(message.samples) / rate
        return round(self._lateness.hole_seconds(message.stamp_seconds, lost_seconds, duration_seconds) * rate)

    def _skip(self, run: _Run, frames: int, reason: Loss) -> Iterator[Block | Gap]:
        """Leave so many frames out of a run."""
        if not frames:
            return
        yield from self._blocks(run.flush())
        run.skip(frames)
        yield from self._go_on_at(run.last_sample, reason)

    def _sample_at(self, seconds: float) -> int:
        sample, at_seconds = self._anchor
        return sample + round((seconds - at_seconds) * SAMPLE_RATE_HERTZ)

    def _go_on_at(self, sample: int, reason: Loss) -> Iterator[Gap]:
        yield from self._advance(sample, reason)
        self._unwanted = self.position - sample  # delivered before, or already given up as missing

    def _advance(self, sample: int, reason: Loss) -> Iterator[Gap]:
        if sample > self.position:
            yield Gap(self.position, sample, str(reason))
            self.position = sample

    def _blocks(self, samples: Samples) -> Iterator[Block]:
        dropped = min(self._unwanted, len(samples))
        self._unwanted -= dropped
        for begin in range(dropped, len(samples), LONGEST_BLOCK_SAMPLES):
            block = Block(self.position, samples[begin : begin + LONGEST_BLOCK_SAMPLES])
            block.samples.setflags(write=False)
            self.position = block.last_sample
            yield block
