"""The night as setlist.fm and MusicBrainz write it, for a person to paste there.

Only what a person decided is stated as fact. A line nobody has decided is given as not identified, with its time, and
never by the name the machine believes. Records between sets, speech and karaoke are no part of a setlist.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from livecsi.reports import words
from livecsi.reports.model import Item, ItemKind, SetlistReport, Status, Usage

MUSICBRAINZ = "MusicBrainz"
"""Under this name the catalogue keeps a work's MusicBrainz id among its society ids."""

_SHOWN = (Usage.LIVE, Usage.LIVE_WITH_BACKING, Usage.DJ_FEATURED, Usage.UNCLEAR, Usage.PLAYBACK_TAPE)
_ENTITIES = {"&": "&amp;", "[": "&lsqb;", "]": "&rsqb;"}


def setlistfm(report: SetlistReport) -> str:
    """One song per line, a blank line before an encore, the parts of a medley joined by slashes."""
    lines = []
    before = "main"
    for run in _runs(report):
        if run[0].section == "encore" and before != "encore":
            lines.append("")
        before = run[0].section
        lines.append(" / ".join(_fm_song(item, report) for item in run))
    return "\n".join(lines) + "\n"


def musicbrainz(report: SetlistReport) -> str:
    """The setlist of a MusicBrainz event: the artist, a line per work, comments for what is not known."""
    lines = [f"@ {_linked(report.act.musicbrainz_id, report.act.name or 'Unknown artist')}"]
    before = "main"
    for run in _runs(report):
        section = run[0].section
        if section != before:
            lines += ["", f"# {section.capitalize()}"]
        before = section
        lines += ["# Medley"] if run[0].kind is ItemKind.MEDLEY_PART else []
        lines += [_brainz_line(item, report) for item in run]
    return "\n".join(lines) + "\n"


def _runs(report: SetlistReport) -> Iterator[list[Item]]:
    """The lines of the night in order; the parts of one medley come together."""
    shown = [item for item in report.items if _is_shown(item)]
    for (is_part, _), items in groupby(shown, key=_medley_of):
        run = list(items)
        yield from [run] if is_part else ([item] for item in run)


def _is_shown(item: Item) -> bool:
    is_tape = item.usage is Usage.PLAYBACK_TAPE
    return (
        item.usage in _SHOWN
        and item.kind is not ItemKind.MEDLEY
        and not words.is_rejected(item)
        and not (is_tape and not _is_stated(item))
    )


def _medley_of(item: Item) -> tuple[bool, str]:
    is_part = item.kind is ItemKind.MEDLEY_PART
    return is_part, f"{item.section} {item.part_of}" if is_part else ""


def _is_stated(item: Item) -> bool:
    """Whether a person stands behind the name."""
    return item.work is not None and item.decision.status is not Status.PENDING and item.usage is not Usage.UNCLEAR


def _fm_song(item: Item, report: SetlistReport) -> str:
    if not _is_stated(item):
        return f"Unknown @Info[not identified, {_when(item, report)}]"
    title = re.sub(r"\s+/\s+", "/", item.work.title) if item.work else ""
    return " ".join([_fm_plain(title), *_fm_tags(item)])


def _fm_tags(item: Item) -> list[str]:
    artist = item.matched_recording.original_artist if item.matched_recording else None
    cover = [f"@Cover[{_fm_plain(artist)}]"] if item.origin == "cover" and artist else []
    notes = [item.kind.value] if item.kind in (ItemKind.SNIPPET, ItemKind.IMPROVISATION) else []
    notes += [f"{item.times_performed} times"] if item.times_performed > 1 else []
    tape = ["@Tape[]"] if item.usage is Usage.PLAYBACK_TAPE else []
    return cover + ([f"@Info[{', '.join(notes)}]"] if notes else []) + tape


def _fm_plain(text: str) -> str:
    """Square brackets and at-signs would begin a tag; there is no way to escape them."""
    return " ".join(text.replace("[", "(").replace("]", ")").replace("@", "at ").split())


def _brainz_line(item: Item, report: SetlistReport) -> str:
    if not _is_stated(item) or item.work is None:
        return f"# Not identified, {_when(item, report)}"
    line = f"* {_linked(item.work.society_ids.get(MUSICBRAINZ), item.work.title)}"
    if item.usage is Usage.PLAYBACK_TAPE:
        return f"# From tape: {_brainz_plain(item.work.title)}"
    return f"{line} ({item.kind.value})" if item.kind is ItemKind.SNIPPET else line


def _linked(mbid: str | None, text: str) -> str:
    return f"[{mbid}|{_brainz_plain(text)}]" if mbid else _brainz_plain(text)


def _brainz_plain(text: str) -> str:
    """One line in which nothing is taken for a link."""
    return " ".join("".join(_ENTITIES.get(letter, letter) for letter in text).split())


def _when(item: Item, report: SetlistReport) -> str:
    return f"{words.local_time(item.start_utc, report)}, {words.length(item.duration_s)}"
