"""Multi-level deep sequences: what the encoder makes of a window or of a whole studio song, and how it is stored.

Three levels of unit columns, float32 of shape (96, moments): 8 channels x 12 pitch classes, a moment lasting 2, 4 or 8
feature frames. Stored as int8: about 70 kB for four minutes, an error of 0.4 % of the largest value.
"""

import io
import zlib
from dataclasses import dataclass
from functools import cached_property
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import UntrustedError

CHANNELS, PITCH_CLASSES = 8, 12
FRAMES_PER_MOMENT = (2, 4, 8)
LEVELS = ("fine", "middle", "coarse")
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Sequences:
    """The three levels of one stretch of audio, finest first; `frame_seconds` is the length of a feature frame."""

    levels: tuple[Array, Array, Array]
    frame_seconds: float

    def moment_seconds(self, level: int) -> float:
        return FRAMES_PER_MOMENT[level] * self.frame_seconds

    @property
    def duration_seconds(self) -> float:
        return self.levels[0].shape[1] * self.moment_seconds(0)

    @cached_property
    def rotated_coarse(self) -> Array:
        """The coarse level in all twelve keys, entry k rotated down by k: shape (12 * moments, 96)."""
        coarse = self.levels[2].reshape(CHANNELS, PITCH_CLASSES, -1)
        rotations = [np.roll(coarse, -k, axis=1).reshape(CHANNELS * PITCH_CLASSES, -1).T for k in range(PITCH_CLASSES)]
        return np.concatenate(rotations)

    def tensors(self) -> list[Array]:
        """The levels as the matcher graph wants them: (1, 8, 12, moments)."""
        return [level.reshape(1, CHANNELS, PITCH_CLASSES, -1) for level in self.levels]


def pack(sequences: Sequences) -> bytes:
    """Bytes for the catalogue."""
    buffer = io.BytesIO()
    arrays: dict[str, NDArray[np.generic]] = {"frame_seconds": np.float64(sequences.frame_seconds).reshape(1)}
    for name, level in zip(LEVELS, sequences.levels, strict=True):
        scale = max(float(np.abs(level).max()), 1e-6) / 127
        arrays[name], arrays[f"{name}_scale"] = np.round(level / scale).astype(np.int8), np.array([scale], np.float32)
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def unpack(payload: bytes) -> Sequences:
    """The inverse of `pack`; raises UntrustedError on anything else."""
    try:
        with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
            fine, middle, coarse = (arrays[name].astype(np.float32) * arrays[f"{name}_scale"] for name in LEVELS)
            return Sequences((fine, middle, coarse), float(arrays["frame_seconds"][0]))
    except (ValueError, KeyError, OSError, EOFError, RuntimeError, BadZipFile, zlib.error) as error:
        raise UntrustedError(f"stored sequences cannot be read: {error}", "run `livecsi catalogue verify`") from error
