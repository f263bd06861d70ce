"""One object says which frames a window covers and when it is due, so that no second copy of these numbers exists.

Everything is counted in whole feature frames since the stream began. Window k ends `k` hops after the first one,
which is due as soon as `minimum_frames` are there; windows that would begin before the stream are clipped, so the
first ones of a night are shorter and grow to full length. How the audio arrived makes no difference.
"""

from dataclasses import dataclass
from typing import Self

from livecsi.settings import ListeningSettings
from livecsi.types import SAMPLE_RATE_HERTZ

MINIMUM_SECONDS = 20.0

FrameRange = tuple[int, int]
"""First frame inclusive, last frame exclusive."""


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How the stream is cut; derive it once with `from_settings` and pass it to everybody."""

    frame_samples: int
    window_frames: int
    hop_frames: int
    minimum_frames: int

    @classmethod
    def from_settings(cls, listening: ListeningSettings, frame_samples: int) -> Self:
        """Round the settings to whole frames, at least one each."""
        return cls(
            frame_samples=frame_samples,
            window_frames=_frames(listening.window_seconds, frame_samples),
            hop_frames=_frames(listening.hop_seconds, frame_samples),
            minimum_frames=_frames(min(MINIMUM_SECONDS, listening.window_seconds), frame_samples),
        )

    @property
    def frame_seconds(self) -> float:
        return self.frame_samples / SAMPLE_RATE_HERTZ

    def due(self, frames_available: int, already: int) -> list[FrameRange]:
        """The windows that can be cut from the frames there are, after the `already` first ones."""
        count = 1 + (frames_available - self.minimum_frames) // self.hop_frames
        return [self._ending_at(self._end(index)) for index in range(already, count)]

    def final(self, frames_total: int) -> FrameRange | None:
        """The window over the very end of the stream, or None when a regular one ended exactly there."""
        beyond = frames_total - self.minimum_frames
        if frames_total <= 0 or (beyond >= 0 and beyond % self.hop_frames == 0):
            return None
        return self._ending_at(frames_total)

    def seconds(self, frames: FrameRange) -> tuple[float, float]:
        """Start and end of a window in seconds since the stream began."""
        return frames[0] * self.frame_seconds, frames[1] * self.frame_seconds

    def _end(self, index: int) -> int:
        return self.minimum_frames + index * self.hop_frames

    def _ending_at(self, last_frame: int) -> FrameRange:
        return max(0, last_frame - self.window_frames), last_frame


def _frames(seconds: float, frame_samples: int) -> int:
    return max(1, round(seconds * SAMPLE_RATE_HERTZ / frame_samples))
