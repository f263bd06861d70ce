"""A song list as people write one, and which works of the catalogue its lines mean.

A line is a title, `Title - Writer or artist`, an ISWC or a work key. Who wrote or recorded a song tells two songs of
one title apart; a line that still fits several works is answered with all of them, for a person to choose from.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from livecsi.catalogue.identifiers import folded, normal_iswc
from livecsi.catalogue.store import Recording, Work
from livecsi.errors import InputError

DASH = re.compile(r"\s+[-\u2013\u2014]\s+")
ISWC = re.compile(r"(ISWC\W*)?T([-.\s]*[0-9]){10}", re.IGNORECASE)


def read_song_list(path: Path) -> list[str]:
    """The lines of a file in the order they stand there, empty ones left out; raises InputError."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text", "save the list as plain text in UTF-8") from error
    return [line.strip() for line in lines if line.strip()]


def titles_in(line: str) -> set[str]:
    """The titles that a line may mean, folded: all of it, or what stands before one of its dashes."""
    return {folded(line), *(folded(line[: dash.start()]) for dash in DASH.finditer(line))} - {""}


class SongFinder:
    """Finds the works that a line may mean, from memory."""

    def __init__(self, works: Iterable[Work], recordings: Iterable[Recording]) -> None:
        self._works: dict[int, Work] = {}
        self._numbers: dict[str, int] = {}
        self._titles: dict[str, set[int]] = {}
        self._people: dict[int, set[str]] = {}
        for work in works:
            self._works[work.work_id] = work
            self._numbers |= {number: work.work_id for number in (work.work_key, work.iswc) if number}
            self._put(work.work_id, work.title, (writer.name for writer in work.writers))
        for recording in recordings:
            self._put(recording.work_id, recording.title, [recording.artist])

    def find(self, line: str) -> tuple[Work, ...]:
        """The works a line may mean: one, none, or several; raises ValueError on a mistyped ISWC."""
        number = normal_iswc(line) if ISWC.fullmatch(line) else line
        if number in self._numbers:
            return (self._works[self._numbers[number]],)
        found = self._titles.get(folded(line), set()) or self._by_title_and_person(line)
        return tuple(self._works[work_id] for work_id in sorted(found))

    def _by_title_and_person(self, line: str) -> set[int]:
        return {
            work_id
            for dash in DASH.finditer(line)
            for work_id in self._titles.get(folded(line[: dash.start()]), ())
            if self._may_be_by(work_id, line[dash.end() :])
        }

    def _may_be_by(self, work_id: int, person: str) -> bool:
        """Whether every word of the name is known with the work; of a work without names nobody can say no."""
        known = self._people[work_id]
        return not known or set(folded(person).split()) <= known

    def _put(self, work_id: int, title: str, people: Iterable[str]) -> None:
        self._titles.setdefault(folded(title), set()).add(work_id)
        words = {word for person in people for word in folded(person).split()}
        self._people[work_id] = self._people.get(work_id, set()) | words
