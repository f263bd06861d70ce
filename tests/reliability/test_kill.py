"""Power cuts at random instants: what the ledger acknowledged stays, and the night goes on as if nothing had been."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import HeardSession, sessions_by_report
from livecsi.ledger.sessions import OPENED
from livecsi.service.live_session import RESTART
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.conftest import CUT_SECONDS, CUT_TRUTH
from tests.reliability.daemon import READY_SECONDS, LiveDaemon, Player

SPEED = 16.0
BEGUN_SECONDS = 45.0
"""By then the ledger knows of the session."""
LOST_SECONDS = 2.0
HOP_SECONDS = 10.0


class Band:
    """Plays on while daemon after daemon is killed."""

    def __init__(
        self, folder: Path, ledger: Callable[[], AbstractContextManager[Ledger]], samples: np.ndarray, seed: int
    ) -> None:
        self.lives: list[tuple[float, float]] = []
        """Where the session stood when a daemon was ready, and a moment before it was killed."""
        self.starts_seconds: list[float] = []
        self._folder, self._ledger, self._samples, self._chance = folder, ledger, samples, random.Random(seed)
        self._acknowledged: list[str] = []

    def play(self, kills: int) -> None:
        """From the first note to the last, with so many power cuts."""
        with LiveDaemon(self._folder) as daemon:
            daemon.ready()
            Player(daemon, self._samples[: int(BEGUN_SECONDS * SAMPLE_RATE_HERTZ)])
            daemon.heard(BEGUN_SECONDS - 1)
            self._kill(daemon, 0.0)
        for left in range(kills - 1, 0, -1):
            with LiveDaemon(self._folder) as daemon:
                if self._chance.random() < 0.2:
                    time.sleep(self._chance.uniform(0.0, 1.0))  # dead before it is ready
                else:
                    self._go_on(daemon, left)
        with LiveDaemon(self._folder) as daemon:
            self._play_on(daemon)[1].finish(120)
            assert daemon.wait() == 0
        self._check()

    def _go_on(self, daemon: LiveDaemon, left: int) -> None:
        begin_seconds, player = self._play_on(daemon)
        rest_seconds = len(self._samples) / SAMPLE_RATE_HERTZ - begin_seconds
        time.sleep(self._chance.uniform(0.0, 2.0 * max(0.0, rest_seconds) / (left + 1) / SPEED))
        self._kill(daemon, begin_seconds)
        player.stop()

    def _play_on(self, daemon: LiveDaemon) -> tuple[float, Player]:
        """The band did not wait: it is where the daemon believes to be after its absence."""
        self.starts_seconds.append(daemon.ready())
        now_seconds = daemon.status()["heard_seconds"]
        return now_seconds, Player(daemon, self._samples[round(now_seconds * SAMPLE_RATE_HERTZ) :], SPEED)

    def _kill(self, daemon: LiveDaemon, begin_seconds: float) -> None:
        self.lives.append((begin_seconds, daemon.status()["heard_seconds"]))
        daemon.kill()
        self._check()

    def _check(self) -> None:
        with self._ledger() as kept:
            assert kept.verify() == []
            events = [event.hash for event in kept.events()]
        assert events[: len(self._acknowledged)] == self._acknowledged, "an event that was acknowledged is gone"
        self._acknowledged = events


def check_the_night(ledger, band: Band) -> HeardSession:
    """One session, with a gap for every death that begins less than two seconds before it."""
    with ledger() as kept:
        assert len(kept.events(OPENED)) == 1
        ((session,),) = sessions_by_report(kept).values()
    gaps = [event.body for event in session.gaps]
    assert {gap["reason"] for gap in gaps} == {RESTART}
    assert all(before["end_seconds"] <= gap["start_seconds"] for before, gap in zip(gaps, gaps[1:], strict=False))
    begins = [gap["start_seconds"] for gap in gaps]
    lost = [death - max(birth, *(begin for begin in begins if begin < death + 1), 0.0) for birth, death in band.lives]
    print(f"{len(lost)} kills, lost at most {max(lost):.2f} s, ready after at most {max(band.starts_seconds):.1f} s")
    assert max(lost) <= LOST_SECONDS
    assert max(band.starts_seconds) < READY_SECONDS
    for event in session.performances:
        start, end = event.body["start_seconds"], event.body["end_seconds"]
        inside = [min(gap["end_seconds"], end) - max(gap["start_seconds"], start) for gap in gaps]
        assert event.body["gap_seconds"] == pytest.approx(sum(max(0.0, seconds) for seconds in inside), abs=0.01)
    return session


def test_a_night_survives_six_power_cuts(folder, ledger, concert):
    first, last = (second * SAMPLE_RATE_HERTZ for second in CUT_SECONDS)
    band = Band(folder, ledger, concert[first:last], seed=6)
    band.play(kills=6)
    session = check_the_night(ledger, band)
    heard = [event.body for event in session.performances]
    assert [body["best"]["facts"]["work_key"] for body in heard] == [key for key, _, _ in CUT_TRUTH]
    away_seconds = max(event.body["end_seconds"] - event.body["start_seconds"] for event in session.gaps)
    for body, (_, start, end) in zip(heard, CUT_TRUTH, strict=True):
        edges = body["start_seconds"], body["end_seconds"]
        assert edges == pytest.approx((start, end), abs=HOP_SECONDS + away_seconds)
        assert body["gap_seconds"] > 0


def test_twenty_power_cuts_lose_nothing_and_make_no_wrong_name(folder, ledger, concert):
    """One every seven seconds leaves too little of a song for every name; one that is there has to be right."""
    first, last = (second * SAMPLE_RATE_HERTZ for second in CUT_SECONDS)
    band = Band(folder, ledger, concert[first:last], seed=20)
    band.play(kills=20)
    best = [event.body["best"] for event in check_the_night(ledger, band).performances]
    assert {one["facts"]["work_key"] for one in best if one} <= {key for key, _, _ in CUT_TRUTH}


def test_a_torn_journal_costs_its_night_and_no_other(folder, ledger, concert):
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        Player(daemon, concert[: 60 * SAMPLE_RATE_HERTZ])
        daemon.heard(59)
        session_id = daemon.status()["session_id"]
        daemon.kill()
    (folder / "journal.sqlite").write_bytes(b"torn")
    with LiveDaemon(folder) as daemon:
        assert daemon.ready() < READY_SECONDS
        (line,) = [line for line in daemon.log() if line["event"] == "a new journal is begun"]
        assert "damaged" in line["reason"] and (folder / "journal.sqlite.damaged").exists()
    with ledger() as kept:
        ((session,),) = sessions_by_report(kept).values()
    assert session.session_id == session_id and session.closed is not None


@pytest.mark.live
@pytest.mark.timeout(1800)
def test_a_concert_with_twenty_power_cuts_keeps_its_names(folder, ledger, concert):
    band = Band(folder, ledger, concert, seed=20)
    band.play(kills=20)
    titles = [
        event.body["best"] and event.body["best"]["title"] for event in check_the_night(ledger, band).performances
    ]
    assert [title for title in titles if title] == ["Korobeiniki", "Auld Lang Syne"]


@pytest.mark.live
@pytest.mark.timeout(3600)
def test_nothing_acknowledged_is_lost_in_two_hundred_power_cuts(folder, ledger, concert):
    """One every five seconds: half of each song is missing, so nobody asks for names."""
    band = Band(folder, ledger, concert, seed=200)
    band.play(kills=200)
    check_the_night(ledger, band)
