"""One datum's walk: blocks into the ring, frames out of it, windows over the frames, names for the windows.

    Source -> Ring -> FrameStream -> window -> Listener -> Hearing

A recording and a microphone take exactly this path. Whatever the size of the blocks, the windows are the same.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.ring import Ring
from livecsi.audio.source import Source
from livecsi.audio.window import FrameRange, WindowPlan
from livecsi.features.stream import FrameStream
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.listener import HeardWindow, Hearing, Listener, Timed, untimed
from livecsi.service.memory import FrameMemory, Memory
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Frames, Gap, Levels, Performance, Samples

Progress = Callable[[float], None]


class Pipeline:
    """Listens to one source from beginning to end; `hearing()` may be asked at any time."""

    def __init__(
        self,
        ear: Ear,
        identifier: Identifier,
        memory: Memory | None = None,
        first_frame: int = 0,
        timed: Timed = untimed,
    ) -> None:
        """`first_frame` is where a session that was broken off goes on; `recall` then tells what came just before."""
        listening, features = ear.settings.listening, ear.system.features
        self.plan = WindowPlan.from_settings(listening, features.frame_samples)
        self.gaps: list[Gap] = []
        self._memory = FrameMemory() if memory is None else memory
        self.listener = Listener(ear, identifier, self.plan, self._memory, timed)
        self._timed = timed
        self._first_sample = first_frame * features.frame_samples
        self._ring = Ring(int(listening.ring_seconds * SAMPLE_RATE_HERTZ), self._first_sample)
        kept_frames = 2 * self.plan.window_frames + self.plan.hop_frames
        self._stream = FrameStream(features, self._ring.read, kept_frames, first_frame)
        self._scored = len(self.plan.due(first_frame, 0))

    @property
    def last_sample(self) -> int:
        """One past the newest sample of the session."""
        return self._ring.last_sample

    @property
    def oldest_sample(self) -> int:
        """The oldest sample still in memory; after an interruption nothing before it is."""
        return max(self._first_sample, self._ring.first_sample)

    @property
    def duration_seconds(self) -> float:
        return self._ring.last_sample / SAMPLE_RATE_HERTZ

    def recall(self, windows: Iterable[HeardWindow], gaps: list[Gap], magnitudes: Frames, levels_dbfs: Levels) -> None:
        """Take in what was heard before `first_frame`; the frames are the newest ones, float32 (bins, frames)."""
        for window in windows:
            self.listener.remember(window)
        self.gaps = gaps
        self._stream.recall(magnitudes, levels_dbfs)

    def listen(self, source: Source, progress: Progress = lambda _: None) -> Hearing:
        """Hear the whole source; `progress` is told the seconds heard so far."""
        for piece in source:
            self.accept(piece)
            progress(self.duration_seconds)
        return self.finish()

    def accept(self, piece: Block | Gap) -> list[HeardWindow]:
        """Take in what arrived, in portions no longer than a hop; returns every window that became due."""
        heard = []
        for part in _portions(piece, self.plan.hop_frames * self.plan.frame_samples):
            if isinstance(part, Gap):
                self._ring.write_gap(part)
                self.gaps = noted(self.gaps, part)
            else:
                self._ring.write(part)
            self._advance(self._stream.advance)
            due = self.plan.due(self._stream.available, self._scored)
            heard += [self._score(frames) for frames in due]
            self._scored += len(due)
        return heard

    def audio(self, first_sample: int, last_sample: int) -> Samples:
        """A copy of samples that are still in memory, silence where they are missing."""
        return self._ring.read(first_sample, last_sample)

    def finish(self) -> Hearing:
        """The source has ended: the last window, and the setlist."""
        self.end()
        return self.hearing()

    def end(self) -> list[HeardWindow]:
        """The source has ended: the last window, if one is missing."""
        self._advance(self._stream.finish)
        last = self.plan.final(self._stream.available)
        return [] if last is None else [self._score(last)]

    def hearing(self) -> Hearing:
        """What was heard so far."""
        heard = self.listener.hearing(self.duration_seconds, tuple(self.gaps))
        return replace(heard, performances=tuple(with_gaps(p, self.gaps) for p in heard.performances))

    def _advance(self, compute: Callable[[int], None]) -> None:
        known = self._stream.available
        with self._timed("features"):
            compute(self._ring.last_sample)
        fresh = known, self._stream.available
        if fresh[1] > known:
            self._memory.keep(self._stream.frames(*fresh), self._stream.levels_dbfs(*fresh))

    def _score(self, frames: FrameRange) -> HeardWindow:
        return self.listener.hear(
            frames, self._stream.frames(*frames), self._stream.levels_dbfs(*frames), self._is_missing(frames)
        )

    def _is_missing(self, frames: FrameRange) -> NDArray[np.bool_]:
        """Which of these frames are a gap, by more than half of their samples."""
        missing = np.zeros(frames[1] - frames[0], bool)
        for gap in self.gaps:
            first, last = (round(sample / self.plan.frame_samples) for sample in (gap.first_sample, gap.last_sample))
            missing[max(0, first - frames[0]) : max(0, last - frames[0])] = True
        return missing


def noted(gaps: list[Gap], gap: Gap) -> list[Gap]:
    """The gaps with one more; a gap that goes on is one gap, in however many pieces it was told."""
    last = gaps[-1] if gaps else None
    if last is not None and (last.last_sample, last.reason) == (gap.first_sample, gap.reason):
        return [*gaps[:-1], replace(last, last_sample=gap.last_sample)]
    return [*gaps, gap] if gap.last_sample > gap.first_sample else gaps


def with_gaps(performance: Performance, gaps: Sequence[Gap]) -> Performance:
    """The performance with the seconds that are missing in it."""
    missing = [
        min(gap.last_sample / SAMPLE_RATE_HERTZ, performance.end_seconds)
        - max(gap.first_sample / SAMPLE_RATE_HERTZ, performance.start_seconds)
        for gap in gaps
    ]
    return replace(performance, gap_seconds=round(sum(max(0.0, seconds) for seconds in missing), 3))


def _portions(piece: Block | Gap, samples: int) -> Iterator[Block | Gap]:
    """A long block or gap in pieces, so that the ring never outruns the frames taken from it."""
    length = len(piece.samples) if isinstance(piece, Block) else piece.last_sample - piece.first_sample
    for offset in range(0, length, samples):
        first = piece.first_sample + offset
        if isinstance(piece, Block):
            yield Block(first, piece.samples[offset : offset + samples])
        else:
            yield Gap(first, min(piece.last_sample, first + samples), piece.reason)
