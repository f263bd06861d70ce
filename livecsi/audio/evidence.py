"""Clips of performances as files: the only place that writes live audio to a disk. Whether it may is not asked here.

A clip is mono FLAC of 16 bits at `SAMPLE_RATE_HERTZ`, named by time, readable by its owner alone. It gets its name once
it is whole, so a file that ends with `PARTIAL` is rubbish.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from livecsi.types import SAMPLE_RATE_HERTZ, Samples

SUFFIX, PARTIAL = ".flac", ".partial"
FULL_SCALE = 32_768


def as_flac(samples: Samples) -> bytes:
    """The clip as a file; what is louder than full scale is clipped."""
    values = np.clip(np.rint(samples * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1).astype(np.int16)
    file = io.BytesIO()
    soundfile.write(file, values, SAMPLE_RATE_HERTZ, format="FLAC", subtype="PCM_16")
    return file.getvalue()


def write_clip(path: Path, content: bytes) -> None:
    """Write a clip; raises OSError and leaves nothing behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + PARTIAL)
    try:
        with open(partial, "wb", opener=_for_the_owner) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        erase_clip(partial)
        raise


def erase_clip(path: Path) -> None:
    """Remove a file, and the folders that are empty without it; raises OSError when it stays."""
    path.unlink(missing_ok=True)
    for folder in (path.parent, path.parent.parent):
        try:
            folder.rmdir()
        except OSError:  # something is left in it
            return


def files_in(folder: Path) -> Iterator[Path]:
    """Every clip and every piece of one under a folder, in order of their names."""
    return (path for path in sorted(folder.rglob("*")) if path.suffix in (SUFFIX, PARTIAL) and path.is_file())


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
