"""Frames of a stream as it arrives, each computed once: the same columns `constant_q` gives for the whole recording."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from livecsi.features.cqt import ConstantQSpec, constant_q_frame
from livecsi.types import Frames, Levels, Samples

SILENCE_DBFS = -120.0


class FrameStream:
    """The newest `capacity_frames` frames with their level, addressed by frames since the stream began.

    `read(first_sample, last_sample)` gives samples, zeros before the first and, once ended, after the last one.
    """

    def __init__(
        self, spec: ConstantQSpec, read: Callable[[int, int], Samples], capacity_frames: int, first_frame: int = 0
    ) -> None:
        self.spec = spec
        self._read = read
        self._capacity = capacity_frames
        self._frames = np.zeros((spec.bins, capacity_frames), np.float32)
        self._levels = np.full(capacity_frames, SILENCE_DBFS, np.float32)
        self.available = first_frame

    def advance(self, samples_written: int) -> None:
        """Compute every frame that no later sample can change."""
        for frame in range(self.available, self.spec.complete_frames(samples_written)):
            first = frame * self.spec.frame_samples
            samples = self._read(first - self.spec.context_samples, first + self.spec.lookahead_samples)
            self._store(frame, samples)

    def recall(self, magnitudes: Frames, levels_dbfs: Levels) -> None:
        """Take in the frames just before the first one, computed before a restart; older than the capacity is left."""
        count = min(magnitudes.shape[1], self._capacity, self.available)
        slots = np.arange(self.available - count, self.available) % self._capacity
        self._frames[:, slots] = magnitudes[:, magnitudes.shape[1] - count :]
        self._levels[slots] = levels_dbfs[len(levels_dbfs) - count :]

    def finish(self, samples_written: int) -> None:
        """Compute the last frames of a recording, silence following its end."""
        self.advance(samples_written)
        for frame in range(self.available, self.spec.frame_count(samples_written)):
            first = frame * self.spec.frame_samples - self.spec.context_samples
            samples = self._read(first, samples_written)
            width = self.spec.context_samples + self.spec.lookahead_samples
            self._store(frame, np.pad(samples, (0, max(0, width - len(samples))))[:width])

    def frames(self, first_frame: int, last_frame: int) -> Frames:
        """Magnitudes of these frames, (bins, last - first); raises LookupError when they are gone or not yet there."""
        return np.asarray(self._frames[:, self._slots(first_frame, last_frame)])

    def levels_dbfs(self, first_frame: int, last_frame: int) -> Levels:
        """Levels of these frames; raises LookupError like `frames`."""
        return np.asarray(self._levels[self._slots(first_frame, last_frame)])

    def _slots(self, first_frame: int, last_frame: int) -> NDArray[np.int64]:
        oldest = max(0, self.available - self._capacity)
        if first_frame < oldest or last_frame > self.available:
            raise LookupError(f"frames {first_frame}..{last_frame} asked, {oldest}..{self.available} kept")
        return np.arange(first_frame, last_frame) % self._capacity

    def _store(self, frame: int, samples: Samples) -> None:
        slot = frame % self._capacity
        self._frames[:, slot] = constant_q_frame(self.spec, samples)
        own = samples[self.spec.context_samples : self.spec.context_samples + self.spec.frame_samples]
        power = float(np.mean(np.square(own, dtype=np.float64)))
        self._levels[slot] = max(SILENCE_DBFS, 10 * np.log10(power + 1e-12))
        self.available = frame + 1
