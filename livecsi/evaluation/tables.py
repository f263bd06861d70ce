"""Reading the tables of an evaluation, so that a wrong column is named before hours are spent.

`path,work_id[,title,artist]` for recordings, paths relative to the table; `start_s,end_s,kind,work_id` for the truth of
a concert, the work empty where it is not in the catalogue.
"""

import csv
from dataclasses import dataclass
from pathlib import Path

from livecsi.errors import InputError
from livecsi.types import Kind


@dataclass(frozen=True, slots=True)
class LabelledRecording:
    """An audio file and the work it is."""

    path: Path
    work: str
    title: str


@dataclass(frozen=True, slots=True)
class TrueSegment:
    """What really happened in these seconds; `work` is empty for music without a catalogue entry."""

    start_seconds: float
    end_seconds: float
    kind: Kind
    work: str

    @property
    def is_live_song(self) -> bool:
        return self.kind is Kind.SONG


def read_recordings(table: Path) -> list[LabelledRecording]:
    """The recordings of a table, in its order; raises InputError."""
    return [
        LabelledRecording(table.parent / row["path"], row["work_id"], row.get("title") or Path(row["path"]).stem)
        for _, row in _rows(table, ("path", "work_id"))
    ]


def read_truth(table: Path) -> list[TrueSegment]:
    """The segments of a concert in order of time; raises InputError."""
    segments = []
    for line, row in _rows(table, ("start_s", "end_s", "kind", "work_id")):
        try:
            start, end, kind = float(row["start_s"]), float(row["end_s"]), Kind(row["kind"])
        except ValueError as error:
            raise InputError(
                f"{table}: line {line}: {error}", "kinds are song, speech, crowd, silence, recorded"
            ) from error
        if not 0 <= start < end:
            raise InputError(f"{table}: line {line}: nothing lasts from {start:g} to {end:g} s", "times are in seconds")
        segments.append(TrueSegment(start, end, kind, row["work_id"]))
    return sorted(segments, key=lambda segment: segment.start_seconds)


def _rows(table: Path, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            missing = [column for column in columns if column not in (reader.fieldnames or [])]
            rows = [] if missing else [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: {error}", "give a CSV table in UTF-8") from error
    if missing:
        raise InputError(f"{table}: no column {missing[0]!r}", f"the first line must name {', '.join(columns)}")
    if not rows:
        raise InputError(f"{table}: no rows", "add at least one recording")
    for line, row in rows:
        if any(row[column] is None for column in columns):
            raise InputError(f"{table}: line {line}: too few columns", f"each line needs {', '.join(columns)}")
    return rows
