"""What an audio file says about itself. Tags are somebody else's text: they fill gaps, and bad ones are passed over."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecsi.catalogue.identifiers import normal_isrc, normal_iswc

MAXIMUM_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags we can use; empty where the file says nothing sensible."""

    title: str = ""
    artist: str = ""
    isrc: str = ""
    iswc: str = ""


def read_tags(path: Path) -> Tags:
    """The tags of a file, with title and artist taken from a name like `Artist - Title.flac` when it has none."""
    raw = _raw_tags(path)
    artist, title = _from_name(printable(path.stem))
    return Tags(
        title=_first(raw, "title", "TIT2", "\xa9nam", "INAM") or title,
        artist=_first(raw, "artist", "TPE1", "\xa9ART", "IART") or artist,
        isrc=_valid(normal_isrc, _first(raw, "isrc", "TSRC")),
        iswc=_valid(normal_iswc, _first(raw, "iswc", "TXXX:ISWC", "----:com.apple.iTunes:ISWC")),
    )


def _raw_tags(path: Path) -> Any:
    import mutagen

    try:
        opened = mutagen.File(path, easy=False)
    except Exception:  # mutagen lets struct, index and value errors of hostile files through; such a file has no tags
        return {}
    return (opened.tags if opened is not None else None) or {}


def _first(raw: Any, *names: str) -> str:
    for name in names:
        try:
            value = raw[name]
        except (KeyError, ValueError, TypeError):
            continue
        text = _plain(value)
        if text:
            return text
    return ""


def _plain(value: Any) -> str:
    """Text of an ID3 frame, a Vorbis list or an MP4 list, without control characters."""
    parts = getattr(value, "text", value)
    parts = parts if isinstance(parts, list) else [parts]
    texts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in parts]
    joined = ", ".join(text for text in texts if text.strip())
    return printable(joined)


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
