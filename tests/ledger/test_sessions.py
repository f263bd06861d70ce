"""What a replay or a capture writes, and which of it counts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from livecsi.clock import business_date
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger, canonical
from livecsi.ledger.night import nights, sessions_of_night
from livecsi.ledger.sessions import HEARD, SUPERSEDED, Sessions, SessionStart
from livecsi.settings import VenueSettings
from livecsi.types import Bands, Candidate, Kind, Performance, Support
from tests.fakes import FakeClock

STARTED_AT = datetime(2024, 5, 1, 18, 0, tzinfo=UTC)
START = SessionStart(
    key="k1", input_kind="recording", input_name="a.flac", input_sha256="aa", started_at=STARTED_AT, act="Aino",
    venue=VenueSettings(name="Kulma").model_dump(), stage="main", timezone="Europe/Helsinki", night=date(2024, 5, 1),
    model_id="m", catalogue_id="c", config_hash="h", software="livecsi 0",
)  # fmt: skip
MEASURED = Bands(0.95, 0.80, "calibrated")
BEST = Candidate(3, 2, "One", "Aino", 1.23456789, 0.97)
SONG = Performance(10.0004, 200.0, Kind.SONG, 0.97, 0.5, BEST, (Candidate(4, 4, "Two", "Ben", 0.1, 0.02),))


@pytest.fixture
def ledger(tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        yield ledger


def describe(candidate):
    return {"work_title": f"work of {candidate.title}"}


def finish(sessions, session_id, lines=(SONG,)):
    sessions.finish(session_id, lines, STARTED_AT, describe, STARTED_AT + timedelta(hours=1), {"music_seconds": 190.0})


def test_a_performance_is_written_with_all_it_needs(ledger):
    sessions = Sessions(ledger, MEASURED)
    finish(sessions, sessions.open(START))
    body = ledger.events(HEARD)[0].body
    assert (body["start_seconds"], body["end_seconds"]) == (10.0, 200.0)
    assert (body["start_utc"], body["end_utc"]) == ("2024-05-01T18:00:10.000Z", "2024-05-01T18:03:20.000Z")
    assert (body["kind"], body["best"]["title"]) == ("song", "One")
    assert (body["band"], body["band_basis"]) == ("high", "calibrated")
    assert body["best"]["facts"] == {"work_title": "work of One"}
    assert body["best"]["score"] == 1.2346
    assert [other["facts"]["work_title"] for other in body["alternatives"]] == ["work of Two"]
    assert ledger.verify() == []


def test_a_line_carries_the_windows_it_rests_on_in_few_letters(ledger):
    spans = tuple((10.0 * number, 10.0 * number + 60.0) for number in range(30))
    said = tuple((-1.0) ** number * number / 7 for number in range(30))
    best, *others = (
        replace(BEST, work_id=number, support=Support(spans, said, 1.23456, 2.34567)) for number in range(6)
    )
    sessions = Sessions(ledger, MEASURED)
    finish(sessions, sessions.open(START), [replace(SONG, best=best, alternatives=tuple(others)), SONG])
    with_windows, without = (event.body for event in ledger.events(HEARD))
    assert with_windows["windows"][:2] == [[0.0, 60.0], [10.0, 70.0]]
    support = with_windows["best"]["support"]
    assert support["window_log_odds"][:3] == [0.0, -0.14, 0.29]
    assert (support["whole_log_odds"], support["log_odds"]) == (1.2346, 2.3457)
    assert (without["windows"], "support" in without["best"]) == ([], False)
    long, short = (len(canonical({**body, "alternatives": []})) for body in (with_windows, without))
    for_alternatives = len(canonical(support)) * 5
    assert long - short + for_alternatives < 2500, "twenty songs, settled and heard, in less than 100 kB"


def test_music_without_a_name_is_written_too(ledger):
    sessions = Sessions(ledger)
    finish(sessions, sessions.open(START), [Performance(1.0, 20.0, Kind.UNKNOWN, 0.3, 0.0, None)])
    assert ledger.events(HEARD)[0].body["best"] is None


def test_a_performance_that_ends_before_it_begins_is_refused_and_nothing_is_written(ledger):
    sessions = Sessions(ledger)
    session_id = sessions.open(START)
    with pytest.raises(UsageError, match="cannot end"):
        finish(sessions, session_id, [SONG, replace(SONG, start_seconds=300.0)])
    assert ledger.events(HEARD) == []
    assert sessions.find_closed("k1") is None


def test_a_finished_session_is_found_by_its_key(ledger):
    sessions = Sessions(ledger)
    session_id = sessions.open(START)
    assert sessions.find_closed("k1") is None
    finish(sessions, session_id)
    assert sessions.find_closed("k1") == session_id
    assert sessions.find_closed("k2") is None


def test_a_session_of_the_same_audio_takes_the_place_of_the_old_one(ledger):
    sessions = Sessions(ledger)
    interrupted = sessions.open(START)
    second = sessions.open(START)
    finish(sessions, second)
    third = sessions.open(replace(START, key="k2", act="Aino and the Ruins"))
    finish(sessions, third)
    assert [event.body["session_id"] for event in ledger.events(SUPERSEDED)] == [interrupted, second]
    assert sessions.find_closed("k1") is None
    assert [session.session_id for session in sessions_of_night(ledger, START.night)] == [third]
    assert len({interrupted, second, third}) == 3


def test_a_second_replay_that_breaks_off_never_costs_the_night(ledger):
    sessions = Sessions(ledger)
    first = sessions.open(START)
    finish(sessions, first)
    second = sessions.open(replace(START, key="k2", act="Aino and the Ruins"))
    assert sessions.find_closed("k1") == first
    assert [session.session_id for session in sessions_of_night(ledger, START.night)] == [first]
    finish(sessions, second)
    assert [session.session_id for session in sessions_of_night(ledger, START.night)] == [second]


def test_two_replays_at_the_same_moment_leave_one_session(ledger):
    sessions = Sessions(ledger)
    slow, fast = sessions.open(START), sessions.open(START)
    finish(sessions, slow)
    finish(sessions, fast)
    assert [session.session_id for session in sessions_of_night(ledger, START.night)] == [fast]


def test_other_audio_and_other_times_stand_beside_each_other(ledger):
    sessions = Sessions(ledger)
    ids = [
        sessions.open(START),
        sessions.open(replace(START, input_sha256="bb")),
        sessions.open(replace(START, started_at=STARTED_AT + timedelta(hours=2))),
    ]
    assert len(sessions_of_night(ledger, START.night)) == len(set(ids)) == 3


def test_the_same_session_has_the_same_id_on_every_machine(ledger, tmp_path):
    with Ledger.open(tmp_path / "other.sqlite", FakeClock(datetime(2025, 1, 1, tzinfo=UTC))) as other:
        assert Sessions(ledger).open(START) == Sessions(other).open(START)


def test_gaps_belong_to_their_session(ledger):
    sessions = Sessions(ledger)
    session_id = sessions.open(START)
    sessions.gap(session_id, 5.0, 7.5, "device lost")
    finish(sessions, session_id)
    session = sessions_of_night(ledger, START.night)[0]
    assert [gap.body["reason"] for gap in session.gaps] == ["device lost"]
    assert session.last_event is session.closed
    assert session.closed.body["coverage"] == {"music_seconds": 190.0}


def test_nights_group_acts_and_stages(ledger):
    sessions = Sessions(ledger)
    for number, (act, stage, night) in enumerate(
        [("Aino", "main", date(2024, 5, 2)), ("Ben", "main", START.night), ("Aino", "attic", START.night)]
    ):
        session_id = sessions.open(replace(START, act=act, stage=stage, night=night, input_sha256=str(number)))
        if act == "Aino":
            finish(sessions, session_id)
    first, second = nights(ledger)
    assert (first.date, second.date) == (date(2024, 5, 1), date(2024, 5, 2))
    assert [(act.act, act.stage, act.songs, act.is_complete) for act in first.acts] == [
        ("Ben", "main", 0, False), ("Aino", "attic", 1, True),
    ]  # fmt: skip
    assert nights(ledger)[1].acts[0].sessions == 1


@pytest.mark.parametrize(
    ("zone", "moment", "night"),
    [
        ("Europe/Helsinki", "2024-05-02T02:59:00Z", date(2024, 5, 1)),
        ("Europe/Helsinki", "2024-05-02T03:00:00Z", date(2024, 5, 2)),
        ("Europe/Helsinki", "2024-03-31T02:59:00Z", date(2024, 3, 30)),
        ("Europe/Helsinki", "2024-10-27T03:59:00Z", date(2024, 10, 26)),
        ("America/New_York", "2024-03-10T09:59:00Z", date(2024, 3, 9)),
        ("America/New_York", "2024-11-03T10:59:00Z", date(2024, 11, 2)),
    ],
)
def test_a_night_ends_at_the_cutoff_also_when_the_clocks_change(zone, moment, night):
    venue = VenueSettings(timezone=zone)
    assert business_date(datetime.fromisoformat(moment), ZoneInfo(zone), venue.night_cutoff) == night


@pytest.mark.parametrize(("confidence", "word"), [(0.95, "high"), (0.949, "medium"), (0.8, "medium"), (0.79, "low")])
def test_bands(ledger, confidence, word):
    sessions = Sessions(ledger, MEASURED)
    finish(sessions, sessions.open(START), [replace(SONG, confidence=confidence)])
    assert ledger.events(HEARD)[0].body["band"] == word


def test_nothing_is_high_by_a_model_that_nobody_measured(ledger):
    sessions = Sessions(ledger)
    finish(sessions, sessions.open(START), [replace(SONG, confidence=1.0)])
    body = ledger.events(HEARD)[0].body
    assert (body["band"], body["band_basis"]) == ("medium", "uncalibrated")
