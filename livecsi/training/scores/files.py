"""A folder of scores in files: MIDI, ABC, MusicXML and chord charts, anywhere below it, become `Score`s.

A table `works.csv` (`path,title,work`, paths relative to the folder) says which files are versions of one work; a file
it does not name is a work of its own. One bad file costs one line, never the corpus.
"""

import csv
import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from livecsi.errors import InputError
from livecsi.training.scores.charts import read_chart
from livecsi.training.scores.midi_files import read_midi
from livecsi.training.scores.notation import abc_tunes, read_abc_tune, read_musicxml
from livecsi.training.scores.score import Score
from livecsi.training.scores.written import WrittenSong, to_score

READERS: dict[str, Callable[[Path], WrittenSong]] = {
    ".mid": read_midi,
    ".midi": read_midi,
    ".musicxml": read_musicxml,
    ".xml": read_musicxml,
    ".mxl": read_musicxml,
    ".chords": read_chart,
    ".cho": read_chart,
}
TUNE_BOOKS = {".abc"}
WORKS = "works.csv"
FIRST_FILE_CLUSTER = 1 << 60
"""Clusters of files begin here, far above those of any table."""

Piece = tuple[str, str, Callable[[], WrittenSong]]
"""What to call it, what it is (a work's name or a hash of its content), how to read it."""


def score_files(folder: Path) -> list[Path]:
    """All files below `folder` that could be scores, by path."""
    known = READERS.keys() | TUNE_BOOKS
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in known and path.is_file())


def read_score_files(folder: Path, say: Callable[[str], None]) -> list[Score]:
    """One score per work, in the order of the paths: of several versions the first that can be read.

    What cannot be read is said in one line each; raises InputError only where `works.csv` itself cannot be used.
    """
    works = read_works(folder)
    scores: dict[int, Score] = {}
    for path in score_files(folder):
        try:
            for name, identity, read in _pieces(path, folder, works.get(path.relative_to(folder).as_posix())):
                _add(scores, name, cluster_of(identity), read, say)
        except InputError as error:
            say(str(error))
    return list(scores.values())


def cluster_of(identity: str) -> int:
    """The cluster of a work by its name or content: the same for ever and on every machine, never one of a table's."""
    return FIRST_FILE_CLUSTER | int(hashlib.sha256(identity.encode()).hexdigest()[:15], 16)


def read_works(folder: Path) -> dict[str, str]:
    """File path within the folder to the name of its work, from `works.csv`; empty without one."""
    table = folder / WORKS
    if not table.is_file():
        return {}
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: {error}", "it needs the columns path,title,work") from error
    if rows and not {"path", "work"} <= rows[0].keys():
        raise InputError(f"{table}: no column path or work", "it needs the columns path,title,work")
    missing = [row["path"] for row in rows if not (folder / (row["path"] or "?")).is_file()]
    if missing:
        raise InputError(f"{table}: no such file {missing[0]!r}", "paths are relative to the folder of the table")
    return {Path(row["path"]).as_posix(): row["work"].strip() for row in rows if (row["work"] or "").strip()}


def _add(
    scores: dict[int, Score], name: str, cluster: int, read: Callable[[], WrittenSong], say: Callable[[str], None]
) -> None:
    if cluster in scores:
        return
    try:
        scores[cluster] = to_score(read(), name, cluster)
    except InputError as error:
        say(str(error))


def _pieces(path: Path, folder: Path, work: str | None) -> Iterator[Piece]:
    """The songs of one file: one, but for a book of tunes, whose tunes are works of their own unless told otherwise."""
    name = path.relative_to(folder).as_posix()
    if path.suffix.lower() not in TUNE_BOOKS:
        read = READERS[path.suffix.lower()]
        yield name, f"work:{work}" if work else f"content:{_content(path)}", partial(read, path)
        return
    for tune in abc_tunes(path):
        where = f"{name}#{tune.splitlines()[0][2:].strip()}"
        identity = f"work:{work}" if work else f"content:{hashlib.sha256(tune.strip().encode()).hexdigest()}"
        yield where, identity, partial(read_abc_tune, tune, where)


def _content(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", "check the permissions") from error
