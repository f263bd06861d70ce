"""One comparison can be lucky; a right name is heard in most windows of a stretch."""

import math

import pytest

from livecsi.identify.support import (
    ABSENT_ODDS,
    INTERCEPT,
    LARGEST_ODDS,
    ODDS_PER_MEAN,
    log_odds_of,
    mean_log_odds,
    supported,
)
from livecsi.types import Candidate, ScoredWindow, Support


def candidate(work: int, log_odds: float, recording: int | None = None) -> Candidate:
    return Candidate(recording or work, work, f"song {work}", "", score=log_odds, probability=0.5, log_odds=log_odds)


def window(start: float, **log_odds: float) -> ScoredWindow:
    """A minute of music; `w3=2.0` says that work 3 has log odds of 2 in it."""
    found = tuple(candidate(int(name[1:]), value) for name, value in log_odds.items())
    return ScoredWindow(start, start + 60.0, 1.0, 0.0, found)


def test_the_mean_counts_windows_that_do_not_name_the_song_and_believes_none_too_much():
    windows = [window(0, w1=2.0), window(10), window(20, w1=50.0), window(30, w1=-9.0, w2=3.0)]
    assert mean_log_odds(windows, 1) == pytest.approx((2.0 + ABSENT_ODDS + LARGEST_ODDS + ABSENT_ODDS) / 4)


def test_each_answer_carries_the_windows_it_rests_on():
    whole = (candidate(1, 3.0, recording=10), candidate(1, 2.5, recording=11), candidate(2, 1.0))
    windows = [window(0, w1=2.0), window(10, w2=1.0), window(500, w1=6.0)]
    first, second, other = supported(whole, windows, 0.0, 70.0)
    assert first.support == Support(((0.0, 60.0), (10.0, 70.0)), (2.0, ABSENT_ODDS), 3.0, first.log_odds)
    assert first.log_odds == log_odds_of([2.0, ABSENT_ODDS])
    assert second.log_odds == pytest.approx(first.log_odds - 0.5)
    assert other.support.window_log_odds == (ABSENT_ODDS, 1.0)


def test_the_same_whole_is_likelier_when_its_windows_agree():
    whole = (candidate(1, 1.0), candidate(2, -5.0))
    heard_again = supported(whole, [window(start, w1=1.0) for start in range(0, 120, 10)], 0.0, 180.0)
    never_again = supported(whole, [window(start) for start in range(0, 120, 10)], 0.0, 180.0)
    assert heard_again[0].work_id == never_again[0].work_id == 1
    assert heard_again[0].probability > 0.9 > never_again[0].probability


def test_windows_of_the_neighbours_say_nothing():
    whole = (candidate(1, 1.0),)
    inside = [window(start, w1=1.0) for start in (100, 110)]
    beside = [window(45, w2=5.0), window(160, w2=5.0)]
    assert supported(whole, [*inside, *beside], 100.0, 175.0) == supported(whole, inside, 100.0, 175.0)


def test_without_windows_nothing_changes():
    whole = (candidate(1, 1.0), candidate(2, -5.0))
    assert supported(whole, [window(500, w1=5.0)], 0.0, 180.0) == whole


def test_windows_turn_the_order_and_probabilities_follow_the_odds():
    whole = (candidate(1, 0.5), candidate(2, 0.0), candidate(2, -1.0, recording=7))
    turned = supported(whole, [window(start, w2=4.0) for start in range(0, 120, 10)], 0.0, 180.0)
    assert [c.recording_id for c in turned] == [2, 7, 1]
    odds = {1: ODDS_PER_MEAN * ABSENT_ODDS + INTERCEPT, 2: ODDS_PER_MEAN * 4.0 + INTERCEPT}
    total = 1 + sum(math.exp(value) for value in odds.values())
    assert turned[0].probability == pytest.approx(math.exp(odds[2]) / total)
    assert turned[1].log_odds == pytest.approx(odds[2] - 1.0), "another recording of the work stays as far behind"
    assert turned[2].probability == pytest.approx(math.exp(odds[1]) / total)
