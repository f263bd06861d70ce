"""What `paplay` plays into a real PulseAudio is captured, named and written down by the real daemon, as a replay would.

Short form: two songs, one server killed and one frozen. Long form (`make test-live`): the whole concert, five of each.
"""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import soundfile

from livecsi.audio.recording import RecordingSource
from livecsi.clock import SystemClock, parse_utc
from livecsi.ledger.sessions import CLOSED, GAP, HEARD, OPENED
from livecsi.service.pipeline import Pipeline
from livecsi.service.status import State
from livecsi.settings import DecodingSettings
from livecsi.types import Performance
from tests.conftest import FIXTURES
from tests.reliability.daemon import LiveDaemon

HOP_SECONDS = 10.0
READY_SECONDS = 15.0
NOTICED_SECONDS = 2.0
BACK_SECONDS = 10.0
STOPPED_SECONDS = 5.0
GAP_EDGE_SECONDS = 0.5
PLAYER_STARTS_SECONDS = 0.5


@contextmanager
def listening(folder: Path) -> Iterator[LiveDaemon]:
    """The daemon on the sound server of the environment; left by SIGTERM, which it must obey in seconds."""
    with LiveDaemon(folder, settings={}) as daemon:
        daemon.ready()
        wait_for(daemon, State.LISTENING, READY_SECONDS)
        yield daemon
        began = time.monotonic()
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
        assert time.monotonic() - began < STOPPED_SECONDS


def wait_for(daemon: LiveDaemon, state: State, seconds: float) -> None:
    daemon.wait_for(lambda status: status["state"] == state, seconds)


@pytest.fixture
def events(ledger):
    """The bodies of one kind of event, from a ledger in order."""

    def found(kind: str) -> list[dict]:
        with ledger() as kept:
            assert kept.verify() == []
            return [event.body for event in kept.events(kind)]

    return found


def replayed(ear, identifier, path: Path) -> list[Performance]:
    with RecordingSource(path, DecodingSettings()) as source:
        return list(Pipeline(ear, identifier).listen(source).performances)


def assert_same_songs(heard: list[dict], played_at: datetime, expected: list[Performance]) -> None:
    assert [_title(body["best"]) for body in heard] == [p.best.title if p.best else None for p in expected]
    for body, performance in zip(heard, expected, strict=True):
        start, end = ((parse_utc(body[key]) - played_at).total_seconds() for key in ("start_utc", "end_utc"))
        assert start == pytest.approx(performance.start_seconds, abs=HOP_SECONDS)
        assert end == pytest.approx(performance.end_seconds, abs=HOP_SECONDS)


def _title(best: dict | None) -> str | None:
    return best["title"] if best else None


def test_two_songs_through_the_sound_server_are_written_down_as_their_replay(
    pulse, folder, events, ear, identifier, cut_file
):
    expected = replayed(ear, identifier, cut_file)
    with listening(folder):
        played_at = datetime.now(UTC)
        pulse.play(cut_file).wait(200)
    assert_same_songs(events(HEARD), played_at, expected)
    (closed,) = events(CLOSED)
    assert closed["coverage"]["gap_seconds"] < 3.0, "the sound card was there from the beginning"


@pytest.mark.live
@pytest.mark.timeout(1500)
def test_the_whole_concert(pulse, folder, events, ear):
    from livecsi.catalogue.ingest import ingest
    from livecsi.catalogue.songs_csv import read_songs_csv
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.service.books import identifier_of
    from livecsi.service.catalogue import refresh_cohort

    settings = ear.settings.model_copy(update={"state_dir": folder})
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        list(ingest(catalogue, read_songs_csv(FIXTURES / "songs.csv"), ear.encode, ear.model_id))
    refresh_cohort(settings)
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        expected = replayed(ear, identifier_of(ear, catalogue), FIXTURES / "concert.ogg")
    with listening(folder):
        played_at = datetime.now(UTC)
        pulse.play(FIXTURES / "concert.ogg").wait(1200)
    assert_same_songs(events(HEARD), played_at, expected)


@pytest.mark.parametrize(
    "faults",
    [
        ("killed", "frozen"),
        pytest.param(("killed",) * 5, marks=pytest.mark.live),
        pytest.param(("frozen",) * 5, marks=pytest.mark.live),
    ],
)
def test_a_sound_server_that_goes_away_in_mid_song_costs_a_gap_and_not_the_song(
    pulse, folder, events, cut_of_concert, tmp_path, faults
):
    song, rate = cut_of_concert[: 76 * 22_050], 22_050
    truth: list[tuple[datetime, datetime]] = []
    with listening(folder) as daemon:
        began = time.monotonic()
        pulse.play(_from(song, rate, 0.0, tmp_path))
        for number, fault in enumerate(faults, start=1):
            time.sleep(max(0.0, began + number * 70.0 / (len(faults) + 1) - time.monotonic()))
            lost = datetime.now(UTC)
            pulse.kill() if fault == "killed" else pulse.freeze()
            wait_for(daemon, State.WAITING, NOTICED_SECONDS)
            pulse.restart() if fault == "killed" else pulse.thaw()
            wait_for(daemon, State.LISTENING, BACK_SECONDS)
            truth.append((lost, datetime.now(UTC)))
            pulse.play(_from(song, rate, time.monotonic() - began + PLAYER_STARTS_SECONDS, tmp_path))
        time.sleep(max(0.0, began + 80.0 - time.monotonic()))
    (heard,) = events(HEARD)
    assert heard["best"]["title"] == "Korobeiniki"
    started_at = parse_utc(events(OPENED)[0]["started_at"])
    gaps = [gap for gap in events(GAP) if gap["reason"] in ("device_lost", "stalled")]
    assert len(gaps) == len(faults)
    for gap, (lost, back_at) in zip(gaps, truth, strict=True):
        assert gap["start_seconds"] == pytest.approx((lost - started_at).total_seconds(), abs=GAP_EDGE_SECONDS)
        assert gap["end_seconds"] == pytest.approx((back_at - started_at).total_seconds(), abs=GAP_EDGE_SECONDS)


def _from(song, rate: int, seconds: float, folder: Path) -> Path:
    """The song from here on: the band plays while the sound server is away."""
    path = folder / f"from-{seconds:.3f}.wav"
    soundfile.write(path, song[int(seconds * rate) :], rate)
    return path
