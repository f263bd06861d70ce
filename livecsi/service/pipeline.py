"""One datum's walk: blocks into the ring, frames out of it, windows over the frames, names for the windows.

    Source -> Ring -> FrameStream -> window -> gate, encoder, matcher -> ScoredWindow -> follow -> Performance

A recording and a microphone take exactly this path. Whatever the size of the blocks, the windows are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.ring import Ring
from livecsi.audio.source import Source
from livecsi.audio.window import FrameRange, WindowPlan
from livecsi.features.gate import KINDS, MUSIC, segments, smooth_kinds, with_silence
from livecsi.features.stream import FrameStream
from livecsi.identify.encoder import MINIMUM_FRAMES
from livecsi.identify.setlist import follow
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Candidate, Frames, Gap, Performance, ScoredWindow, Segment

LEAST_MUSIC = 0.15
LONGEST_STRETCH_FRAMES = 800
Progress = Callable[[float], None]


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


class Pipeline:
    """Listens to one source from beginning to end; `hearing()` may be asked at any time."""

    def __init__(self, ear: Ear, identifier: Identifier) -> None:
        settings = ear.settings
        self._ear, self._identifier, self._tracking = ear, identifier, settings.tracking
        features = ear.encoder.features
        self.plan = WindowPlan.from_settings(settings.listening, features.frame_samples)
        self._ring = Ring(int(settings.listening.ring_seconds * SAMPLE_RATE_HERTZ))
        self._stream = FrameStream(features, self._ring.read, 2 * self.plan.window_frames + self.plan.hop_frames)
        self._timeline = KindTimeline()
        self._memory = FrameMemory()
        self._windows: list[ScoredWindow] = []
        self._gaps: list[Gap] = []
        self._scored = 0

    def listen(self, source: Source, progress: Progress = lambda _: None) -> Hearing:
        """Hear the whole source; `progress` is told the seconds heard so far."""
        for piece in source:
            self.accept(piece)
            progress(self._ring.last_sample / SAMPLE_RATE_HERTZ)
        return self.finish()

    def accept(self, piece: Block | Gap) -> None:
        """Take in what arrived, in portions no longer than a hop, and score every window that became due."""
        for part in _portions(piece, self.plan.hop_frames * self.plan.frame_samples):
            if isinstance(part, Gap):
                self._ring.write_gap(part)
                self._gaps.append(part)
            else:
                self._ring.write(part)
            self._stream.advance(self._ring.last_sample)
            for frames in self.plan.due(self._stream.available, self._scored):
                self._score(frames)
                self._scored += 1

    def finish(self) -> Hearing:
        """The source has ended: the last window, and the setlist."""
        self._stream.finish(self._ring.last_sample)
        last = self.plan.final(self._stream.available)
        if last is not None:
            self._score(last)
        return self.hearing()

    def hearing(self) -> Hearing:
        """What was heard so far."""
        duration = self._ring.last_sample / SAMPLE_RATE_HERTZ
        found = self._timeline.segments(self.plan.frame_seconds)
        performances = [
            self._with_gaps(performance)
            for performance in follow(self._windows, found, duration, self._tracking, self._listen_again)
        ]
        return Hearing(tuple(self._windows), tuple(found), tuple(self._gaps), tuple(performances), duration)

    def _listen_again(self, start_seconds: float, end_seconds: float) -> tuple[Candidate, ...]:
        """Compare one stretch of the session, its middle when it is long, with the catalogue."""
        start_frame, end_frame = (round(s / self.plan.frame_seconds) for s in (start_seconds, end_seconds))
        spare = max(0, end_frame - start_frame - LONGEST_STRETCH_FRAMES)
        magnitudes = self._memory.frames(start_frame + spare // 2, end_frame - (spare + 1) // 2)
        if magnitudes.shape[1] < MINIMUM_FRAMES:
            return ()
        return self._identifier.identify(self._ear.encoder.encode(magnitudes), self._tracking.shortlist)

    def _score(self, frames: FrameRange) -> None:
        magnitudes = self._stream.frames(*frames)
        self._memory.keep(frames, magnitudes)
        kinds = with_silence(self._ear.sound_kinds(magnitudes), self._stream.levels_dbfs(*frames))
        self._timeline.add(frames, kinds)
        music = float(kinds[MUSIC].mean())
        start_seconds, end_seconds = self.plan.seconds(frames)
        candidates: tuple[Candidate, ...] = ()
        if music >= LEAST_MUSIC and magnitudes.shape[1] >= MINIMUM_FRAMES:
            candidates = self._identifier.identify(self._ear.encoder.encode(magnitudes), self._tracking.shortlist)
        missing = sum(gap.last_sample - gap.first_sample for gap in self._gaps_in(start_seconds, end_seconds))
        covered = (end_seconds - start_seconds) * SAMPLE_RATE_HERTZ
        self._windows.append(ScoredWindow(start_seconds, end_seconds, music, missing / covered, candidates))

    def _gaps_in(self, start_seconds: float, end_seconds: float) -> list[Gap]:
        first, last = int(start_seconds * SAMPLE_RATE_HERTZ), int(end_seconds * SAMPLE_RATE_HERTZ)
        inside = [Gap(max(first, g.first_sample), min(last, g.last_sample), g.reason) for g in self._gaps]
        return [gap for gap in inside if gap.first_sample < gap.last_sample]

    def _with_gaps(self, performance: Performance) -> Performance:
        missing = self._gaps_in(performance.start_seconds, performance.end_seconds)
        seconds = sum(gap.last_sample - gap.first_sample for gap in missing) / SAMPLE_RATE_HERTZ
        return replace(performance, gap_seconds=round(seconds, 3))


def _portions(piece: Block | Gap, samples: int) -> Iterator[Block | Gap]:
    """A long block or gap in pieces, so that the ring never outruns the frames taken from it."""
    length = len(piece.samples) if isinstance(piece, Block) else piece.last_sample - piece.first_sample
    for offset in range(0, length, samples):
        first = piece.first_sample + offset
        if isinstance(piece, Block):
            yield Block(first, piece.samples[offset : offset + samples])
        else:
            yield Gap(first, min(piece.last_sample, first + samples), piece.reason)
