"""Collections of covers as their makers lay them out, read as the table of recordings they amount to.

SHS100K: a list `SHS100K-TRAIN` (`-VAL`, `-TEST`) of set and version numbers, audio named `SET_VERSION.*` beside it or
in `audio/`. Covers80: a folder for each song with its versions in it, under `covers32k/`. Da-TACOS: HPCP features, a
folder `W_..._hpcp` for each work with an HDF5 file for each performance. Nothing is downloaded.
"""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from livecsi.errors import InputError
from livecsi.features.cqt import ConstantQSpec
from livecsi.training.recordings import AUDIO_SUFFIXES, Recording, list_recordings
from livecsi.types import Frames

SHS_SPLITS = {"SHS100K-TRAIN": "train", "SHS100K-VAL": "validation", "SHS100K-TEST": "test"}
COVERS80 = "covers32k"
DA_TACOS_HOP_SECONDS = 512 / 44_100
PITCH_CLASSES = 12


def find_recordings(folder: Path) -> list[Recording]:
    """Every recording of a folder in any of the layouts, `group` the work; raises InputError where it has none.

    Versions of Covers80 are to test on unless one trains on everything: their split is `test`.
    """
    if any((folder / name).is_file() for name in SHS_SPLITS):
        return [recording for name in SHS_SPLITS for recording in _shs100k(folder, name)]
    if (folder / COVERS80).is_dir():
        return list(_covers80(folder / COVERS80))
    return list_recordings(folder)


def is_da_tacos(folder: Path) -> bool:
    """Whether a folder holds features of Da-TACOS."""
    return any(folder.glob("W_*_hpcp/*.h5"))


def da_tacos_works(folder: Path) -> dict[str, tuple[Frames, ...]]:
    """The pitch classes (12, frames of 299 ms) of every performance of every work."""
    works = sorted(path for path in folder.glob("W_*_hpcp") if path.is_dir())
    return {work.name.removesuffix("_hpcp"): tuple(map(_hpcp_file, sorted(work.glob("*.h5")))) for work in works}


def _shs100k(folder: Path, name: str) -> Iterator[Recording]:
    path = folder / name
    if not path.is_file():
        return
    audio = {file.stem: file for place in (folder, folder / "audio") for file in place.glob("*")
             if file.suffix.lower() in AUDIO_SUFFIXES}  # fmt: skip
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        cells = line.split("\t") if "\t" in line else line.split(None, 3)
        if not line.strip():
            continue
        if len(cells) < 2 or not (cells[0].strip().isdigit() and cells[1].strip().isdigit()):
            raise InputError(f"{path}:{number}: no set and version number", "lines begin with two numbers")
        work, version, title, artist = (*(cell.strip() for cell in cells[:4]), "", "")[:4]
        file = audio.get(f"{work}_{version}")
        if file is not None:  # most of the list is no longer to be had, and nobody has all of it
            yield Recording(file, title or file.stem, artist, work, SHS_SPLITS[name])


def _covers80(folder: Path) -> Iterator[Recording]:
    for path in sorted(folder.glob("*/*")):
        if path.suffix.lower() in AUDIO_SUFFIXES:
            artist, _, rest = path.stem.partition("+")
            yield Recording(
                path, path.parent.name.replace("_", " "), artist.replace("_", " "), path.parent.name, "test"
            )


def _hpcp_file(path: Path) -> Frames:
    """(12, frames): the means of as many of the file's 12 ms as one of our frames is long."""
    try:
        with h5py.File(path, "r") as file:
            profile = np.asarray(file["hpcp"], np.float32)
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: {error}", "it must be HDF5 with a data set hpcp") from error
    if profile.ndim != 2 or PITCH_CLASSES not in profile.shape:
        raise InputError(f"{path}: hpcp of shape {profile.shape}", "it must be frames x 12")
    profile = profile if profile.shape[0] == PITCH_CLASSES else profile.T
    edges = np.arange(0, profile.shape[1] * DA_TACOS_HOP_SECONDS, ConstantQSpec().frame_seconds) / DA_TACOS_HOP_SECONDS
    starts = edges.round().astype(int)
    starts = starts[starts < profile.shape[1]]
    sums = np.add.reduceat(profile, starts, axis=1)
    return np.asarray(sums / np.diff(np.append(starts, profile.shape[1])), dtype=np.float32)
