"""Audio on its way from the capture thread to the analysis: capture never waits, and what is lost is known exactly.

When the analysis falls behind by more than the limit, the oldest audio is overwritten and becomes a gap. A source that
can wait (a pipe) is kept waiting instead.
"""

import threading
from collections import deque

from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap

OVERRUN = "overrun"


class Inbox:
    """Pieces in order; one thread puts, one takes."""

    def __init__(self, limit_seconds: float, can_wait: bool) -> None:
        self.error: BaseException | None = None
        """Why the source ended, when it was not its own end."""
        self._limit_samples = int(limit_seconds * SAMPLE_RATE_HERTZ)
        self._can_wait = can_wait
        self._pieces: deque[Block | Gap] = deque()
        self._lost: Gap | None = None
        self._samples = 0
        self._is_closed = self._is_hurried = False
        self._changed = threading.Condition()

    @property
    def lag_seconds(self) -> float:
        """How much audio waits."""
        return self._samples / SAMPLE_RATE_HERTZ

    @property
    def has_ended(self) -> bool:
        """Nothing waits, and nothing will come."""
        with self._changed:
            return self._is_closed and not self._pieces and self._lost is None

    def put(self, piece: Block | Gap) -> None:
        """Add what arrived; waits for room only when the source can wait."""
        with self._changed:
            if self._can_wait:
                self._changed.wait_for(lambda: self._samples < self._limit_samples or self._is_hurried)
            self._pieces.append(piece)
            self._samples += _samples(piece)
            while self._samples > self._limit_samples and not self._can_wait:
                self._overwrite_oldest()
            self._changed.notify_all()

    def take(self, timeout_seconds: float) -> Block | Gap | None:
        """The oldest piece; None when none came in time, or the source has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._pieces or self._lost or self._is_closed, timeout_seconds)
            if self._lost is not None:
                lost, self._lost = self._lost, None
                return lost
            if not self._pieces:
                return None
            piece = self._pieces.popleft()
            self._samples -= _samples(piece)
            self._changed.notify_all()
            return piece

    def hurry(self) -> None:
        """The end is near: from now on nobody who puts is kept waiting."""
        with self._changed:
            self._is_hurried = True
            self._changed.notify_all()

    def give_up(self) -> None:
        """What waits is heard no more, and becomes a gap."""
        with self._changed:
            while self._pieces:
                self._overwrite_oldest()
            self._changed.notify_all()

    def close(self, error: BaseException | None = None) -> None:
        """The source has ended."""
        with self._changed:
            self.error = error
            self._is_closed = True
            self._changed.notify_all()

    def _overwrite_oldest(self) -> None:
        oldest = self._pieces.popleft()
        self._samples -= _samples(oldest)
        first = oldest.first_sample if self._lost is None else self._lost.first_sample
        self._lost = Gap(first, oldest.last_sample, OVERRUN)


def _samples(piece: Block | Gap) -> int:
    """What a piece weighs; a gap weighs nothing."""
    return len(piece.samples) if isinstance(piece, Block) else 0
