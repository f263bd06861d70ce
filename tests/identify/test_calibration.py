"""A probability must mean less in a larger catalogue, and two recordings of one work must not fight each other."""

import math

import pytest

from livecsi.identify.calibration import LARGEST_LOG_ODDS, Calibration, calibrated, shares
from livecsi.types import Candidate

MADE_UP = Calibration(slope=0.5, per_log_work=-0.4, intercept=-1.0)


def candidate(work_id: int, score: float, recording_id: int = 0) -> Candidate:
    return Candidate(recording_id or work_id, work_id, f"Song {work_id}", "", score, 0.0)


def test_log_odds_by_hand():
    assert MADE_UP.log_odds(6.0, 1) == pytest.approx(2.0)
    assert MADE_UP.log_odds(6.0, 10) == pytest.approx(2.0 - 0.4 * math.log(10))
    assert MADE_UP.log_odds(6.0, 0) == MADE_UP.log_odds(6.0, 1)
    assert (MADE_UP.log_odds(1e9, 1), MADE_UP.log_odds(-1e9, 1)) == (LARGEST_LOG_ODDS, -LARGEST_LOG_ODDS)


@pytest.mark.parametrize("works", [1, 10, 1000])
def test_the_released_calibration_grows_with_the_score(ear, works):
    released = Calibration.from_manifest(ear.model.facts["calibration"])
    odds = [released.log_odds(score, works) for score in (-5, 0, 5, 10, 20)]
    assert odds == sorted(odds) and len(set(odds)) == len(odds)


def test_the_same_score_means_less_among_more_songs(ear):
    released = Calibration.from_manifest(ear.model.facts["calibration"])
    for calibration in (MADE_UP, released):
        if calibration.per_log_work < 0:
            assert calibration.log_odds(8.0, 1000) < calibration.log_odds(8.0, 100) < calibration.log_odds(8.0, 10)


def test_none_of_them_always_keeps_a_share():
    assert shares([0.0]) == [0.5]
    assert shares([]) == []
    assert shares([math.log(3), math.log(2)]) == pytest.approx([3 / 6, 2 / 6])
    for odds in ([30.0, 30.0], [-30.0], [2.0, 1.0, -5.0]):
        assert all(share > 0 for share in shares(odds)) and sum(shares(odds)) <= 1
    assert sum(shares([2.0, 1.0])) < 1


def test_two_recordings_of_one_work_do_not_compete():
    one = calibrated([candidate(1, 8.0), candidate(2, 3.0)], MADE_UP, works=2)
    both = calibrated([candidate(1, 8.0), candidate(1, 7.5, recording_id=11), candidate(2, 3.0)], MADE_UP, works=2)
    assert both[0].probability == pytest.approx(one[0].probability)
    assert both[2].probability == pytest.approx(one[1].probability)
    assert both[1].probability < both[0].probability
    rivals = calibrated([candidate(1, 8.0), candidate(3, 7.5), candidate(2, 3.0)], MADE_UP, works=2)
    assert rivals[0].probability < one[0].probability


def test_the_order_and_everything_else_about_a_candidate_stays():
    before = [candidate(2, 1.0), candidate(1, 8.0)]
    after = calibrated(before, MADE_UP, works=5)
    assert [(c.work_id, c.title, c.score) for c in after] == [(c.work_id, c.title, c.score) for c in before]
    assert after[0].log_odds == pytest.approx(MADE_UP.log_odds(1.0, 5))
