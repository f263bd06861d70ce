"""Reading `songs.csv`, the table in which a user lists studio songs: all of it is checked before any audio is touched.

    path,title,artist[,work_id,iswc,isrc,writers]

Only `path` is a must; it is relative to the table. Writers are separated by semicolons, each with an optional role and
IPI name number: `Aino Aalto (composer, 00014107338); Ben Berg (lyricist); Cai`. Other columns are left alone.
"""

import csv
import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from livecsi.catalogue.identifiers import ROLES, normal_ipi, normal_isrc, normal_iswc
from livecsi.catalogue.store import Writer
from livecsi.errors import InputError

COLUMNS = ("path", "title", "artist", "work_id", "iswc", "isrc", "writers")


@dataclass(frozen=True, slots=True)
class SongEntry:
    """What a user says about one audio file; what is empty is looked up in the file's own tags."""

    path: Path
    title: str = ""
    artist: str = ""
    work_key: str = ""
    iswc: str = ""
    isrc: str = ""
    writers: tuple[Writer, ...] = ()
    proposed_writers: tuple[Writer, ...] = ()
    """What the file's own tags say; used only while nobody says better."""
    musicbrainz_id: str = ""
    work_musicbrainz_id: str = ""


def read_songs_csv(path: Path) -> list[SongEntry]:
    """All lines of the table; raises InputError with file and line on the first that makes no sense."""
    line_number = 1
    entries = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            _check_header(path, list(reader.fieldnames or []))
            for row in reader:
                line_number = reader.line_num
                entries.append(_entry(path.parent, row))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save the table as CSV in UTF-8") from error
    except (ValueError, csv.Error) as error:
        raise InputError(f"{path}, line {line_number}: {error}") from error
    return entries


def parse_writers(text: str) -> tuple[Writer, ...]:
    """`Name (role, IPI); Name` as writers; raises ValueError on a bad IPI."""
    return tuple(_writer(part.strip()) for part in text.split(";") if part.strip())


def _check_header(path: Path, header: list[str]) -> None:
    if "path" not in header:
        found = ", ".join(name or "(empty)" for name in header) or "nothing"
        raise InputError(f"{path}, line 1: there is no column 'path', only {found}", f"begin with {','.join(COLUMNS)}")
    for name in header:
        near = difflib.get_close_matches(name, COLUMNS, n=1, cutoff=0.75)
        if near and name not in COLUMNS:
            raise InputError(f"{path}, line 1: unknown column {name!r}", f"did you mean {near[0]!r}?")


def _entry(folder: Path, row: dict[str | None, str | list[str] | None]) -> SongEntry:
    if None in row:
        raise ValueError("more fields than columns; put quotes around a field with a comma")
    field = {str(name): str(value or "").strip() for name, value in row.items()}
    if not field["path"] or "\0" in field["path"]:
        raise ValueError("the path is empty")
    return SongEntry(
        path=folder / field["path"],
        title=field.get("title", ""),
        artist=field.get("artist", ""),
        work_key=field.get("work_id", ""),
        iswc=normal_iswc(field["iswc"]) if field.get("iswc") else "",
        isrc=normal_isrc(field["isrc"]) if field.get("isrc") else "",
        writers=parse_writers(field.get("writers", "")),
    )


def _writer(text: str) -> Writer:
    name, role, ipi = text, "writer", None
    while found := re.fullmatch(r"(.+?)\s*\(([^()]*)\)", name):
        notes = [note.strip().casefold() for note in found[2].split(",")]
        if not all(note in ROLES or re.fullmatch(r"[0-9]{8,11}", note) for note in notes):
            break
        name = found[1]
        role = next((note for note in notes if note in ROLES), role)
        ipi = next((normal_ipi(note) for note in notes if note.isdigit()), ipi)
    return Writer(name, role, ipi)
