"""What sort of sound each frame of a session was: the mean over all windows that heard it, smoothed over time."""

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.window import FrameRange
from livecsi.features.gate import KINDS, Probabilities, segments, smooth_kinds
from livecsi.types import Segment

LONGEST_BRIDGED_SECONDS = 120.0
"""What lies on both sides of a gap up to this long went on in it: a song outlasts a cable that is plugged in again."""


class KindTimeline:
    """Grows at its end; its beginning may be forgotten when nobody asks for it any more."""

    def __init__(self) -> None:
        self._first = 0
        self._total = np.zeros((len(KINDS), 0))
        self._count = np.zeros(0)
        self._is_missing = np.zeros(0, bool)

    def add(self, frames: FrameRange, kinds: Probabilities, is_missing: NDArray[np.bool_]) -> None:
        """Take in what one window heard, (kinds, frames), and which of its frames are a gap."""
        first, last = (frame - self._first for frame in frames)
        if (short := last - len(self._count)) > 0:
            self._total = np.pad(self._total, ((0, 0), (0, short)))
            self._count = np.pad(self._count, (0, short))
            self._is_missing = np.pad(self._is_missing, (0, short))
        begin = max(0, first)
        self._total[:, begin:last] += kinds[:, begin - first :]
        self._count[begin:last] += 1
        self._is_missing[begin:last] = is_missing[begin - first :]

    def forget(self, before_frame: int) -> None:
        """Drop what lies before a frame."""
        drop = min(max(0, before_frame - self._first), len(self._count))
        self._first += drop
        self._total, self._count = self._total[:, drop:].copy(), self._count[drop:].copy()
        self._is_missing = self._is_missing[drop:].copy()

    def segments(self, frame_seconds: float) -> list[Segment]:
        """Runs of one kind, in seconds since the session began."""
        if not len(self._count):
            return []
        mean = self._total / np.maximum(self._count, 1)
        mean[:, self._bridged(LONGEST_BRIDGED_SECONDS / frame_seconds)] = 1 / len(KINDS)
        return segments(smooth_kinds(mean.astype(np.float32)), frame_seconds, self._first)

    def _bridged(self, longest_frames: float) -> NDArray[np.bool_]:
        """Frames of the short gaps that have sound on both sides."""
        edges = np.flatnonzero(np.diff(self._is_missing.astype(np.int8), prepend=0, append=0))
        bridged = np.zeros(len(self._is_missing), bool)
        for first, last in zip(edges[::2], edges[1::2], strict=True):
            bridged[first:last] = first > 0 and last < len(bridged) and last - first <= longest_frames
        return bridged
