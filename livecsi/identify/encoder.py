"""Features to deep sequences, once per window and once per studio song."""

import numpy as np

from livecsi.errors import InputError
from livecsi.identify.sequences import CHANNELS, PITCH_CLASSES, Sequences
from livecsi.identify.sessions import ReleasedModel
from livecsi.types import Frames

MINIMUM_FRAMES = 32
FAINTEST_MAGNITUDE = 1e-9
"""What digital silence is raised to: networks divide by the mean, and one 0 / 0 would poison everything after it."""


def network_input(frames: Frames) -> Frames:
    """Magnitudes (bins, frames) as the graphs want them: (1, bins, frames), contiguous, nowhere zero."""
    return np.maximum(np.ascontiguousarray(frames[None], dtype=np.float32), np.float32(FAINTEST_MAGNITUDE))


class Encoder:
    """The encoder graph of a model."""

    def __init__(self, model: ReleasedModel, threads: int) -> None:
        self.features = model.features
        self._session = model.session("encoder", threads)

    def encode(self, frames: Frames) -> Sequences:
        """Encode magnitudes (72, frames) of any length from `MINIMUM_FRAMES` up; raises InputError below."""
        if frames.shape[1] < MINIMUM_FRAMES:
            seconds = MINIMUM_FRAMES * self.features.frame_seconds
            raise InputError(f"too short to recognise: less than {seconds:.0f} s", "use a longer recording")
        levels = self._session.run(magnitude=network_input(frames))
        fine, middle, coarse = (level.reshape(CHANNELS * PITCH_CLASSES, -1) for level in levels)
        return Sequences((fine, middle, coarse), self.features.frame_seconds)
