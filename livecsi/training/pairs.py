"""What one training example is: a studio reference, a live query, and the truth about which moments match."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from livecsi.training.losses import NOWHERE
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


class Truth(Protocol):
    """The part of a pair that is known before anything sounds."""

    @property
    def reference_beat(self) -> NDArray[np.int64]: ...

    @property
    def query_beat(self) -> NDArray[np.int64]: ...

    @property
    def rotation(self) -> int: ...


def stack_truth(pairs: Sequence[Truth], twins: int) -> dict[str, torch.Tensor]:
    """`query_beat` (pairs, frames), `reference_beat` (pairs + twins, frames), `rotation` (pairs,); twins nowhere."""
    nowhere = np.full(len(pairs[0].reference_beat), NOWHERE)
    columns = {
        "query_beat": [pair.query_beat for pair in pairs],
        "reference_beat": [pair.reference_beat for pair in pairs] + [nowhere] * twins,
        "rotation": [np.array(pair.rotation) for pair in pairs],
    }
    return {name: torch.from_numpy(np.stack(column)) for name, column in columns.items()}
