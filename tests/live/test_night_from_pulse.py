"""What `paplay` plays into a real PulseAudio is captured, named and written down by the real daemon, as a replay would.

Short form: two songs, one server killed and one frozen. Long form (`make test-live`): the whole concert, five of each.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
import soundfile

from livecsi.audio.recording import RecordingSource
from livecsi.clock import SystemClock, parse_utc
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import CLOSED, GAP, HEARD, OPENED
from livecsi.service.asking import ask_status
from livecsi.service.pipeline import Pipeline
from livecsi.settings import DecodingSettings, ServiceSettings
from livecsi.types import Performance
from tests.conftest import FIXTURES
from tests.pulse import PulseServer

HOP_SECONDS = 10.0
READY_SECONDS = 15.0
STOPPED_SECONDS = 5.0
GAP_EDGE_SECONDS = 0.5
PLAYER_STARTS_SECONDS = 0.5
SERVICE = ServiceSettings(port=19_424)


@dataclass
class Venue:
    """A sound server, a daemon that listens to it, and its ledger."""

    pulse: PulseServer
    state_dir: Path

    @contextmanager
    def daemon(self) -> Iterator[None]:
        """The daemon as a process of its own; left by SIGTERM, which it must obey in seconds."""
        environment = {
            **os.environ,
            **self.pulse.environment,
            "LIVECSI_STATE_DIR": str(self.state_dir),
            "LIVECSI_SERVICE__PORT": str(SERVICE.port),
        }
        process = subprocess.Popen([sys.executable, "-m", "livecsi.cli", "run"], env=environment)
        try:
            self.wait_for("listening", READY_SECONDS)
            yield
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
            assert time.monotonic() - began < STOPPED_SECONDS
        finally:
            process.kill()
            process.wait()

    def wait_for(self, state: str, timeout_seconds: float) -> float:
        """Wait for a state; how long it took."""
        began = time.monotonic()
        while self.state() != state:
            assert time.monotonic() - began < timeout_seconds, f"{self.state()!r} instead of {state!r}"
            time.sleep(0.05)
        return time.monotonic() - began

    def state(self) -> str:
        try:
            return str(ask_status(SERVICE)["state"])
        except Exception:  # not there yet
            return "absent"

    def events(self, kind: str) -> list[dict]:
        with Ledger.open(self.state_dir / "ledger.sqlite", SystemClock(), create=False) as ledger:
            assert ledger.verify() == []
            return [event.body for event in ledger.events(kind)]


@pytest.fixture
def venue(prepared, tmp_path) -> Iterator[Venue]:
    shutil.copy(prepared.settings.catalogue_path, tmp_path / "catalogue.sqlite")
    with PulseServer() as pulse:
        yield Venue(pulse, tmp_path)


def replayed(ear, identifier, path: Path) -> list[Performance]:
    with RecordingSource(path, DecodingSettings()) as source:
        return list(Pipeline(ear, identifier).listen(source).performances)


def assert_same_songs(venue: Venue, played_at: datetime, expected: list[Performance]) -> None:
    heard = venue.events(HEARD)
    assert [_title(body["best"]) for body in heard] == [p.best.title if p.best else None for p in expected]
    for body, performance in zip(heard, expected, strict=True):
        start, end = ((parse_utc(body[key]) - played_at).total_seconds() for key in ("start_utc", "end_utc"))
        assert start == pytest.approx(performance.start_seconds, abs=HOP_SECONDS)
        assert end == pytest.approx(performance.end_seconds, abs=HOP_SECONDS)


def _title(best: dict | None) -> str | None:
    return best["title"] if best else None


def test_two_songs_through_the_sound_server_are_written_down_as_their_replay(venue, ear, identifier, cut_file):
    expected = replayed(ear, identifier, cut_file)
    with venue.daemon():
        played_at = datetime.now(UTC)
        venue.pulse.play(cut_file).wait(200)
    assert_same_songs(venue, played_at, expected)
    (closed,) = venue.events(CLOSED)
    assert closed["coverage"]["gap_seconds"] < 3.0, "the sound card was there from the beginning"


@pytest.mark.live
@pytest.mark.timeout(1500)
def test_the_whole_concert(venue, ear, tmp_path):
    from livecsi.catalogue.ingest import ingest
    from livecsi.catalogue.songs_csv import read_songs_csv
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.service.books import identifier_of
    from livecsi.service.catalogue import refresh_cohort

    settings = ear.settings.model_copy(update={"state_dir": tmp_path})
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        list(ingest(catalogue, read_songs_csv(FIXTURES / "songs.csv"), ear.encode, ear.model_id))
    refresh_cohort(settings)
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        expected = replayed(ear, identifier_of(ear, catalogue), FIXTURES / "concert.ogg")
    with venue.daemon():
        played_at = datetime.now(UTC)
        venue.pulse.play(FIXTURES / "concert.ogg").wait(1200)
    assert_same_songs(venue, played_at, expected)


@pytest.mark.parametrize(
    "faults",
    [
        ("killed", "frozen"),
        pytest.param(("killed",) * 5, marks=pytest.mark.live),
        pytest.param(("frozen",) * 5, marks=pytest.mark.live),
    ],
)
def test_a_sound_server_that_goes_away_in_mid_song_costs_a_gap_and_not_the_song(
    venue, cut_of_concert, tmp_path, faults
):
    song, rate = cut_of_concert[: 76 * 22_050], 22_050
    truth: list[tuple[datetime, datetime]] = []
    with venue.daemon():
        began = time.monotonic()
        venue.pulse.play(_from(song, rate, 0.0, tmp_path))
        for number, fault in enumerate(faults, start=1):
            time.sleep(max(0.0, began + number * 70.0 / (len(faults) + 1) - time.monotonic()))
            lost = datetime.now(UTC)
            venue.pulse.kill() if fault == "killed" else venue.pulse.freeze()
            assert venue.wait_for("waiting for device", 2.0) < 2.0
            venue.pulse.restart() if fault == "killed" else venue.pulse.thaw()
            back = time.monotonic()
            venue.wait_for("listening", 10.0)
            truth.append((lost, datetime.now(UTC)))
            assert time.monotonic() - back < 10.0
            venue.pulse.play(_from(song, rate, time.monotonic() - began + PLAYER_STARTS_SECONDS, tmp_path))
        time.sleep(max(0.0, began + 80.0 - time.monotonic()))
    (heard,) = venue.events(HEARD)
    assert heard["best"]["title"] == "Korobeiniki"
    with Ledger.open(venue.state_dir / "ledger.sqlite", SystemClock(), create=False) as ledger:
        started_at = parse_utc(ledger.events(OPENED)[0].body["started_at"])
    gaps = [gap for gap in venue.events(GAP) if gap["reason"] in ("device_lost", "stalled")]
    assert len(gaps) == len(faults)
    for gap, (lost, back_at) in zip(gaps, truth, strict=True):
        assert gap["start_seconds"] == pytest.approx((lost - started_at).total_seconds(), abs=GAP_EDGE_SECONDS)
        assert gap["end_seconds"] == pytest.approx((back_at - started_at).total_seconds(), abs=GAP_EDGE_SECONDS)


def _from(song, rate: int, seconds: float, folder: Path) -> Path:
    """The song from here on: the band plays while the sound server is away."""
    path = folder / f"from-{seconds:.3f}.wav"
    soundfile.write(path, song[int(seconds * rate) :], rate)
    return path
