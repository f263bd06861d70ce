"""Audio folders: which recordings to train on and which to keep, and their constant-Q, computed once.

A folder of recordings has a table `recordings.csv` (`path,title,artist,group,split`; only `path` is needed, relative to
the folder). Rows with the same `group` are versions of one work and kept for validation, unless `split` says `train`.
Features come through the true front end and are kept as float16: a user's own recordings, the crowd, speech and music
of the gate, the distractors of an evaluation.
"""

import csv
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.audio.recording import read_recording, sha256_of
from livecsi.errors import InputError
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.settings import DecodingSettings
from livecsi.training.scores.corpus import SPLIT_PERCENT
from livecsi.types import Frames

RECORDINGS = "recordings.csv"
AUDIO_SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff"}


@dataclass(frozen=True, slots=True)
class Recording:
    """A row of a table of recordings; `split` is decided here and never empty."""

    path: Path
    title: str
    artist: str
    group: str
    split: str


def training_recordings(folder: Path) -> list[Path]:
    """What a network may be trained on, in the order of the table."""
    return [recording.path for recording in list_recordings(folder) if recording.split == "train"]


def impostor_recordings(folder: Path) -> list[Path]:
    """Songs no network was trained on, all different: `music/`, or what the table keeps back, one of a group."""
    apart = sorted((folder / "music").glob("*.ogg"))
    if apart:
        return apart
    kept = [recording for recording in list_recordings(folder) if recording.split != "train"]
    different = {recording.group or str(recording.path): recording.path for recording in reversed(kept)}
    return sorted(different.values())


def list_recordings(folder: Path) -> list[Recording]:
    """Everything in `recordings.csv`, or in `music_more/music.csv` of a folder with one part for each purpose.

    Raises InputError where there is neither, where a row makes no sense, or where a file is missing.
    """
    tables = [table for table in (folder / RECORDINGS, folder / "music_more" / "music.csv") if table.is_file()]
    if not tables:
        raise InputError(
            f"{folder}: no {RECORDINGS} here", "it needs a column path; title,artist,group,split are optional"
        )
    return [recording for table in tables for recording in _read_table(table)]


def _read_table(table: Path) -> list[Recording]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: {error}", "it must be a CSV table in UTF-8") from error
    return [_recording(row, table, f"{table}:{number}") for number, row in enumerate(rows, start=2)]


def _recording(row: dict[str, str | None], table: Path, where: str) -> Recording:
    path = table.parent / (row.get("path") or "")
    if not path.is_file():
        raise InputError(f"{where}: no such file {row.get('path')!r}", "paths are relative to the folder of the table")
    group = (row.get("group") or "").strip()
    split = (row.get("split") or "").strip() or ("validation" if group else "train")
    if split not in SPLIT_PERCENT:
        raise InputError(f"{where}: split {split!r}", f"there are {', '.join(SPLIT_PERCENT)}")
    return Recording(path, row.get("title") or path.stem, row.get("artist") or "", group, split)


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
