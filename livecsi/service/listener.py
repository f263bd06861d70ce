"""From frames to a hearing: windows are scored one by one, the night is followed, performances are heard again.

    frames of a window -> gate -> encoder -> matcher -> ScoredWindow;  all windows -> follow -> Performance

Knows nothing of where frames come from, and nothing of where they are kept.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.window import FrameRange, WindowPlan
from livecsi.features.gate import KINDS, MUSIC, Probabilities, with_silence, without_hum
from livecsi.identify.performances import Stretch
from livecsi.identify.setlist import follow, worth_following
from livecsi.identify.support import supported
from livecsi.identify.systems.system import Encoded
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.memory import Memory
from livecsi.service.sound_kinds import KindTimeline
from livecsi.types import SAMPLE_RATE_HERTZ, Candidate, Frames, Gap, Levels, Performance, ScoredWindow, Segment

Identify = Callable[[Encoded, int], tuple[Candidate, ...]]
Timed = Callable[[Literal["features", "encode", "match"]], AbstractContextManager[object]]
"""Times a stage."""

LEAST_MUSIC = 0.15
LONGEST_STRETCH_FRAMES = 800
ANSWERS = 10
"""Candidates of a whole performance that are kept: its name, alternatives, and some to spare; a night has hundreds."""
REMEMBERED_ANSWERS = 64
"""Stretches whose answer is not computed again while the edges of the last minutes move to and fro."""


def untimed(_: str) -> AbstractContextManager[object]:
    """For whoever does not want to know how long a stage takes."""
    return nullcontext()


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


@dataclass(frozen=True, slots=True)
class HeardWindow:
    """One window as it was heard: its frames, what it scored, the sort of sound and the gaps in each frame."""

    frames: FrameRange
    scored: ScoredWindow
    kinds: Probabilities
    is_missing: NDArray[np.bool_]


class Listener:
    """Scores windows in the order they come; `hearing` may be asked at any time."""

    def __init__(
        self, ear: Ear, identifier: Identifier, plan: WindowPlan, memory: Memory, timed: Timed = untimed
    ) -> None:
        self.plan = plan
        self._timed = timed
        self._ear, self._identifier, self._memory = ear, identifier, memory
        self._tracking = ear.settings.tracking
        self._timeline = KindTimeline()
        self._windows: list[ScoredWindow] = []
        self._heard_again: OrderedDict[FrameRange, tuple[Candidate, ...]] = OrderedDict()
        self._answers: Mapping[Stretch, tuple[Candidate, ...]] = {}

    def hear(
        self,
        frames: FrameRange,
        magnitudes: Frames,
        levels_dbfs: Levels,
        is_missing: NDArray[np.bool_],
    ) -> HeardWindow:
        """Score one window: its frames since the session began, their magnitudes and levels, and which are a gap."""
        kinds = without_hum(with_silence(self._ear.sound_kinds(magnitudes), levels_dbfs), magnitudes)
        music = float(kinds[MUSIC].mean())
        candidates = self._candidates(magnitudes, self._identifier.identify) if music >= LEAST_MUSIC else ()
        scored = ScoredWindow(*self.plan.seconds(frames), music, float(is_missing.mean()), worth_following(candidates))
        window = HeardWindow(frames, scored, kinds, is_missing)
        self.remember(window)
        return window

    def remember(self, window: HeardWindow) -> None:
        """Take in a window that was heard, now or before a restart."""
        self._timeline.add(window.frames, window.kinds, window.is_missing)
        self._windows.append(self._without_lost_songs(window.scored))

    def known(self, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
        """Those that are still in the catalogue."""
        return tuple(candidate for candidate in candidates if self._identifier.knows(candidate))

    def hearing(self, duration_seconds: float, gaps: tuple[Gap, ...] = ()) -> Hearing:
        """What was heard so far; gaps are for the record."""
        found = self.segments()
        performances = follow(self._windows, found, duration_seconds, self._tracking, self.listen_again)
        return Hearing(tuple(self._windows), tuple(found), gaps, tuple(performances), duration_seconds)

    def segments(self) -> list[Segment]:
        """The sorts of sound since the session began, or since what was forgotten."""
        return self._timeline.segments(self.plan.frame_seconds)

    def windows(self) -> Sequence[ScoredWindow]:
        """All windows that are not forgotten, in the order they came."""
        return self._windows

    def forget(self, before_seconds: float) -> None:
        """Drop the windows and kinds before a moment; frames stay in the memory."""
        self._windows = [window for window in self._windows if window.end_seconds > before_seconds]
        self._timeline.forget(int(before_seconds / self.plan.frame_seconds))

    def anew(self, windows: Iterable[HeardWindow], answers: Mapping[Stretch, tuple[Candidate, ...]]) -> "Listener":
        """A listener that has heard these windows, with the same memory and catalogue, and knows these answers."""
        other = Listener(self._ear, self._identifier, self.plan, self._memory, self._timed)
        other._heard_again, other._answers = self._heard_again, answers
        for window in windows:
            other.remember(window)
        return other

    def exchange(self, identifier: Identifier) -> None:
        """Ask another catalogue from now on; whole performances are heard anew, windows forget the songs that left."""
        self._identifier = identifier
        self._heard_again.clear()
        self._answers = {}
        self._windows = [self._without_lost_songs(window) for window in self._windows]

    def listen_again(self, start_seconds: float, end_seconds: float) -> tuple[Candidate, ...]:
        """Compare one stretch of the session as a whole with the catalogue, its windows weighed in."""
        if (start_seconds, end_seconds) in self._answers:
            return self._answers[start_seconds, end_seconds]
        whole = self.hear_whole(start_seconds, end_seconds)
        return supported(whole, self._windows, start_seconds, end_seconds)

    def hear_whole(self, start_seconds: float, end_seconds: float) -> tuple[Candidate, ...]:
        """The stretch compared, its middle when it is long; what was asked lately is remembered."""
        start_frame, end_frame = (round(s / self.plan.frame_seconds) for s in (start_seconds, end_seconds))
        spare = max(0, end_frame - start_frame - LONGEST_STRETCH_FRAMES)
        stretch = start_frame + spare // 2, end_frame - (spare + 1) // 2
        if stretch not in self._heard_again:
            magnitudes = self._memory.frames(*stretch)
            self._heard_again[stretch] = self._candidates(magnitudes, self._identifier.identify_whole)[:ANSWERS]
        self._heard_again.move_to_end(stretch)
        if len(self._heard_again) > REMEMBERED_ANSWERS:
            self._heard_again.popitem(last=False)
        return self._heard_again[stretch]

    def _without_lost_songs(self, window: ScoredWindow) -> ScoredWindow:
        kept = self.known(window.candidates)
        return window if len(kept) == len(window.candidates) else replace(window, candidates=kept)

    def _candidates(self, magnitudes: Frames, identify: Identify) -> tuple[Candidate, ...]:
        if magnitudes.shape[1] < self._ear.system.minimum_frames:
            return ()
        with self._timed("encode"):
            sequences = self._ear.system.encode(magnitudes)
        with self._timed("match"):
            return identify(sequences, self._tracking.shortlist)
