"""Every figure of a judged setlist, worked out by hand on one small night."""

import pytest

from livecsi.evaluation.setlists import Heard, SetlistFigures, heard_of, setlist_figures
from livecsi.evaluation.tables import TrueSegment
from livecsi.types import Candidate, Kind, Performance

TRUTH = [
    TrueSegment(0, 100, Kind.SONG, "A"),
    TrueSegment(100, 120, Kind.SPEECH, ""),
    TrueSegment(120, 220, Kind.SONG, "B"),
    TrueSegment(220, 240, Kind.CROWD, ""),
    TrueSegment(240, 340, Kind.SONG, ""),
    TrueSegment(340, 360, Kind.SILENCE, ""),
]
PERFECT = [Heard(0, 100, "A"), Heard(120, 220, "B"), Heard(240, 340, "")]


def judge(heard: list[Heard], truth: list[TrueSegment] = TRUTH, duration_seconds: float = 360) -> SetlistFigures:
    return setlist_figures(heard, truth, duration_seconds)


def test_what_was_played_is_perfect():
    found = judge(PERFECT)
    assert (found.precision, found.recall, found.f1, found.f1_10s) == (1, 1, 1, 1)
    assert (found.frame_accuracy, found.unknown_recall, found.boundary_median_s) == (1, 1, 0)
    assert (found.songs, found.named, found.found, found.false_performances) == (2, 2, 2, 0)


def test_nothing_heard_claims_nothing_and_finds_nothing():
    found = judge([])
    assert (found.precision, found.recall, found.f1, found.named) == (1, 0, 0, 0)
    assert found.frame_accuracy == pytest.approx(60 / 360), "talk, applause and silence were right"
    assert found.unknown_recall == 1


def test_a_song_with_a_wrong_name_is_missed_and_invented():
    found = judge([Heard(0, 100, "C"), *PERFECT[1:]])
    assert (found.precision, found.recall, found.f1) == (0.5, 0.5, 0.5)
    assert (found.false_performances, found.false_performances_per_hour) == (1, pytest.approx(10))
    assert found.frame_accuracy == pytest.approx(260 / 360)


def test_one_edge_eleven_seconds_off_counts_as_found_but_not_within_ten():
    found = judge([Heard(11, 100, "A"), Heard(125, 215, "B"), PERFECT[2]])
    assert (found.f1, found.f1_10s) == (1, 0.5)
    assert found.boundary_median_s == 5, "of the four edge errors 11, 0, 5 and 5"
    assert found.frame_accuracy == pytest.approx((360 - 11 - 10) / 360)
    assert judge([Heard(10, 90, "A"), *PERFECT[1:]]).f1_10s == 1


def test_one_performance_broken_into_two_is_found_once():
    found = judge([Heard(0, 40, "A"), Heard(45, 100, "A"), *PERFECT[1:]])
    assert (found.found, found.named) == (2, 3)
    assert (found.precision, found.recall) == (pytest.approx(2 / 3), 1)
    assert found.f1 == pytest.approx(0.8)
    assert found.boundary_median_s == 0, "the longer part is the match: errors 45, 0, 0 and 0"
    assert found.false_performances == 0, "A was played there"


def test_a_name_on_a_song_that_is_in_no_catalogue_is_a_false_performance():
    found = judge([*PERFECT[:2], Heard(240, 340, "A")])
    assert (found.unknown_recall, found.false_performances, found.precision) == (0, 1, pytest.approx(2 / 3))


def test_an_unknown_song_touched_for_less_than_ten_seconds_stays_unknown():
    assert judge([PERFECT[0], Heard(120, 249, "B"), PERFECT[2]]).unknown_recall == 1
    assert judge([PERFECT[0], Heard(120, 251, "B"), PERFECT[2]]).unknown_recall == 0


def test_applause_taken_for_an_unknown_song_is_a_false_performance():
    assert judge([*PERFECT, Heard(340, 360, "")]).false_performances == 1
    assert judge([*PERFECT[:2], Heard(230, 340, "")]).false_performances == 0, "most of it was music"


def test_the_right_song_at_the_wrong_time_is_wrong():
    found = judge([Heard(130, 210, "A")])
    assert (found.found, found.false_performances) == (0, 1)


def test_recorded_music_in_the_interval_may_be_unknown_but_is_no_song_to_find():
    truth = [TrueSegment(0, 50, Kind.RECORDED, ""), TrueSegment(50, 100, Kind.SONG, "A")]
    found = judge([Heard(0, 50, ""), Heard(50, 100, "A")], truth, 100)
    assert (found.songs, found.frame_accuracy, found.false_performances, found.unknown_recall) == (1, 1, 0, 1)


def test_a_song_played_twice_has_to_be_found_twice():
    truth = [TrueSegment(0, 50, Kind.SONG, "A"), TrueSegment(60, 100, Kind.SONG, "A")]
    assert judge([Heard(0, 50, "A")], truth, 100).recall == 0.5
    assert judge([Heard(0, 50, "A"), Heard(60, 100, "A")], truth, 100).recall == 1


def test_performances_get_the_names_of_the_truth():
    candidate = Candidate(1, 7, "Title", "", 1.0, 0.9)
    named = Performance(1, 2, Kind.SONG, 0.9, 0.5, candidate)
    unknown = Performance(3, 4, Kind.UNKNOWN, 0.2, 0.1, None, (candidate,))
    assert heard_of([named, unknown], {7: "W07"}) == [Heard(1, 2, "W07"), Heard(3, 4, "")]
