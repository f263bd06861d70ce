"""Plans, the catalogue and the review side by side: what is expected of a night, and what came of it.

A plan is a prior and a diff. It makes the works it is sure of a little easier to hear, and it is held against the list
afterwards; it never adds a line to one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from livecsi.catalogue.identifiers import folded
from livecsi.catalogue.song_list import SongFinder, titles_in
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import SystemClock
from livecsi.errors import FindingsError, InputError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.lines import PERFORMED, ItemKind, Line, Status
from livecsi.ledger.night import ReportKey, sessions_by_report
from livecsi.ledger.plans import (
    Plan,
    PlannedSong,
    PlannedWork,
    announced_as,
    plans,
    repertoire,
    withdraw,
    write_plans,
)
from livecsi.ledger.review import review_of
from livecsi.service.announcements import Announcement
from livecsi.settings import Settings

EARLY = timedelta(minutes=15)
"""An act may begin this much before its time."""
SEE_PLANS = "see `livecsi nights plan --show`"


@dataclass(frozen=True, slots=True)
class Diff:
    """A plan held against the list as it stands; `unnamed` counts performances that could be anything."""

    key: ReportKey
    planned_and_heard: tuple[tuple[PlannedSong, Line], ...]
    planned_not_heard: tuple[PlannedSong, ...]
    heard_not_planned: tuple[Line, ...]
    unnamed: int


@dataclass(frozen=True, slots=True)
class News:
    """What an announcement changed: the plans that were news, and the acts that will not play after all."""

    planned: list[Plan]
    withdrawn: list[ReportKey]


def announce(settings: Settings, ledger: Ledger, announced: Sequence[Announcement], by: str) -> News:
    """Write down what is announced, an act without songs with its own repertoire, and withdraw what is cancelled.

    Raises InputError on a mistyped ISWC. Without a catalogue no song is found.
    """
    finder = _finder(settings)
    with ledger.transaction():
        gone = _gone(ledger, announced)
        coming = [_plan(ledger, finder, one, by) for one in announced if not one.is_cancelled]
        return News(write_plans(ledger, coming), withdraw(ledger, gone, by))


def cancel(ledger: Ledger, night: date, act: str, stage: str | None, by: str) -> list[ReportKey]:
    """Withdraw the plans of an act in a night; raises FindingsError when there is none."""
    meant = [key for key in plans(ledger, night) if key.act == act and stage in (None, key.stage)]
    if not meant:
        raise FindingsError(f"nothing is planned for {act!r} in the night of {night}", SEE_PLANS)
    return withdraw(ledger, meant, by)


def plan_on_stage(ledger: Ledger, night: date, stage: str, now: datetime, act: str | None) -> Plan | None:
    """Whose time it is: of the acts announced for a stage the latest to have begun, or the only one.

    `act` restricts it to one. Several acts without times leave it open.
    """
    mine = [p for key, p in plans(ledger, night).items() if key.stage == stage and act in (None, key.act)]
    timed = sorted((p.start, p.key.act, p) for p in mine if p.start is not None)
    if timed:
        begun = [plan for start, _, plan in timed if start <= now + EARLY]
        return begun[-1] if begun else timed[0][2]
    return mine[0] if len(mine) == 1 else None


def planned_works(plan: Plan, catalogue: Catalogue) -> set[int]:
    """The works that a plan is sure of, in the catalogue as it is now."""
    finder = SongFinder(catalogue.works(), catalogue.recordings())
    found = [finder.find(song.text) for song in plan.songs]
    return {works[0].work_id for works in found if len(works) == 1}


def diffs(ledger: Ledger, night: date, act: str | None) -> list[Diff]:
    """Every plan of a night, or of one act in it, held against its list; raises FindingsError when there is none."""
    meant = [plan for key, plan in plans(ledger, night).items() if act in (None, key.act)]
    if not meant:
        whose = f" for {act!r}" if act else ""
        raise FindingsError(f"nothing is planned{whose} in the night of {night}", SEE_PLANS)
    heard = sessions_by_report(ledger, night)
    return [_diff(plan, review_of(ledger, plan.key, heard.get(plan.key, [])).lines) for plan in meant]


def _gone(ledger: Ledger, announced: Sequence[Announcement]) -> set[ReportKey]:
    """Where events stood before they were moved, renamed or cancelled, unless another of them stands there now."""
    known = announced_as(ledger)
    coming = {one.key for one in announced if not one.is_cancelled}
    return {known.get(one.uid or "", one.key) for one in announced} - coming


def _finder(settings: Settings) -> SongFinder:
    if not settings.catalogue_path.exists():
        return SongFinder([], [])
    with Catalogue.open(settings.catalogue_path, SystemClock(), create=False) as catalogue:
        return SongFinder(catalogue.works(), catalogue.recordings())


def _plan(ledger: Ledger, finder: SongFinder, one: Announcement, by: str) -> Plan:
    known = [] if one.songs else repertoire(ledger, one.act, one.night)
    songs = tuple(_look_up(finder, text) for text in one.songs or known)
    return Plan(one.key, songs, "repertoire" if known else "list", by, one.start, one.uid)


def _look_up(finder: SongFinder, text: str) -> PlannedSong:
    try:
        works = finder.find(text)
    except ValueError as error:
        raise InputError(str(error), "correct it in the song list") from error
    return PlannedSong(text, tuple(PlannedWork(work.work_key, work.title) for work in works))


def _diff(plan: Plan, lines: Sequence[Line]) -> Diff:
    """Every planned song takes the first line of its work that no other song has taken."""
    left = [line for line in lines if _is_played(line)]
    pairs: list[tuple[PlannedSong, Line]] = []
    missing: list[PlannedSong] = []
    for song in plan.songs:
        line = next((line for line in left if _is_same(song, line)), None)
        if line is None:
            missing.append(song)
        else:
            left.remove(line)
            pairs.append((song, line))
    unnamed = sum(line.named is None and line.status is Status.PENDING for line in lines)
    return Diff(plan.key, tuple(pairs), tuple(missing), tuple(left), unnamed)


def _is_played(line: Line) -> bool:
    is_work = line.named is not None and line.kind is not ItemKind.MEDLEY
    return is_work and line.usage in PERFORMED and line.status is not Status.REJECTED


def _is_same(song: PlannedSong, line: Line) -> bool:
    """By the key of the work, else by title: what the catalogue did not have may have been added by a person."""
    key = line.named["facts"].get("work_key") if line.named is not None else None
    titles = titles_in(song.text) | {folded(work.title) for work in song.works}
    is_known = key is not None and bool(song.works)
    return key in {work.work_key for work in song.works} if is_known else folded(line.title) in titles
