"""Studio songs as everything that compares sees them."""

from dataclasses import dataclass
from typing import Any

BACKGROUND = -1


@dataclass(frozen=True, slots=True)
class Reference:
    """A studio song as the matcher sees it; `recording_id` is `BACKGROUND` for songs nobody plays.

    `sequences` is what its system encoded; `impostor_mean` is the mean of its ten best scores against songs it is not.
    """

    recording_id: int
    work_id: int
    sequences: Any
    impostor_mean: float = 0.0

    @property
    def is_background(self) -> bool:
        return self.recording_id == BACKGROUND
