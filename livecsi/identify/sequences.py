"""Multi-level deep sequences: what the encoder makes of a window or of a whole studio song, and how it is stored.

Three levels of unit columns, float32 of shape (96, moments): 8 channels x 12 pitch classes, a moment lasting 2, 4 or 8
feature frames. Stored in 49 kB for four minutes: the fine level, which is more than half of everything, in four bits
with a scale of its own for every moment, the others in eight. A song's score moves by a tenth of what one song's score
differs from the next.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from functools import cached_property
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import UntrustedError

CHANNELS, PITCH_CLASSES = 8, 12
DIMENSIONS = CHANNELS * PITCH_CLASSES
FRAMES_PER_MOMENT = (2, 4, 8)
LEVELS = ("fine", "middle", "coarse")
MAGIC, MAGIC_WITH_PHRASES = b"LCS2", b"LCS3"
_HEADER, _HEADER_WITH_PHRASES = struct.Struct("<4sId3I2f"), struct.Struct("<4sId4I2f")
"""Magic, CRC-32 of everything after it, seconds of a frame, moments of each level, scales of middle and coarse. For a
while songs also had phrases, the number of which stood before the scales."""
PHRASE_BYTES = 192
_CHECKED_FROM = 8
_LARGEST_NIBBLE, _LARGEST_BYTE = 7, 127
_FAINTEST = 1e-4
Array = NDArray[np.float32]
Levels = tuple[Array, Array, Array]


@dataclass(frozen=True)
class Sequences:
    """The three levels of one stretch of audio, finest first; `frame_seconds` is the length of a feature frame."""

    levels: Levels
    frame_seconds: float

    def level(self, index: int) -> Array:
        """One of the levels, for those who need no more."""
        return self.levels[index]

    def moment_seconds(self, level: int) -> float:
        return FRAMES_PER_MOMENT[level] * self.frame_seconds

    @property
    def duration_seconds(self) -> float:
        return self.levels[0].shape[1] * self.moment_seconds(0)

    def cut(self, first: int, last: int) -> "Sequences":
        """Coarse moments `first` to `last` exclusive and the same time on the other levels."""
        scale = [FRAMES_PER_MOMENT[2] // frames for frames in FRAMES_PER_MOMENT]
        fine, middle, coarse = (
            level[:, first * step : last * step] for level, step in zip(self.levels, scale, strict=True)
        )
        return Sequences((fine, middle, coarse), self.frame_seconds)

    @cached_property
    def rotated(self) -> tuple[Levels, ...]:
        """All levels in all twelve keys, entry k rotated down by k, so that it meets a song which is k lower."""
        return tuple(_rotated(self.levels, k) for k in range(PITCH_CLASSES))


class StoredSequences(Sequences):
    """Sequences left as the catalogue keeps them and opened whenever they are looked at: a fifth of the memory."""

    _payload: bytes

    def __init__(self, payload: bytes) -> None:
        """Raises UntrustedError when the payload is not what `pack` made."""
        sequences = unpack(payload)
        object.__setattr__(self, "_payload", payload if payload.startswith(MAGIC) else pack(sequences))
        object.__setattr__(self, "frame_seconds", sequences.frame_seconds)

    @property
    def levels(self) -> Levels:
        return _open(self._payload).levels

    def level(self, index: int) -> Array:
        return _open_level(self._payload, index)


def pack(sequences: Sequences) -> bytes:
    """Bytes for the catalogue."""
    fine, middle, coarse = sequences.levels
    (middle_codes, middle_scale), (coarse_codes, coarse_scale) = _bytes_of(middle), _bytes_of(coarse)
    moments = (fine.shape[1], middle.shape[1], coarse.shape[1])
    header = _HEADER.pack(MAGIC, 0, sequences.frame_seconds, *moments, middle_scale, coarse_scale)
    return _sealed(header[_CHECKED_FROM:] + _nibbles_of(fine) + middle_codes + coarse_codes)


def unpack(payload: bytes) -> Sequences:
    """The inverse of `pack`, for older payloads too; raises UntrustedError on anything else."""
    try:
        if payload[: len(MAGIC)] not in (MAGIC, MAGIC_WITH_PHRASES):
            return _unpack_first_format(payload)
        if struct.unpack_from("<I", payload, len(MAGIC)) != (zlib.crc32(payload[_CHECKED_FROM:]),):
            raise ValueError("they were damaged")
        return _open(payload if payload.startswith(MAGIC) else _without_phrases(payload))
    except (ValueError, KeyError, OSError, EOFError, RuntimeError, BadZipFile, zlib.error, struct.error) as error:
        raise UntrustedError(f"stored sequences cannot be read: {error}", "run `livecsi catalogue verify`") from error


def _sealed(checked: bytes) -> bytes:
    return MAGIC + struct.pack("<I", zlib.crc32(checked)) + checked


def _without_phrases(payload: bytes) -> bytes:
    """A payload from when there were phrases, as it would be stored now."""
    _, _, frame_seconds, fine, middle, coarse, phrases, *scales = _HEADER_WITH_PHRASES.unpack_from(payload)
    header = _HEADER.pack(MAGIC, 0, frame_seconds, fine, middle, coarse, *scales)
    last = len(payload) - PHRASE_BYTES * phrases
    return _sealed(header[_CHECKED_FROM:] + payload[_HEADER_WITH_PHRASES.size : last])


def _open(payload: bytes) -> Sequences:
    fine, middle, coarse = (_open_level(payload, index) for index in range(len(LEVELS)))
    return Sequences((fine, middle, coarse), _HEADER.unpack_from(payload)[2])


def _open_level(payload: bytes, index: int) -> Array:
    """Level `index` of a payload that has been checked."""
    _, _, _, fine, middle, coarse, *scales = _HEADER.unpack_from(payload)
    if index == 0:
        return _from_nibbles(payload, _HEADER.size, fine)
    first = _HEADER.size + _fine_bytes(fine)
    start, moments = (first, middle) if index == 1 else (first + DIMENSIONS * middle, coarse)
    codes = np.frombuffer(payload, np.int8, DIMENSIONS * moments, start).reshape(DIMENSIONS, moments)
    return np.asarray(codes * np.float32(scales[index - 1]))


def _fine_bytes(moments: int) -> int:
    return 2 * moments + DIMENSIONS * ((moments + 1) // 2)


def _nibbles_of(level: Array) -> bytes:
    """A float16 scale per moment, then two moments a byte: one of the first half high, one of the second half low."""
    scale = np.maximum(np.abs(level).max(0) / _LARGEST_NIBBLE, _FAINTEST).astype(np.float16)
    codes = np.round(level / scale.astype(np.float32)).clip(-_LARGEST_NIBBLE, _LARGEST_NIBBLE).astype(np.int8)
    high, low = np.split(np.pad(codes, ((0, 0), (0, level.shape[1] % 2))), 2, axis=1)
    return scale.tobytes() + (high << 4 | low & 15).tobytes()


def _from_nibbles(payload: bytes, start: int, moments: int) -> Array:
    half = (moments + 1) // 2
    scale = np.frombuffer(payload, np.float16, moments, start).astype(np.float32)
    pairs = np.frombuffer(payload, np.int8, DIMENSIONS * half, start + 2 * moments).reshape(DIMENSIONS, half)
    level = np.empty((DIMENSIONS, moments), np.float32)
    np.multiply(pairs >> 4, scale[:half], out=level[:, :half])
    np.multiply((pairs << 4 >> 4)[:, : moments - half], scale[half:], out=level[:, half:])
    return level


def _bytes_of(level: Array) -> tuple[bytes, float]:
    scale = max(float(np.abs(level).max()) / _LARGEST_BYTE, _FAINTEST)
    return np.round(level / scale).astype(np.int8).tobytes(), scale


def _rotated(levels: Levels, semitones: int) -> Levels:
    shape = (CHANNELS, PITCH_CLASSES, -1)
    fine, middle, coarse = (np.roll(a.reshape(shape), -semitones, axis=1).reshape(a.shape) for a in levels)
    return fine, middle, coarse


def _unpack_first_format(payload: bytes) -> Sequences:
    """An archive of three levels in eight bits: what releases before 0.2 stored."""
    with np.load(io.BytesIO(payload), allow_pickle=False) as arrays:
        fine, middle, coarse = (arrays[name].astype(np.float32) * arrays[f"{name}_scale"] for name in LEVELS)
        return Sequences((fine, middle, coarse), float(arrays["frame_seconds"][0]))
