"""One datum's walk: blocks into the ring, frames out of it, windows over the frames, names for the windows.

    Source -> Ring -> FrameStream -> window -> Listener -> Hearing

A recording and a microphone take exactly this path. Whatever the size of the blocks, the windows are the same.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from livecsi.audio.ring import Ring
from livecsi.audio.source import Source
from livecsi.audio.window import FrameRange, WindowPlan
from livecsi.features.stream import FrameStream
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.listener import Hearing, Listener
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Performance

Progress = Callable[[float], None]


class Pipeline:
    """Listens to one source from beginning to end; `hearing()` may be asked at any time."""

    def __init__(self, ear: Ear, identifier: Identifier) -> None:
        listening, features = ear.settings.listening, ear.encoder.features
        self.plan = WindowPlan.from_settings(listening, features.frame_samples)
        self._listener = Listener(ear, identifier, self.plan)
        self._ring = Ring(int(listening.ring_seconds * SAMPLE_RATE_HERTZ))
        self._stream = FrameStream(features, self._ring.read, 2 * self.plan.window_frames + self.plan.hop_frames)
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
            else:
                self._ring.write(part)
            self._stream.advance(self._ring.last_sample)
            for frames in self.plan.due(self._stream.available, self._scored):
                self._score(frames)
                self._scored += 1
        if isinstance(piece, Gap):
            self._gaps.append(piece)

    def finish(self) -> Hearing:
        """The source has ended: the last window, and the setlist."""
        self._stream.finish(self._ring.last_sample)
        last = self.plan.final(self._stream.available)
        if last is not None:
            self._score(last)
        return self.hearing()

    def hearing(self) -> Hearing:
        """What was heard so far."""
        heard = self._listener.hearing(self._ring.last_sample / SAMPLE_RATE_HERTZ, tuple(self._gaps))
        return replace(heard, performances=tuple(self._with_gaps(p) for p in heard.performances))

    def _score(self, frames: FrameRange) -> None:
        start_seconds, end_seconds = self.plan.seconds(frames)
        missing = self._missing_seconds(start_seconds, end_seconds) / (end_seconds - start_seconds)
        self._listener.hear(frames, self._stream.frames(*frames), self._stream.levels_dbfs(*frames), missing)

    def _missing_seconds(self, start_seconds: float, end_seconds: float) -> float:
        first, last = int(start_seconds * SAMPLE_RATE_HERTZ), int(end_seconds * SAMPLE_RATE_HERTZ)
        return sum(g.last_sample - g.first_sample for g in self._ring.gaps_between(first, last)) / SAMPLE_RATE_HERTZ

    def _with_gaps(self, performance: Performance) -> Performance:
        missing = [
            min(gap.last_sample / SAMPLE_RATE_HERTZ, performance.end_seconds)
            - max(gap.first_sample / SAMPLE_RATE_HERTZ, performance.start_seconds)
            for gap in self._gaps
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
