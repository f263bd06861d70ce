"""Recordings as a source: every file is decoded in a child process with limits, and resampled on the way.

The same file gives the same samples bit for bit, whatever the chunk size; whatever is wrong with it becomes one
InputError that names the file and the second. Memory stays bounded however long the recording is.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import soxr

from livecsi.audio.child import DecoderProcess
from livecsi.errors import InputError
from livecsi.settings import DecodingSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Samples

DEFAULT_CHUNK_SAMPLES = SAMPLE_RATE_HERTZ
LARGEST_BELIEVABLE_AMPLITUDE = 1000.0


class RecordingSource:
    """A file on disk, read as if it were played; `repaired_samples` counts values that were no numbers."""

    def __init__(self, path: Path, limits: DecodingSettings, chunk_samples: int = DEFAULT_CHUNK_SAMPLES) -> None:
        if chunk_samples < 1:
            raise ValueError(f"a chunk holds at least one sample, not {chunk_samples}")
        self.name = path.name
        self.duration_seconds: float | None = None
        self.repaired_samples = 0
        self._chunk_samples = chunk_samples
        self._decoder = DecoderProcess(path, limits)

    def __enter__(self) -> Self:
        self._decoder.open()
        self.duration_seconds = self._decoder.duration_seconds
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._decoder.close()

    def __iter__(self) -> Iterator[Block | Gap]:
        first_sample = 0
        for samples in _rechunk(self._resampled(), self._chunk_samples):
            samples.setflags(write=False)
            yield Block(first_sample, samples)
            first_sample += len(samples)

    def _resampled(self) -> Iterator[Samples]:
        if self._decoder.rate_hertz == SAMPLE_RATE_HERTZ:
            yield from map(self._repair, self._decoder.chunks())
            return
        stream = soxr.ResampleStream(self._decoder.rate_hertz, SAMPLE_RATE_HERTZ, 1, dtype="float32", quality="HQ")
        for samples in self._decoder.chunks():
            yield stream.resample_chunk(self._repair(samples))
        yield stream.resample_chunk(np.zeros(0, dtype=np.float32), last=True)

    def _repair(self, samples: Samples) -> Samples:
        """Damaged float files hold infinities and worse, and one of them would poison a whole window."""
        believable = np.abs(samples) <= LARGEST_BELIEVABLE_AMPLITUDE
        if believable.all():
            return samples
        self.repaired_samples += int(samples.size - np.count_nonzero(believable))
        return np.where(believable, samples, np.float32(0.0))


def read_recording(path: Path, limits: DecodingSettings) -> Samples:
    """The whole recording at once, mono at 22,050 Hz, read-only."""
    with RecordingSource(path, limits) as source:
        blocks = [piece.samples for piece in source if isinstance(piece, Block)]
    samples = np.concatenate(blocks)
    samples.setflags(write=False)
    return samples


def sha256_of(path: Path) -> str:
    """The fingerprint under which a file is remembered, as 64 hexadecimal digits."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", "check the name and the permissions") from error


def _rechunk(pieces: Iterator[Samples], chunk_samples: int) -> Iterator[Samples]:
    """Pieces of any length in, pieces of exactly `chunk_samples` out, the last one shorter."""
    waiting: list[Samples] = []
    length = 0
    for piece in pieces:
        waiting.append(piece)
        length += len(piece)
        if length >= chunk_samples:
            joined = np.concatenate(waiting)
            whole = length - length % chunk_samples
            yield from (joined[begin : begin + chunk_samples].copy() for begin in range(0, whole, chunk_samples))
            waiting, length = [joined[whole:]], length - whole
    if length:
        yield np.concatenate(waiting)
