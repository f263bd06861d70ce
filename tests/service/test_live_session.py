"""A live night must end as a replay of its sound would, whatever happened to the machine and its clock meanwhile."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from livecsi.audio.recording import RecordingSource
from livecsi.ledger.night import HeardSession, sessions_by_report, sessions_of_night
from livecsi.ledger.sessions import CLOCK_STEP, GAP, OPENED, SETTLED, SUPERSEDED
from livecsi.service.live_session import LiveSession
from livecsi.service.pipeline import Pipeline
from livecsi.settings import DecodingSettings, VenueSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap
from tests.conftest import FIXTURES
from tests.fakes import FakeClock, FakeSource, cut
from tests.service.live import BLOCK_SAMPLES, Stage, stage


@pytest.fixture
def opened(ear, identifier, prepared, tmp_path):
    """Opens the stage in this test's folder; once more is a restart."""
    return lambda clock=None, listening=ear: stage(
        listening, identifier, prepared.settings.catalogue_path, tmp_path, clock
    )


def only_session(here: Stage) -> HeardSession:
    (sessions,) = sessions_by_report(here.ledger).values()
    (session,) = sessions
    return session


def lines(session: HeardSession) -> list[tuple[str, float, float]]:
    bodies = [event.body for event in session.performances]
    return [(body["best"]["title"], body["start_seconds"], body["end_seconds"]) for body in bodies]


def comparisons(here: Stage) -> float:
    return here.books.telemetry.registry.get_sample_value("livecsi_stage_seconds_count", {"stage": "match"}) or 0.0


def test_a_live_night_ends_as_its_replay(opened, ear, identifier, cut_of_concert):
    replayed = Pipeline(ear, identifier).listen(FakeSource(cut(cut_of_concert, SAMPLE_RATE_HERTZ)))
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "The Fixtures")
        here.play(session, cut_of_concert)
        session.finish()
        heard = only_session(here)
    assert lines(heard) == [(p.best.title, p.start_seconds, p.end_seconds) for p in replayed.performances]
    assert heard.closed.body["coverage"] == replayed.coverage()
    assert heard.ended_at == heard.started_at + timedelta(seconds=132)


def test_what_is_settled_stands_in_the_ledger_while_the_night_goes_on(opened, ear, identifier, monkeypatch):
    """The whole fixture concert: every settled line is there, and stays when the night is closed."""
    monkeypatch.setattr("livecsi.service.listener.REMEMBERED_ANSWERS", 4)  # as after a night of hundreds of stretches
    with RecordingSource(FIXTURES / "concert.ogg", DecodingSettings()) as source:
        pieces = list(source)
    replayed = Pipeline(ear, identifier).listen(FakeSource(pieces))
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        for piece in pieces[: 7 * 60]:
            session.accept(piece)
        running = only_session(here)
        assert running.is_running and running.closed is None
        settled = [(event.body["start_seconds"], event.body["end_seconds"]) for event in running.performances]
        assert len(settled) >= 2 and settled[-1][1] > 150
        for piece in pieces[7 * 60 :]:
            session.accept(piece)
        compared = comparisons(here)
        session.finish()
        assert comparisons(here) - compared <= 3, "what was settled is not compared again when somebody waits"
        done = only_session(here)
    final = [(event.body["start_seconds"], event.body["end_seconds"]) for event in done.performances]
    assert final == [(p.start_seconds, p.end_seconds) for p in replayed.performances]
    assert set(settled) <= set(final)


def test_after_a_restart_everything_is_as_likely_as_before(opened):
    """What is settled was weighed with windows that are forgotten while the night goes on."""
    with RecordingSource(FIXTURES / "concert.ogg", DecodingSettings()) as source:
        pieces = list(source)[: 6 * 60]
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        for piece in pieces:
            session.accept(piece)
        session.keep()
        before, settled_seconds = session.setlist, session.settled_seconds
    with opened() as here:
        again = LiveSession.resume(here.books, "")
        assert again is not None and again.settled_seconds == settled_seconds > 150
        after = [line for line in again.setlist if line.end_seconds <= settled_seconds]
    known = [line for line in before if line.end_seconds <= settled_seconds]
    assert len(known) >= 2
    assert [(line.best, line.start_seconds, line.confidence) for line in after] == [
        (line.best, line.start_seconds, pytest.approx(line.confidence, abs=0.02)) for line in known
    ]


def test_after_a_kill_the_song_goes_on_as_one_performance_with_a_gap(opened, cut_of_concert):
    clock = FakeClock()
    with opened(clock) as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert[: 42 * SAMPLE_RATE_HERTZ])
        first_id = session.record.session_id
    clock.advance(11.0)
    with opened(clock) as here:
        session = LiveSession.resume(here.books, None)
        assert session is not None and session.record.session_id == first_id
        here.play(session, cut_of_concert[53 * SAMPLE_RATE_HERTZ :])
        session.finish()
        heard = only_session(here)
        (gap,) = (event.body for event in here.ledger.events(GAP))
    assert gap["reason"] == "restart"
    assert 40 <= gap["start_seconds"] <= 42 and gap["end_seconds"] == pytest.approx(53, abs=0.01)
    (first, start, end), second = lines(heard)
    assert (first, second[0]) == ("Korobeiniki", "Auld Lang Syne")
    assert start < 10 and end == pytest.approx(75.8, abs=10)
    assert heard.performances[0].body["gap_seconds"] == pytest.approx(
        gap["end_seconds"] - gap["start_seconds"], abs=0.1
    )


def test_a_service_that_is_restarted_goes_on_with_the_night_it_had_closed(opened, cut_of_concert):
    clock = FakeClock()
    with opened(clock) as here:
        session = LiveSession.begin(here.books, "a microphone", "The Fixtures")
        here.play(session, cut_of_concert[: 60 * SAMPLE_RATE_HERTZ])
        session.finish()
        closed = only_session(here)
        assert [line[0] for line in lines(closed)] == ["Korobeiniki"]
    clock.advance(4.0)
    with opened(clock) as here:
        session = LiveSession.resume(here.books, "The Fixtures")
        here.play(session, cut_of_concert[64 * SAMPLE_RATE_HERTZ :])
        session.finish()
        again = only_session(here)
        (taken_back,) = here.ledger.events(SUPERSEDED)
    assert taken_back.body["session_id"] == closed.session_id != again.session_id
    assert [line[0] for line in lines(again)] == ["Korobeiniki", "Auld Lang Syne"]
    assert again.started_at == closed.started_at


def test_a_machine_that_was_off_for_long_finishes_the_old_night_and_begins_another(opened, cut_of_concert):
    clock = FakeClock()
    with opened(clock) as here:
        here.play(LiveSession.begin(here.books, "a microphone", ""), cut_of_concert[: 70 * SAMPLE_RATE_HERTZ])
    clock.advance(3600.0)
    clock.boot = "another boot"
    with opened(clock) as here:
        assert LiveSession.resume(here.books, None) is None
        heard = only_session(here)
        assert heard.closed is not None and [line[0] for line in lines(heard)] == ["Korobeiniki"]
        assert heard.ended_at <= heard.started_at + timedelta(seconds=75)
        assert LiveSession.resume(here.books, None) is None, "a night that is closed is not finished twice"
        assert len(here.ledger.events(OPENED)) == 1


def test_a_night_without_music_leaves_no_trace(opened, cut_of_concert):
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, 0.001 * cut_of_concert[: 5 * SAMPLE_RATE_HERTZ])
        session.accept(Gap(session.last_sample, session.last_sample + 40 * SAMPLE_RATE_HERTZ, "device_lost"))
        session.finish()
        assert here.ledger.events() == []


def test_a_gap_told_in_pieces_is_one_gap(opened, cut_of_concert):
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert[: 40 * SAMPLE_RATE_HERTZ])
        for _ in range(5):
            session.accept(Gap(session.last_sample, session.last_sample + SAMPLE_RATE_HERTZ, "stalled"))
        here.play(session, cut_of_concert[45 * SAMPLE_RATE_HERTZ : 60 * SAMPLE_RATE_HERTZ])
        (gap,) = (event.body for event in here.ledger.events(GAP))
    assert (gap["start_seconds"], gap["end_seconds"], gap["reason"]) == (40.0, 45.0, "stalled")


@pytest.mark.parametrize("step_seconds", [3600.0, -3600.0, 86_400.0, -86_400.0])
def test_a_wall_clock_that_is_set_changes_no_duration_and_no_order(opened, cut_of_concert, step_seconds):
    with opened() as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert[: 66 * SAMPLE_RATE_HERTZ])
        here.clock.step_wall(step_seconds)
        session.note_clock_step(step_seconds)
        here.play(session, cut_of_concert[66 * SAMPLE_RATE_HERTZ :])
        session.finish()
        heard = only_session(here)
        (step,) = (event.body for event in here.ledger.events(CLOCK_STEP))
        assert step["boot_id"] == here.clock.boot_id() and step["monotonic_seconds"] > 0
    assert (step["at_seconds"], step["step_seconds"]) == (66.0, step_seconds)
    assert [line[0] for line in lines(heard)] == ["Korobeiniki", "Auld Lang Syne"]
    starts = [event.body["start_utc"] for event in heard.performances]
    assert starts == sorted(starts)
    assert heard.ended_at - heard.started_at == timedelta(seconds=132)


def test_a_clock_that_was_wrong_until_the_network_came_dates_the_whole_night_anew(opened, cut_of_concert):
    clock = FakeClock(datetime(2024, 4, 3, 20, 0, tzinfo=UTC))
    clock.synchronised = False
    with opened(clock) as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert[: 66 * SAMPLE_RATE_HERTZ])
        clock.step_wall(28 * 86_400.0)
        clock.synchronised = True
        session.note_clock_step(28 * 86_400.0)
        here.play(session, cut_of_concert[66 * SAMPLE_RATE_HERTZ :])
        session.finish()
        heard = only_session(here)
    assert heard.started_at == datetime(2024, 5, 1, 20, 0, tzinfo=UTC)
    assert heard.start["night"] == "2024-05-01"
    assert [line[0] for line in lines(heard)] == ["Korobeiniki", "Auld Lang Syne"]


@pytest.mark.parametrize(
    ("zone", "began", "night"),
    [
        ("Europe/Helsinki", datetime(2024, 3, 31, 0, 59, 20, tzinfo=UTC), "2024-03-30"),
        ("Europe/Helsinki", datetime(2024, 10, 27, 0, 59, 20, tzinfo=UTC), "2024-10-26"),
        ("America/New_York", datetime(2024, 3, 10, 6, 59, 20, tzinfo=UTC), "2024-03-09"),
        ("America/New_York", datetime(2024, 11, 3, 5, 59, 20, tzinfo=UTC), "2024-11-02"),
        ("Europe/Helsinki", datetime(2024, 5, 1, 20, 59, 20, tzinfo=UTC), "2024-05-01"),
    ],
    ids=["spring in Helsinki", "autumn in Helsinki", "spring in New York", "autumn in New York", "midnight"],
)
def test_a_song_over_a_clock_change_or_midnight_keeps_its_length_and_its_night(
    opened, ear, cut_of_concert, zone, began, night, monkeypatch
):
    venue = VenueSettings(timezone=zone)
    monkeypatch.setattr(ear, "settings", ear.settings.model_copy(update={"venue": venue}))
    with opened(FakeClock(began)) as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert[: 75 * SAMPLE_RATE_HERTZ])
        session.finish()
        (heard,) = sessions_of_night(here.ledger, datetime.fromisoformat(night).date())
    ((title, start, end),) = lines(heard)
    before, after = (session.record.start.started_at + timedelta(seconds=s) for s in (start, end))
    assert title == "Korobeiniki" and 60 < end - start < 76
    assert (after - before).total_seconds() == pytest.approx(end - start)
    changes = before.astimezone(ZoneInfo(zone)).utcoffset() != after.astimezone(ZoneInfo(zone)).utcoffset()
    assert changes or before.astimezone(ZoneInfo(zone)).date() != after.astimezone(ZoneInfo(zone)).date()


def test_a_session_the_journal_knows_nothing_of_is_closed_with_what_was_settled(opened, cut_of_concert, tmp_path):
    clock = FakeClock()
    with opened(clock) as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        here.play(session, cut_of_concert)
        session.accept(Gap(session.last_sample, session.last_sample + 150 * SAMPLE_RATE_HERTZ, "device_lost"))
        session.accept(Block(session.last_sample, cut_of_concert[:BLOCK_SAMPLES]))
        settled = here.ledger.events(SETTLED)
        assert settled
    for path in tmp_path.glob("journal.sqlite*"):
        path.unlink()
    with opened(clock) as here:
        assert LiveSession.resume(here.books, None) is None
        (concluded,) = here.books.sessions.conclude_abandoned(but="")
        heard = only_session(here)
    assert concluded == heard.session_id and heard.closed is not None
    assert [event.body for event in heard.performances] == [event.body for event in settled]
