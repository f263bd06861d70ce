"""What one training example is: a studio reference, a live query, and the truth about which moments match."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.types import Frames


@dataclass(frozen=True, slots=True)
class Pair:
    """Magnitudes (72, frames) of both sides, the beat of the song at each frame (-1 outside), and how far up the
    reference must be rotated to be in the query's key."""

    reference: Frames
    query: Frames
    reference_beat: NDArray[np.int64]
    query_beat: NDArray[np.int64]
    rotation: int
