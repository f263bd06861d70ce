"""From frames to a hearing: windows are scored one by one, the night is followed, performances are heard again.

    frames of a window -> gate -> encoder -> matcher -> ScoredWindow;  all windows -> follow -> Performance

Knows nothing of where frames come from, so that a benchmark can feed it with frames that never were audio.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.window import FrameRange, WindowPlan
from livecsi.features.gate import KINDS, MUSIC, segments, smooth_kinds, with_silence, without_hum
from livecsi.identify.encoder import MINIMUM_FRAMES
from livecsi.identify.sequences import Sequences
from livecsi.identify.setlist import follow
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.types import SAMPLE_RATE_HERTZ, Candidate, Frames, Gap, Performance, ScoredWindow, Segment

Identify = Callable[[Sequences, int], tuple[Candidate, ...]]

LEAST_MUSIC = 0.15
LONGEST_STRETCH_FRAMES = 800


@dataclass(frozen=True, slots=True)
class Hearing:
    """Everything that was heard in one session, in seconds since it began."""

    windows: tuple[ScoredWindow, ...]
    segments: tuple[Segment, ...]
    gaps: tuple[Gap, ...]
    performances: tuple[Performance, ...]
    duration_seconds: float

    def coverage(self) -> dict[str, float]:
        """Seconds listened, missing, of each kind of sound, and of named and unnamed performances."""
        kinds = {
            f"{kind}_seconds": sum(s.duration_seconds for s in self.segments if s.kind is kind) for kind in KINDS[1:]
        }
        music = sum(s.duration_seconds for s in self.segments if s.kind.is_music)
        named = sum(p.duration_seconds for p in self.performances if p.best is not None)
        unknown = sum(p.duration_seconds for p in self.performances if p.best is None)
        missing = sum(g.last_sample - g.first_sample for g in self.gaps) / SAMPLE_RATE_HERTZ
        figures = {
            "listened_seconds": self.duration_seconds,
            "gap_seconds": missing,
            "music_seconds": music,
            "identified_seconds": named,
            "unknown_seconds": unknown,
            **kinds,
        }
        return {name: round(value, 3) for name, value in figures.items()}


class KindTimeline:
    """What sort of sound each frame of the session was: the mean over all windows that heard it."""

    def __init__(self) -> None:
        self._total = np.zeros((len(KINDS), 0))
        self._count = np.zeros(0)

    def add(self, frames: FrameRange, probabilities: NDArray[np.float32]) -> None:
        first, last = frames
        missing = last - len(self._count)
        if missing > 0:
            self._total = np.pad(self._total, ((0, 0), (0, missing)))
            self._count = np.pad(self._count, (0, missing))
        self._total[:, first:last] += probabilities
        self._count[first:last] += 1

    def segments(self, frame_seconds: float) -> list[Segment]:
        if not len(self._count):
            return []
        mean = self._total / np.maximum(self._count, 1)
        return segments(smooth_kinds(mean.astype(np.float32)), frame_seconds)


class FrameMemory:
    """Every frame of the session once, coarsely (float16, 2 MB an hour), so that a performance can be heard again."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float16]] = []
        self._kept = 0

    def keep(self, frames: FrameRange, magnitudes: Frames) -> None:
        """Keep those of the window's frames that are new."""
        fresh = frames[1] - self._kept
        if fresh > 0:
            self._parts.append(magnitudes[:, -fresh:].astype(np.float16))
            self._kept = frames[1]

    def frames(self, first_frame: int, last_frame: int) -> Frames:
        if not self._parts:
            return np.zeros((0, 0), np.float32)
        self._parts = [np.concatenate(self._parts, 1)]
        return self._parts[0][:, first_frame:last_frame].astype(np.float32)


class Listener:
    """Scores windows in the order they come; `hearing` may be asked at any time."""

    def __init__(self, ear: Ear, identifier: Identifier, plan: WindowPlan) -> None:
        self._ear, self._identifier, self._plan = ear, identifier, plan
        self._tracking = ear.settings.tracking
        self._timeline = KindTimeline()
        self._memory = FrameMemory()
        self._windows: list[ScoredWindow] = []

    def hear(
        self, frames: FrameRange, magnitudes: Frames, levels_dbfs: NDArray[np.float32], gap_fraction: float = 0.0
    ) -> None:
        """Score one window: its frames since the session began, their magnitudes and levels."""
        self._memory.keep(frames, magnitudes)
        kinds = without_hum(with_silence(self._ear.sound_kinds(magnitudes), levels_dbfs), magnitudes)
        self._timeline.add(frames, kinds)
        music = float(kinds[MUSIC].mean())
        candidates = self._candidates(magnitudes, self._identifier.identify) if music >= LEAST_MUSIC else ()
        start_seconds, end_seconds = self._plan.seconds(frames)
        self._windows.append(ScoredWindow(start_seconds, end_seconds, music, gap_fraction, candidates))

    def hearing(self, duration_seconds: float, gaps: tuple[Gap, ...] = ()) -> Hearing:
        """What was heard so far; gaps are for the record."""
        found = self._timeline.segments(self._plan.frame_seconds)
        performances = follow(self._windows, found, duration_seconds, self._tracking, self._listen_again)
        return Hearing(tuple(self._windows), tuple(found), gaps, tuple(performances), duration_seconds)

    def _listen_again(self, start_seconds: float, end_seconds: float) -> tuple[Candidate, ...]:
        """Compare one stretch of the session, its middle when it is long, with the catalogue."""
        start_frame, end_frame = (round(s / self._plan.frame_seconds) for s in (start_seconds, end_seconds))
        spare = max(0, end_frame - start_frame - LONGEST_STRETCH_FRAMES)
        magnitudes = self._memory.frames(start_frame + spare // 2, end_frame - (spare + 1) // 2)
        return self._candidates(magnitudes, self._identifier.identify_whole)

    def _candidates(self, magnitudes: Frames, identify: Identify) -> tuple[Candidate, ...]:
        if magnitudes.shape[1] < MINIMUM_FRAMES:
            return ()
        return identify(self._ear.encoder.encode(magnitudes), self._tracking.shortlist)
