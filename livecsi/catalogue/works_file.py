"""Reading tables of works: CSV, JSON, and the lines of a MusicBrainz dump of the `work` entity.

    work_id,title,artist,iswc,musicbrainz_id,writers,publishers,society_ids,public_domain

Columns are free to be missing. Writers look as in `songs.csv`; publishers are separated by semicolons, society numbers
read `GEMA=1234-567; JASRAC=0A1-2345-6`. JSON has the same keys with lists and objects. A file is read line by line, so
that a dump of millions of works needs no memory; only a JSON array is read as a whole.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from livecsi.catalogue.credits import gathered
from livecsi.catalogue.identifiers import ROLES, normal_ipi, normal_isni, normal_iswc, normal_mbid
from livecsi.catalogue.metadata import WorkFacts
from livecsi.catalogue.songs_csv import parse_writers
from livecsi.catalogue.store import Writer
from livecsi.errors import InputError

COLUMNS = ("work_id", "title", "artist", "iswc", "musicbrainz_id", "writers", "publishers", "society_ids",
           "public_domain")  # fmt: skip
_MUSICBRAINZ_ROLES = {**{role: role for role in ROLES}, "librettist": "lyricist"}
_TRUTHS = {"": None, "true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

Rows = Iterator[tuple[int, WorkFacts | ValueError]]


def read_works(path: Path) -> Rows:
    """Every row with its line; a row that makes no sense comes as the error that says why."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = next((letter for letter in iter(lambda: file.read(1), "") if not letter.isspace()), "")
            file.seek(0)
            if first == "[":
                yield from _array(path, file.read())
            elif first == "{":
                yield from _lines(file)
            else:
                yield from _table(path, file)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save it in UTF-8") from error


def _array(path: Path, text: str) -> Rows:
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise InputError(f"{path}: is no JSON: {error}") from error
    for number, row in enumerate(rows, start=1):
        yield number, _checked(_from_json, row)


def _lines(lines: Iterator[str]) -> Rows:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield number, _checked(lambda text: _from_json(json.loads(text)), line)


def _table(path: Path, lines: Iterator[str]) -> Rows:
    reader = csv.DictReader(lines, strict=True)
    try:
        header = list(reader.fieldnames or [])
        if unknown := [name for name in header if name not in COLUMNS]:
            raise InputError(f"{path}, line 1: unknown column {unknown[0]!r}", f"known are {', '.join(COLUMNS)}")
        for row in reader:
            yield reader.line_num, _checked(_from_row, row)
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}") from error


def _checked(parse: Callable[[Any], WorkFacts], row: Any) -> WorkFacts | ValueError:
    try:
        return parse(row)
    except (AttributeError, KeyError, TypeError) as error:
        return ValueError(f"a row about a work does not look like this ({type(error).__name__}: {error})")
    except ValueError as error:
        return error


def _from_row(row: Mapping[str | None, Any]) -> WorkFacts:
    if None in row:
        raise ValueError("more fields than columns; put quotes around a field with a comma")
    field = {str(name): str(value or "").strip() for name, value in row.items()}
    truth = field.get("public_domain", "").casefold()
    if truth not in _TRUTHS:
        raise ValueError(f"public_domain is yes, no or empty, not {truth!r}")
    return _entered(
        field,
        writers=parse_writers(field.get("writers", "")),
        publishers=_split(field.get("publishers", "")),
        society_ids=dict(_number(part) for part in _split(field.get("society_ids", ""))),
        public_domain=_TRUTHS[truth],
    )


def _from_json(row: Mapping[str, Any]) -> WorkFacts:
    if "relations" in row or "iswcs" in row:
        return _from_musicbrainz(row)
    if unknown := [name for name in row if name not in COLUMNS]:
        raise ValueError(f"unknown key {unknown[0]!r}; known are {', '.join(COLUMNS)}")
    people = row.get("writers") or []
    return _entered(
        {name: str(row.get(name) or "").strip() for name in COLUMNS},
        writers=tuple(_person(person) for person in people),
        isnis={str(person["name"]): normal_isni(person["isni"]) for person in people if person.get("isni")},
        publishers=tuple(str(name) for name in row.get("publishers") or []),
        society_ids={str(society): str(number) for society, number in (row.get("society_ids") or {}).items()},
        public_domain=row.get("public_domain"),
    )


def _entered(field: Mapping[str, str], **facts: Any) -> WorkFacts:
    iswc, mbid = field.get("iswc"), field.get("musicbrainz_id")
    return WorkFacts(
        work_key=field.get("work_id", ""),
        title=field.get("title", ""),
        artist=field.get("artist", ""),
        iswcs=(normal_iswc(iswc),) if iswc else (),
        musicbrainz_id=normal_mbid(mbid) if mbid else "",
        **facts,
    )


def _person(person: Mapping[str, Any]) -> Writer:
    role, ipi = str(person.get("role") or "writer"), person.get("ipi")
    if role not in ROLES:
        raise ValueError(f"{role!r} is no role of a writer; known are {', '.join(ROLES)}")
    return Writer(str(person["name"]).strip(), role, normal_ipi(str(ipi)) if ipi else None)


def _from_musicbrainz(row: Mapping[str, Any]) -> WorkFacts:
    """A line of the dump. Somebody else's data: a number that cannot be right is left out, not complained about."""
    relations = row.get("relations") or []
    credited = [
        relation for relation in relations if relation.get("type") in _MUSICBRAINZ_ROLES and relation.get("artist")
    ]
    people = gathered(
        Writer(
            one["artist"]["name"],
            _MUSICBRAINZ_ROLES[one["type"]],
            _first_valid(normal_ipi, one["artist"].get("ipis")),
        )
        for one in credited
    )
    isnis = {one["artist"]["name"]: _first_valid(normal_isni, one["artist"].get("isnis")) for one in credited}
    return WorkFacts(
        source="musicbrainz",
        title=str(row.get("title") or ""),
        iswcs=tuple(filter(None, (_first_valid(normal_iswc, [iswc]) for iswc in row.get("iswcs") or []))),
        musicbrainz_id=normal_mbid(row["id"]),
        recording_ids=tuple(one["recording"]["id"] for one in relations if one.get("recording")),
        writers=people,
        isnis={name: isni for name, isni in isnis.items() if isni},
        publishers=tuple(dict.fromkeys(
            one["label"]["name"] for one in relations if one.get("type") == "publishing" and one.get("label")
        )),
        society_ids=_society_ids(row.get("attributes") or []),
    )  # fmt: skip


def _society_ids(attributes: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """`GEMA ID` and `PRS tune code` are numbers at societies; two numbers at one society are none."""
    found: dict[str, set[str]] = {}
    for attribute in attributes:
        society, space, kind = str(attribute.get("type")).partition(" ")
        number = str(attribute.get("value") or "").strip()
        if space and kind in ("ID", "tune code") and number:
            found.setdefault(society, set()).add(number)
    return {society: numbers.pop() for society, numbers in found.items() if len(numbers) == 1}


def _first_valid(normalise: Callable[[str], str], numbers: Any) -> str | None:
    for number in numbers or []:
        try:
            return normalise(str(number))
        except ValueError:
            continue
    return None


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _number(text: str) -> tuple[str, str]:
    society, equals, number = (part.strip() for part in text.partition("="))
    if not (society and equals and number):
        raise ValueError(f"{text!r} is no number of a society; write GEMA=1234-567")
    return society, number
