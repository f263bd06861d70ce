"""One recording, one report: whatever the size of the pieces, and whether it came at once or as it was played.

The reports are equal byte for byte, ids and the ledger's own hashes included, because each is written into a ledger of
its own under one clock and one beginning. Nothing has to be left out of the comparison.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from livecsi.audio.recording import RecordingSource
from livecsi.audio.source import Source
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import Anchor
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import Sessions, SessionStart
from livecsi.reports.build import reports_of_night
from livecsi.reports.render import render
from livecsi.service.listener import Hearing
from livecsi.service.pipeline import Pipeline
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap
from tests.fakes import FakeClock

STARTED_AT = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)
CUT_SECONDS = 132
CHUNKS_SAMPLES = (441, 1024, 22_050, 1_000_003)
FORMS = ("json", "table", "csv", "html", "text", "setlistfm", "musicbrainz")


class PacedSource:
    """Pieces of another source, each when it would have been over had it been played `speed` times as fast."""

    def __init__(self, pieces: Iterable[Block | Gap], clock: FakeClock, speed: float) -> None:
        self.name, self.duration_seconds = "paced", None
        self._pieces, self._clock, self._speed = pieces, clock, speed

    def __enter__(self) -> "PacedSource":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Block | Gap]:
        began = self._clock.monotonic_seconds()
        for piece in self._pieces:
            due_seconds = began + piece.last_sample / SAMPLE_RATE_HERTZ / self._speed
            self._clock.advance(max(0.0, due_seconds - self._clock.monotonic_seconds()))
            yield piece


def heard(ear, identifier, source: Source) -> Hearing:
    with source:
        return Pipeline(ear, identifier).listen(source)


def reports(folder: Path, hearing: Hearing, catalogue: Catalogue) -> dict[str, bytes]:
    """The hearing written into a ledger of its own, and every form of its report."""
    start = SessionStart(
        key="cut", input_kind="recording", input_name="cut.flac", input_sha256="5e" * 32, started_at=STARTED_AT,
        act="The Fixtures", venue={"name": "The Shed"}, stage="main", timezone="Europe/Helsinki",
        night=STARTED_AT.date(), model_id="m", catalogue_id="c", config_hash="f", software="livecsi",
    )  # fmt: skip
    with Ledger.open(folder / "ledger.sqlite", FakeClock()) as ledger:
        sessions = Sessions(ledger)
        session_id, ended_at = sessions.open(start), Anchor(STARTED_AT).at(hearing.duration_seconds)
        sessions.finish(
            session_id, hearing.performances, STARTED_AT, catalogue.describe, ended_at, hearing.coverage()
        )  # fmt: skip
        (report,) = reports_of_night(ledger, STARTED_AT.date()).values()
    return {form: render(report, form) for form in FORMS}


@pytest.fixture(scope="module")
def catalogue(prepared):
    with Catalogue.open(prepared.settings.catalogue_path, FakeClock(), create=False) as opened:
        yield opened


@pytest.fixture(scope="module")
def expected(ear, identifier, cut_file, catalogue, tmp_path_factory) -> dict[str, bytes]:
    """As a replay reads it: in pieces of a second, as fast as the machine goes."""
    hearing = heard(ear, identifier, RecordingSource(cut_file, ear.settings.decoding))
    assert [p.best.title for p in hearing.performances] == ["Korobeiniki", "Auld Lang Syne"]
    return reports(tmp_path_factory.mktemp("expected"), hearing, catalogue)


@pytest.mark.parametrize("chunk_samples", CHUNKS_SAMPLES)
def test_pieces_of_any_size_make_one_report(ear, identifier, cut_file, catalogue, expected, tmp_path, chunk_samples):
    source = RecordingSource(cut_file, ear.settings.decoding, chunk_samples)
    assert reports(tmp_path, heard(ear, identifier, source), catalogue) == expected


@pytest.mark.parametrize("speed", [1, 8])
def test_as_it_was_played_and_eight_times_as_fast_make_one_report(
    ear, identifier, cut_file, catalogue, expected, tmp_path, speed
):
    clock = FakeClock()
    with RecordingSource(cut_file, ear.settings.decoding, 2205) as recording:
        hearing = heard(ear, identifier, PacedSource(recording, clock, speed))
    assert clock.monotonic_seconds() == pytest.approx(CUT_SECONDS / speed)
    assert reports(tmp_path, hearing, catalogue) == expected
