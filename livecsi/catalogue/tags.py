"""What an audio file says about itself. Tags are somebody else's text: they fill gaps, and bad ones are passed over.

Composers and lyricists become proposed writers. Artist, album artist and original artist never do.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecsi.catalogue.credits import gathered
from livecsi.catalogue.identifiers import normal_isrc, normal_iswc, normal_mbid
from livecsi.catalogue.store import Writer

MAXIMUM_CHARACTERS = 500

_WRITER_TAGS = {
    "composer": ("composer", "TCOM", "\xa9wrt"),
    "lyricist": ("lyricist", "TEXT", "----:com.apple.iTunes:LYRICIST"),
    "writer": ("writer", "TXXX:WRITER", "TXXX:Writer", "----:com.apple.iTunes:WRITER"),
}
_RECORDING_ID = ("musicbrainz_trackid", "UFID:http://musicbrainz.org", "----:com.apple.iTunes:MusicBrainz Track Id")
_WORK_ID = ("musicbrainz_workid", "TXXX:MusicBrainz Work Id", "----:com.apple.iTunes:MusicBrainz Work Id")


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags we can use; empty where the file says nothing sensible."""

    title: str = ""
    artist: str = ""
    isrc: str = ""
    iswc: str = ""
    writers: tuple[Writer, ...] = ()
    musicbrainz_id: str = ""
    """Of the recording."""
    work_musicbrainz_id: str = ""


def read_tags(path: Path) -> Tags:
    """The tags of a file, with title and artist taken from a name like `Artist - Title.flac` when it has none."""
    raw = _raw_tags(path)
    artist, title = _from_name(printable(path.stem))
    return Tags(
        title=_first(raw, "title", "TIT2", "\xa9nam", "INAM") or title,
        artist=_first(raw, "artist", "TPE1", "\xa9ART", "IART") or artist,
        isrc=_valid(normal_isrc, _first(raw, "isrc", "TSRC")),
        iswc=_valid(normal_iswc, _first(raw, "iswc", "TXXX:ISWC", "----:com.apple.iTunes:ISWC")),
        writers=gathered(_writers(raw)),
        musicbrainz_id=_valid(normal_mbid, _first(raw, *_RECORDING_ID)),
        work_musicbrainz_id=_valid(normal_mbid, _first(raw, *_WORK_ID)),
    )


def _writers(raw: Any) -> Iterator[Writer]:
    """Everybody named for a role; several names stand in several values, or are parted by semicolons or slashes."""
    for role, names in _WRITER_TAGS.items():
        for text in _texts(raw, *names):
            yield from (Writer(name, role) for part in re.split(r";| / ", text) if (name := printable(part)))


def _raw_tags(path: Path) -> Any:
    import mutagen

    try:
        opened = mutagen.File(path, easy=False)
    except Exception:  # mutagen lets struct, index and value errors of hostile files through; such a file has no tags
        return {}
    return (opened.tags if opened is not None else None) or {}


def _first(raw: Any, *names: str) -> str:
    return printable(", ".join(_texts(raw, *names)))


def _texts(raw: Any, *names: str) -> list[str]:
    """The values of the first of these tags that says something."""
    for name in names:
        try:
            value = raw[name]
        except (KeyError, ValueError, TypeError):
            continue
        if texts := [text for text in _parts(value) if printable(text)]:
            return texts
    return []


def _parts(value: Any) -> list[str]:
    """Texts of an ID3 frame, a Vorbis list or an MP4 list; an ID3 identifier keeps its own in `data`."""
    parts = getattr(value, "text", None) or getattr(value, "data", None) or value
    parts = parts if isinstance(parts, list) else [parts]
    return [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts]


def printable(text: str) -> str:
    """One line of valid UTF-8: file names and tags may hold control characters and broken bytes."""
    valid = text.encode("utf-8", "replace").decode()
    return " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", valid).split())[:MAXIMUM_CHARACTERS]


def _from_name(stem: str) -> tuple[str, str]:
    """Artist and title from a file name; a leading track number is dropped."""
    name = re.sub(r"^\d{1,3}[.\s_-]+(?=\D)", "", stem.replace("_", " ")).strip() or stem
    artist, dash, title = name.partition(" - ")
    return (artist.strip(), title.strip()) if dash and title.strip() else ("", name)


def _valid(normalise: Callable[[str], str], text: str) -> str:
    try:
        return normalise(text) if text else ""
    except ValueError:
        return ""
