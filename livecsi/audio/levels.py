"""How loud an input is, measured on the way: what a person at the desk needs to set it right.

Levels are in dBFS, where 0 is as loud as a sample can be; silence is `SILENCE_DBFS`. All of it is about the last second
of audio, however long ago that was.
"""

from collections import deque
from dataclasses import dataclass
from math import inf, log10

import numpy as np

from livecsi.audio.wire import Heard

SILENCE_DBFS = -120.0
CLIPPED_FRACTION = 0.001
"""A second with more samples than this at full scale was clipped."""


@dataclass(frozen=True, slots=True)
class InputLevels:
    """The last second."""

    level_dbfs: float = SILENCE_DBFS
    """Root mean square, without the constant part."""
    peak_dbfs: float = SILENCE_DBFS
    clipped_fraction: float = 0.0
    """Share of samples at full scale in any channel."""
    dc_offset: float = 0.0
    """Mean of the samples; a sound interface in order is within 0.01 of zero."""
    zeros_seconds: float = 0.0
    """How long nothing but digital zeros has come, which no cable and no microphone gives."""
    unclipped_seconds: float = inf
    """How long ago a second was clipped."""


@dataclass(frozen=True, slots=True)
class _Part:
    frames: int
    total: float
    total_of_squares: float
    peak: float
    clipped_frames: int


class LevelMeter:
    """Is told of all audio of one input, and remembers a second."""

    def __init__(self, rate_hertz: int) -> None:
        self._rate_hertz = rate_hertz
        self._parts: deque[_Part] = deque()
        self._frames = 0
        self._zero_frames = 0
        self._unclipped_frames = inf

    def feed(self, message: Heard) -> None:
        """Take in one piece."""
        frames = len(message.samples)
        wide = message.samples.astype(np.float64)
        self._zero_frames = 0 if message.peak else self._zero_frames + frames
        self._parts.append(_Part(frames, float(wide.sum()), float(wide @ wide), message.peak, message.clipped_frames))
        self._frames += frames
        while self._frames - self._parts[0].frames >= self._rate_hertz:
            self._frames -= self._parts.popleft().frames
        self._unclipped_frames = 0 if self._clipped_fraction > CLIPPED_FRACTION else self._unclipped_frames + frames

    def levels(self) -> InputLevels:
        """What the last second was like."""
        if not self._frames:
            return InputLevels()
        mean = sum(part.total for part in self._parts) / self._frames
        power = sum(part.total_of_squares for part in self._parts) / self._frames - mean**2
        return InputLevels(
            level_dbfs=decibels(max(0.0, power) ** 0.5),
            peak_dbfs=decibels(max(part.peak for part in self._parts)),
            clipped_fraction=self._clipped_fraction,
            dc_offset=mean,
            zeros_seconds=self._zero_frames / self._rate_hertz,
            unclipped_seconds=self._unclipped_frames / self._rate_hertz,
        )

    @property
    def _clipped_fraction(self) -> float:
        return sum(part.clipped_frames for part in self._parts) / self._frames


def decibels(amplitude: float) -> float:
    """An amplitude, 1 at full scale, as dBFS."""
    return max(SILENCE_DBFS, 20.0 * log10(amplitude)) if amplitude > 0.0 else SILENCE_DBFS
