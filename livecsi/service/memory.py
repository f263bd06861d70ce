"""What a session remembers of its sound: coarse frames, so that a stretch of it can be heard again; never audio.

A replay remembers in memory, a live night on disk (`journal`), because a night may be long and a machine may stop.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from livecsi.types import Frames, Levels


class Memory(Protocol):
    """Frames in the order they come, each once."""

    def keep(self, magnitudes: Frames, levels_dbfs: Levels) -> None:
        """Add the next frames, (bins, frames), and their levels."""

    def frames(self, first_frame: int, last_frame: int) -> Frames:
        """Frames that were kept, those beyond the last one left out; shape (0, 0) when there are none at all."""


class FrameMemory:
    """Every frame as float16, 2 MB an hour."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.float16]] = []

    def keep(self, magnitudes: Frames, levels_dbfs: Levels) -> None:
        self._parts.append(magnitudes.astype(np.float16))

    def frames(self, first_frame: int, last_frame: int) -> Frames:
        if not self._parts:
            return np.zeros((0, 0), np.float32)
        self._parts = [np.concatenate(self._parts, 1)]
        return self._parts[0][:, first_frame:last_frame].astype(np.float32)
