"""What every origin of audio looks like to the rest of the house.

A microphone, a file and a script in a test are read in exactly the same way, so a replayed concert takes the live
path. A source yields contiguous pieces: each begins where the one before ended, and what is missing is a `Gap`.
"""

from collections.abc import Iterator
from types import TracebackType
from typing import Protocol, Self

from livecsi.types import Block, Gap


class Source(Protocol):
    """Opened as a context manager, then iterated once; all blocks are mono float32 at 22,050 Hz."""

    @property
    def name(self) -> str:
        """What a person would call it."""

    @property
    def duration_seconds(self) -> float | None:
        """How long it will last as far as it knows, or None for a microphone."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def __iter__(self) -> Iterator[Block | Gap]: ...
