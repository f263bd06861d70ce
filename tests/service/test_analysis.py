"""Sessions come and go with the music, the night and the acts; the catalogue changes in mid-song; nothing is lost."""

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from livecsi.catalogue.sqlite import Catalogue
from livecsi.ledger.night import HeardSession, ReportKey, sessions_by_report
from livecsi.ledger.plans import Plan, withdraw, write_plans
from livecsi.ledger.sessions import CATALOGUE_CHANGED, CLOCK_STEP
from livecsi.service.analysis import Analysis
from livecsi.service.plans import plan_on_stage
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap
from tests.fakes import FakeClock, cut
from tests.service.live import BLOCK_SAMPLES, Stage, stage

NIGHT = date(2024, 5, 1)
EVENING = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)


class Microphone:
    """Plays into an analysis, counting from 0 as every source does, the clock beside it."""

    def __init__(self, here: Stage, analysis: Analysis) -> None:
        self.here, self.analysis, self.position = here, analysis, 0

    def play(self, samples: np.ndarray) -> None:
        for block in cut(samples, BLOCK_SAMPLES):
            self._accept(Block(self.position, block.samples))

    def lose(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self._accept(Gap(self.position, self.position + SAMPLE_RATE_HERTZ, "device_lost"))

    def _accept(self, piece: Block | Gap) -> None:
        self.here.clock.advance((piece.last_sample - self.position) / SAMPLE_RATE_HERTZ)
        self.position = piece.last_sample
        self.analysis.accept(piece)


@pytest.fixture
def catalogue_path(prepared, tmp_path) -> Path:
    return Path(shutil.copy(prepared.settings.catalogue_path, tmp_path / "catalogue.sqlite"))


@pytest.fixture
def opened(ear, identifier, catalogue_path, tmp_path):
    return lambda began=EVENING: stage(ear, identifier, catalogue_path, tmp_path, FakeClock(began))


def sessions(here: Stage) -> list[HeardSession]:
    return [session for group in sessions_by_report(here.ledger).values() for session in group]


def titles(session: HeardSession) -> list[str]:
    return [event.body["best"]["title"] for event in session.performances if event.body["best"]]


def test_half_an_hour_after_the_last_music_the_session_is_closed_and_the_next_song_begins_another(
    opened, cut_of_concert
):
    with opened() as here:
        analysis = Analysis(here.books, "a microphone", "The Fixtures")
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 76 * SAMPLE_RATE_HERTZ])
        microphone.lose(1900)
        (first,) = sessions(here)
        assert first.closed is not None and titles(first) == ["Korobeiniki"]
        microphone.play(cut_of_concert[82 * SAMPLE_RATE_HERTZ :])
        analysis.finish()
        first, second = sessions(here)
    assert titles(second) == ["Auld Lang Syne"]
    began = EVENING + timedelta(seconds=76 + 1900)
    sung = second.started_at + timedelta(seconds=second.performances[0].body["start_seconds"])
    assert abs((sung - began).total_seconds()) < 10


def test_when_the_night_is_over_the_next_pause_ends_the_session(opened, cut_of_concert):
    with opened(datetime(2024, 5, 2, 5, 59, 30, tzinfo=UTC)) as here:
        analysis = Analysis(here.books, "a microphone", None)
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 76 * SAMPLE_RATE_HERTZ])
        microphone.lose(150)
        (closed,) = sessions(here)
        assert closed.closed is not None and closed.start["night"] == "2024-05-01"
        assert analysis.view.night == date(2024, 5, 2)


def test_the_act_is_the_one_announced_for_this_hour_and_the_next_act_gets_a_list_of_its_own(opened, cut_of_concert):
    with opened() as here:
        announce(here, "The Openers", EVENING)
        announce(here, "The Headliners", EVENING + timedelta(minutes=17))
        analysis = Analysis(here.books, "a microphone", None)
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 76 * SAMPLE_RATE_HERTZ])
        assert analysis.view.act == "The Openers"
        microphone.lose(150)
        assert analysis.view.act == "The Headliners"
        microphone.play(cut_of_concert[82 * SAMPLE_RATE_HERTZ :])
        analysis.finish()
        heard = {session.start["act"]: titles(session) for session in sessions(here)}
    assert heard == {"The Openers": ["Korobeiniki"], "The Headliners": ["Auld Lang Syne"]}


def test_a_song_that_leaves_the_catalogue_in_mid_song_is_named_no_more(opened, cut_of_concert, catalogue_path):
    with opened() as here:
        analysis = Analysis(here.books, "a microphone", "")
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 50 * SAMPLE_RATE_HERTZ])
        assert [line.title for line in analysis.view.setlist] == ["Korobeiniki"]
        with Catalogue.open(catalogue_path, here.clock, create=False) as edited:
            (gone,) = (song for song in edited.recordings() if song.title == "Korobeiniki")
            edited.remove(gone.recording_id)
        microphone.play(cut_of_concert[50 * SAMPLE_RATE_HERTZ :])
        analysis.finish()
        (heard,) = sessions(here)
        (changed,) = (event.body for event in here.ledger.events(CATALOGUE_CHANGED))
        assert changed["catalogue_id"] == here.books.catalogue.fingerprint() == analysis.view.catalogue_id
    assert 50 <= changed["at_seconds"] <= 70
    assert titles(heard) == ["Auld Lang Syne"]
    assert [event.body["kind"] for event in heard.performances] == ["unknown", "song"]


def test_a_catalogue_that_is_emptied_is_not_taken_over(opened, cut_of_concert, catalogue_path):
    with opened() as here:
        analysis = Analysis(here.books, "a microphone", "")
        with Catalogue.open(catalogue_path, here.clock, create=False) as edited:
            for song in edited.recordings():
                edited.remove(song.recording_id)
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 50 * SAMPLE_RATE_HERTZ])
        assert analysis.view.songs == 3 and here.ledger.events(CATALOGUE_CHANGED) == []


def test_a_clock_that_is_set_is_noticed_and_written_down(opened, cut_of_concert):
    with opened() as here:
        analysis = Analysis(here.books, "a microphone", "")
        microphone = Microphone(here, analysis)
        microphone.play(cut_of_concert[: 40 * SAMPLE_RATE_HERTZ])
        here.clock.step_wall(-3600.0)
        microphone.play(cut_of_concert[40 * SAMPLE_RATE_HERTZ : 60 * SAMPLE_RATE_HERTZ])
        (step,) = (event.body for event in here.ledger.events(CLOCK_STEP))
    assert step["step_seconds"] == -3600.0 and 40 <= step["at_seconds"] <= 56


def test_another_source_follows_without_a_gap(opened, cut_of_concert):
    with opened() as here:
        analysis = Analysis(here.books, "a microphone", "")
        Microphone(here, analysis).play(cut_of_concert[: 40 * SAMPLE_RATE_HERTZ])
        analysis.new_source("another microphone")
        Microphone(here, analysis).play(cut_of_concert[40 * SAMPLE_RATE_HERTZ : 76 * SAMPLE_RATE_HERTZ])
        analysis.finish()
        (heard,) = sessions(here)
    assert titles(heard) == ["Korobeiniki"]
    assert heard.closed.body["coverage"]["listened_seconds"] == 76.0 and heard.gaps == []


def announce(here: Stage, act: str, start: datetime | None) -> None:
    write_plans(here.ledger, [Plan(ReportKey(NIGHT, act, "main"), (), "list", "the office", start)])


def test_whose_time_it_is(opened):
    with opened() as here:

        def asked(minutes: int, act: str | None = None) -> str | None:
            plan = plan_on_stage(here.ledger, NIGHT, "main", EVENING + timedelta(minutes=minutes), act)
            return plan.key.act if plan else None

        assert asked(0) is None
        announce(here, "The Only Ones", None)
        assert asked(0) == "The Only Ones" and asked(0, "Somebody Else") is None
        announce(here, "The Others", None)
        assert asked(0) is None, "two acts without times could both be on stage"
        announce(here, "The Openers", EVENING + timedelta(minutes=30))
        announce(here, "The Headliners", EVENING + timedelta(minutes=90))
        assert asked(0) == "The Openers"
        assert asked(74) == "The Openers" and asked(76) == "The Headliners" and asked(600) == "The Headliners"
        assert asked(600, "The Openers") == "The Openers"
        withdraw(here.ledger, [ReportKey(NIGHT, "The Headliners", "main")], "the office")
        assert asked(600) == "The Openers" and asked(600, "The Headliners") is None
