"""Collects what a live source gives, in a thread, with the time at which each piece came."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import numpy as np

from livecsi.audio.live import CaptureStatus, LiveSource
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap

PATIENCE_SECONDS = 15.0


class Recorder:
    """Records from entering to leaving; checks that the pieces are contiguous from sample 0."""

    def __init__(self, source: LiveSource) -> None:
        self.source = source
        self.pieces: list[Block | Gap] = []
        self.began_seconds = 0.0
        self._thread = threading.Thread(target=self._record)

    def __enter__(self) -> Self:
        self.began_seconds = time.monotonic()
        self.source.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.source.stop()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive(), "the source does not stop"
        self.source.__exit__(kind, error, traceback)

    def _record(self) -> None:
        position = 0
        for piece in self.source:
            assert piece.first_sample == position, f"expected sample {position}, got {piece.first_sample}"
            assert isinstance(piece, Gap) or 0 < len(piece.samples) <= SAMPLE_RATE_HERTZ // 2
            position = piece.last_sample
            self.pieces.append(piece)

    @property
    def seconds(self) -> float:
        """How much time the pieces cover."""
        return self.pieces[-1].last_sample / SAMPLE_RATE_HERTZ if self.pieces else 0.0

    @property
    def samples(self) -> np.ndarray:
        """Everything, zeros in the gaps."""
        whole = np.zeros(self.pieces[-1].last_sample, dtype=np.float32)
        for piece in self.pieces:
            if isinstance(piece, Block):
                whole[piece.first_sample : piece.last_sample] = piece.samples
        return whole

    def gaps(self) -> list[tuple[float, float, str]]:
        """Start, end and reason, joined where one goes on in the next."""
        joined: list[tuple[float, float, str]] = []
        for gap in (piece for piece in self.pieces if isinstance(piece, Gap)):
            first, last = gap.first_sample / SAMPLE_RATE_HERTZ, gap.last_sample / SAMPLE_RATE_HERTZ
            if joined and joined[-1][1] == first and joined[-1][2] == gap.reason:
                joined[-1] = (joined[-1][0], last, gap.reason)
            else:
                joined.append((first, last, gap.reason))
        return joined

    def wait_for(self, happened: Callable[[CaptureStatus], bool], within_seconds: float = PATIENCE_SECONDS) -> float:
        """How long it took until the status was as wanted."""
        began = time.monotonic()
        while not happened(self.source.status):
            assert time.monotonic() - began < within_seconds, self.source.status
            assert self._thread.is_alive(), "the recording ended"
            time.sleep(0.01)
        return time.monotonic() - began
