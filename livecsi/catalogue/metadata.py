"""What somebody says about works that are in the catalogue already: which work is meant, and what it changes.

A work is recognised by the user's own key, its ISWC, its MusicBrainz id or one of its recordings; else by its title
together with the artist of a recording or a writer already known. A title alone is never enough. What a person entered
overrules; what a public database says only fills gaps and replaces other proposals.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING

from livecsi.catalogue.credits import known_isnis, with_known_ipis
from livecsi.catalogue.identifiers import folded
from livecsi.catalogue.store import Recording, Work, Writer, WritersSource
from livecsi.catalogue.works import WorkTable
from livecsi.errors import InputError

if TYPE_CHECKING:
    from livecsi.catalogue.sqlite import Catalogue


@dataclass(frozen=True, slots=True)
class WorkFacts:
    """One row about a work, identifiers in their normal form; empty means that nothing was said."""

    source: WritersSource = "entered"
    work_key: str = ""
    title: str = ""
    artist: str = ""
    """Of a recording, to recognise the work by; never taken for a writer."""
    iswcs: tuple[str, ...] = ()
    musicbrainz_id: str = ""
    recording_ids: tuple[str, ...] = ()
    """MusicBrainz ids of recordings of the work."""
    writers: tuple[Writer, ...] = ()
    isnis: Mapping[str, str] = field(default_factory=dict)
    publishers: tuple[str, ...] = ()
    society_ids: Mapping[str, str] = field(default_factory=dict)
    public_domain: bool | None = None


class Outcome(StrEnum):
    """What became of one row."""

    UPDATED = "updated"
    KNOWN = "known"
    UNMATCHED = "unmatched"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class RowVerdict:
    """What became of one row, in a line for a person."""

    line_number: int
    outcome: Outcome
    message: str
    work_key: str | None = None
    is_foreign: bool = False
    """One of the millions of works of a public database that nobody here has a recording of."""


def import_works(catalogue: "Catalogue", rows: Iterable[tuple[int, WorkFacts | ValueError]]) -> Iterator[RowVerdict]:
    """Apply row by row, each on its own: an import that was interrupted is simply run again."""
    index = WorkIndex(catalogue.works(), catalogue.recordings())
    for line_number, facts in rows:
        if isinstance(facts, ValueError):
            yield RowVerdict(line_number, Outcome.FAILED, str(facts))
            continue
        try:
            yield _import_one(catalogue, index, line_number, facts)
        except InputError as error:
            yield RowVerdict(line_number, Outcome.FAILED, str(error))


def _import_one(catalogue: "Catalogue", index: "WorkIndex", line_number: int, facts: WorkFacts) -> RowVerdict:
    work_id = index.find(facts)
    if work_id is None:
        message = f"{facts.title or facts.work_key}: not in the catalogue"
        return RowVerdict(line_number, Outcome.UNMATCHED, message, is_foreign=facts.source != "entered")
    changed = catalogue.complete_work(work_id, facts)
    work = catalogue.work(work_id)
    index.put(work)
    outcome = Outcome.UPDATED if changed else Outcome.KNOWN
    return RowVerdict(line_number, outcome, f"{work.title}: {', '.join(changed) or 'nothing new'}", work.work_key)


def complete(table: WorkTable, work: Work, facts: WorkFacts) -> list[str]:
    """Bring a work in line with the facts; returns the names of what had to change."""
    facts = replace(facts, writers=with_known_ipis(facts.writers, work))
    changes = dict(_changes(table, work, facts))
    for change in changes.values():
        change()
    return list(changes)


def _changes(table: WorkTable, work: Work, facts: WorkFacts) -> Iterator[tuple[str, Callable[[], None]]]:
    """What has to change, by name, each with what brings it about."""
    work_id, overrules, iswc = work.work_id, facts.source == "entered", _new_iswc(work, facts)
    if facts.title and overrules and facts.title != work.title:
        yield "title", partial(table.set_title, work_id, facts.title)
    if iswc is not None:
        yield "iswc", partial(table.set_iswc, work_id, iswc)
    if facts.musicbrainz_id and work.musicbrainz_id != facts.musicbrainz_id and (overrules or not work.musicbrainz_id):
        yield "musicbrainz_id", partial(table.set_musicbrainz_id, work_id, facts.musicbrainz_id)
    if _brings_writers(work, facts):
        isnis = {**known_isnis(facts.writers, work), **facts.isnis}
        yield "writers", partial(table.set_writers, work_id, facts.writers, facts.source, isnis)
    if facts.publishers and facts.publishers != work.publishers and (overrules or not work.publishers):
        yield "publishers", partial(table.set_publishers, work_id, facts.publishers)
    if numbers := _new_society_ids(work, facts):
        yield "society_ids", partial(table.add_society_ids, work_id, numbers)
    if facts.public_domain is not None and facts.public_domain != work.public_domain:
        yield "public_domain", partial(table.set_public_domain, work_id, facts.public_domain)


def _new_iswc(work: Work, facts: WorkFacts) -> str | None:
    """One ISWC is an answer; several are a question that nobody here can decide."""
    if len(facts.iswcs) != 1 or work.iswc in facts.iswcs:
        return None
    return facts.iswcs[0] if facts.source == "entered" or work.iswc is None else None


def _new_society_ids(work: Work, facts: WorkFacts) -> dict[str, str]:
    """What a person says, and of a public database the societies of which the work has no number, however spelled."""
    known = {society.casefold() for society in work.society_ids} if facts.source != "entered" else set()
    return {
        society: number
        for society, number in facts.society_ids.items()
        if society.casefold() not in known and work.society_ids.get(society) != number
    }


def _brings_writers(work: Work, facts: WorkFacts) -> bool:
    has_new_isni = any(work.isnis.get(name) != isni for name, isni in facts.isnis.items())
    is_same = (work.writers, work.writers_source) == (facts.writers, facts.source)
    if not facts.writers or is_same and not has_new_isni:
        return False
    return facts.source == "entered" or not work.writers or work.writers_source != "entered"


class WorkIndex:
    """Finds the one work a row means, from memory: a dump has millions of rows, a catalogue thousands of works."""

    def __init__(self, works: Iterable[Work], recordings: Iterable[Recording]) -> None:
        self._works: dict[int, Work] = {}
        self._named: dict[tuple[str, str], int] = {}
        self._titles: dict[str, set[int]] = {}
        self._artists: dict[int, set[str]] = {}
        for work in works:
            self.put(work)
        for recording in recordings:
            self._titles.setdefault(folded(recording.title), set()).add(recording.work_id)
            self._artists.setdefault(recording.work_id, set()).add(folded(recording.artist))
            if recording.musicbrainz_id:
                self._named["recording", recording.musicbrainz_id] = recording.work_id

    def put(self, work: Work) -> None:
        """Take in a work, or what has changed about it."""
        self._works[work.work_id] = work
        self._titles.setdefault(folded(work.title), set()).add(work.work_id)
        for kind, name in (("key", work.work_key), ("iswc", work.iswc), ("work", work.musicbrainz_id)):
            if name:
                self._named[kind, name] = work.work_id

    def find(self, facts: WorkFacts) -> int | None:
        """The work the row means; None when it is none of ours, or could be two of them."""
        names = [("key", facts.work_key), ("work", facts.musicbrainz_id)]
        names += [("iswc", iswc) for iswc in facts.iswcs] + [("recording", mbid) for mbid in facts.recording_ids]
        for name in names:
            if name in self._named:
                return self._named[name]
        if facts.work_key:
            return None
        same = [work_id for work_id in self._titles.get(folded(facts.title), ()) if self._is_meant(work_id, facts)]
        return same[0] if len(same) == 1 else None

    def _is_meant(self, work_id: int, facts: WorkFacts) -> bool:
        """Whether more than the title speaks for the work, and no number against it."""
        work = self._works[work_id]
        other_iswc = work.iswc is not None and facts.iswcs and work.iswc not in facts.iswcs
        other_mbid = work.musicbrainz_id and facts.musicbrainz_id and work.musicbrainz_id != facts.musicbrainz_id
        if other_iswc or other_mbid:
            return False
        same_artist = bool(facts.artist) and folded(facts.artist) in self._artists.get(work_id, ())
        known = {folded(writer.name) for writer in work.writers}
        return same_artist or any(folded(writer.name) in known for writer in facts.writers)
