"""Constant-Q of audio folders, computed once through the true front end and kept as float16 beside each other.

A user's own recordings, the crowd, speech and music of the gate, the distractors of an evaluation: all come this way.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.recording import read_recording, sha256_of
from livecsi.errors import InputError
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.settings import DecodingSettings
from livecsi.types import Frames

AUDIO_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff"}


def audio_files(folder: Path) -> tuple[Path, ...]:
    """The audio files directly in a folder, by name; raises InputError where there are none."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        raise InputError(f"{folder}: no audio files here", f"known are {' '.join(sorted(AUDIO_SUFFIXES))}")
    return tuple(files)


def cached_features(
    paths: Iterable[Path], spec: ConstantQSpec, cache: Path, say: Callable[[str], None] = lambda _: None
) -> dict[Path, Frames]:
    """Magnitudes (bins, frames) of every file, scaled to a mean of one; the cache is keyed by the file's bytes."""
    cache.mkdir(parents=True, exist_ok=True)
    features = {}
    for path in paths:
        kept = cache / f"{sha256_of(path)[:24]}-{spec.bins}-{spec.frame_samples}-{spec.fine_frames}.npy"
        if not kept.is_file():
            say(f"constant-Q of {path.name}")
            frames = constant_q(spec, read_recording(path, DecodingSettings()))
            np.save(kept, (frames / (frames.mean() + 1e-12)).astype(np.float16))
        stored: NDArray[np.float16] = np.load(kept)
        features[path] = stored.astype(np.float32)
    return features
