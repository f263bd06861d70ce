"""The whole house in one go on the fixture concert: ingest, replay, report, and the truth beside what was heard."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from livecsi.catalogue.ingest import Status, ingest
from livecsi.catalogue.songs_csv import read_songs_csv
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import SystemClock
from livecsi.errors import FindingsError, InputError
from livecsi.evaluation.setlists import SetlistFigures, heard_of, setlist_figures
from livecsi.evaluation.tables import TrueSegment, read_truth
from livecsi.ledger.ledger import Ledger
from livecsi.reports.build import reports_of_night
from livecsi.reports.render import Format, render
from livecsi.service.catalogue import encoder, refresh_cohort
from livecsi.service.listener import Hearing
from livecsi.service.pipeline import Progress
from livecsi.service.replay import replay
from livecsi.settings import Settings, VenueSettings
from livecsi.types import Performance

STARTED_AT = datetime(2024, 5, 1, 17, 30, tzinfo=UTC)
ACT = "The Fixtures"
VENUE = VenueSettings(name="The Demonstration Hall", city="Helsinki", country="FI", timezone="Europe/Helsinki")
FORMS: tuple[Format, ...] = ("json", "html", "pdf")


@dataclass(frozen=True, slots=True)
class Line:
    """One stretch of the truth and the performance that overlaps it most; either may be missing."""

    truth: TrueSegment | None
    heard: Performance | None


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What a demonstration found and where it wrote it."""

    lines: tuple[Line, ...]
    titles: dict[str, str]
    figures: SetlistFigures
    reports: tuple[Path, ...]


def fixtures_folder() -> Path:
    """The fixtures of the checkout; raises InputError when livecsi was installed without them."""
    folder = Path(__file__).resolve().parents[2] / "fixtures"
    if not (folder / "concert.ogg").is_file():
        raise InputError(f"{folder}: no fixture concert", "run the demonstration from a checkout of the repository")
    return folder


def demonstrate(settings: Settings, say: Callable[[str], None], progress: Progress = lambda _: None) -> Demonstration:
    """Run everything in the state directory of `settings`, which should be a fresh one."""
    fixtures = fixtures_folder()
    venue = VENUE.model_copy(update={"language": settings.venue.language})
    settings = settings.model_copy(update={"venue": venue})
    titles = _ingest(settings, fixtures, say)
    outcome = replay(settings, fixtures / "concert.ogg", STARTED_AT, ACT, progress)
    if outcome.hearing is None:
        raise FindingsError(f"{settings.state_dir} has this demonstration already", "choose an empty --state-dir")
    truth = read_truth(fixtures / "truth.csv")
    with Catalogue.open(settings.catalogue_path, SystemClock(), create=False) as catalogue:
        names = {work.work_id: work.work_key for work in catalogue.works()}
    hearing = outcome.hearing
    figures = setlist_figures(heard_of(hearing.performances, names), truth, hearing.duration_seconds)
    reports = tuple(_write_reports(settings))
    return Demonstration(tuple(_beside(hearing, truth)), titles, figures, reports)


def _ingest(settings: Settings, fixtures: Path, say: Callable[[str], None]) -> dict[str, str]:
    """Ingest the studio songs; returns title by work key."""
    ear = encoder(settings)
    entries = read_songs_csv(fixtures / "songs.csv")
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        for verdict in ingest(catalogue, entries, ear.encode, ear.model_id):
            say(f"{verdict.status:7} {verdict.path.name}")
            if verdict.status is Status.FAILED:
                raise InputError(verdict.message, "restore the fixtures")
        titles = {work.work_key: work.title for work in catalogue.works()}
    refresh_cohort(settings)
    return titles


def _write_reports(settings: Settings) -> Iterator[Path]:
    settings.reports_dir.mkdir(parents=True, exist_ok=True)
    with Ledger.open(settings.ledger_path, SystemClock(), create=False) as ledger:
        (report,) = reports_of_night(ledger, STARTED_AT.date()).values()
    for form in FORMS:
        path = settings.reports_dir / f"setlist-{STARTED_AT.date()}.{form}"
        path.write_bytes(render(report, form, language_code=settings.venue.language))
        yield path


def _beside(hearing: Hearing, truth: list[TrueSegment]) -> list[Line]:
    """Truth and hearing side by side in order of time; what was heard where nothing was played stands alone."""
    used, lines = set(), []
    for segment in truth:
        if segment.kind.is_music:
            overlaps = [(_overlap(p, segment), i) for i, p in enumerate(hearing.performances)]
            overlap, best = max(overlaps, default=(0.0, -1))
            used |= {best} if overlap > 0 else set()
            lines.append(Line(segment, hearing.performances[best] if overlap > 0 else None))
    lines += [Line(None, p) for i, p in enumerate(hearing.performances) if i not in used]
    return sorted(lines, key=_start)


def _start(line: Line) -> float:
    if line.truth is not None:
        return line.truth.start_seconds
    return line.heard.start_seconds if line.heard is not None else 0.0


def _overlap(performance: Performance, segment: TrueSegment) -> float:
    return min(performance.end_seconds, segment.end_seconds) - max(performance.start_seconds, segment.start_seconds)
