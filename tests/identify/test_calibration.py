"""A probability must mean less in a larger catalogue, and two recordings of one work must not fight each other."""

import math
from dataclasses import replace

import pytest

from livecsi.identify.calibration import (
    EVEN_ODDS_WORKS,
    LARGE_FROM_WORKS,
    LARGEST_LEAD,
    LARGEST_LOG_ODDS,
    AmongMany,
    Calibration,
    calibrated,
    expected_odds,
    leads,
    shares,
)
from livecsi.types import Candidate

MADE_UP = Calibration(slope=0.5, per_lead=0.25, per_log_work=-0.4, intercept=-1.0)


def candidate(work_id: int, score: float, recording_id: int = 0) -> Candidate:
    return Candidate(recording_id or work_id, work_id, f"Song {work_id}", "", score, 0.0)


def test_log_odds_by_hand():
    assert MADE_UP.log_odds(6.0, 2.0, 1) == pytest.approx(2.5)
    assert MADE_UP.log_odds(6.0, 2.0, 10) == pytest.approx(2.5 - 0.4 * math.log(10))
    assert MADE_UP.log_odds(6.0, 2.0, 0) == MADE_UP.log_odds(6.0, 2.0, 1)
    assert MADE_UP.log_odds(6.0, math.inf, 1) == MADE_UP.log_odds(6.0, LARGEST_LEAD, 1)
    assert (MADE_UP.log_odds(1e9, 0, 1), MADE_UP.log_odds(-1e9, 0, 1)) == (LARGEST_LOG_ODDS, -LARGEST_LOG_ODDS)


def test_log_odds_among_many_by_hand():
    """Halfway between a thousand works and a hundred times as many, in the logarithm, both count the same."""
    both = replace(MADE_UP, among_many=AmongMany(works=100_000, slope=1.0, per_lead=0.5, intercept=-6.0))
    for works in (1, 80, LARGE_FROM_WORKS):
        assert both.log_odds(6.0, 2.0, works) == MADE_UP.log_odds(6.0, 2.0, works)
    assert both.log_odds(6.0, 2.0, 100_000) == both.log_odds(6.0, 2.0, 10**7) == pytest.approx(1.0)
    assert both.log_odds(6.0, 2.0, 10_000) == pytest.approx((1.0 + MADE_UP.log_odds(6.0, 2.0, 10_000)) / 2)


def test_a_small_catalogue_expects_fewer_of_its_songs():
    assert expected_odds(EVEN_ODDS_WORKS) == expected_odds(10 * EVEN_ODDS_WORKS) == 0
    assert expected_odds(EVEN_ODDS_WORKS // 10) == pytest.approx(-math.log(10))
    assert expected_odds(0) == expected_odds(1) == pytest.approx(-math.log(EVEN_ODDS_WORKS))
    flat = Calibration(slope=0.5, per_lead=0.25, per_log_work=0.0, intercept=-1.0)
    small, large = (calibrated([candidate(1, 6.0)], flat, n, before={1: expected_odds(n)})[0] for n in (10, 100))
    assert large.log_odds - small.log_odds == pytest.approx(math.log(10)) and large.probability > small.probability


def test_what_is_expected_counts_for_its_own_work_and_excludes_no_other():
    heard = [candidate(1, 6.0), candidate(2, 5.0)]
    even, expecting = calibrated(heard, MADE_UP, works=2), calibrated(heard, MADE_UP, works=2, before={2: 1.5})
    assert expecting[1].log_odds == pytest.approx(even[1].log_odds + 1.5)
    assert expecting[1].probability > even[1].probability
    assert expecting[0].log_odds == even[0].log_odds and expecting[0].probability > 0


def test_leads_by_hand():
    assert leads({1: 5.0, 2: 3.0, 3: -1.0}) == {1: 2.0, 2: -2.0, 3: -6.0}
    assert leads({1: 5.0, 2: 3.0}, background_score=4.5) == {1: 0.5, 2: -2.0}
    assert leads({1: 5.0}, background_score=7.0) == {1: -2.0}
    assert leads({1: 5.0, 2: 5.0}) == {1: 0.0, 2: 0.0}
    assert leads({1: 5.0}) == {1: math.inf}
    assert leads({}) == {}


def test_a_song_that_leads_is_likelier_than_one_among_its_likes():
    alone = calibrated([candidate(1, 6.0), candidate(2, 0.0)], MADE_UP, works=2)
    crowded = calibrated([candidate(1, 6.0), candidate(2, 5.5)], MADE_UP, works=2)
    unplayed = calibrated([candidate(1, 6.0), candidate(2, 0.0)], MADE_UP, works=2, background_score=5.5)
    assert alone[0].log_odds > crowded[0].log_odds == unplayed[0].log_odds
    assert alone[0].probability > unplayed[0].probability > crowded[0].probability


def test_what_was_measured_among_many_is_read_from_the_manifest():
    facts = {"slope": 0.4, "per_log_work": -0.2, "intercept": -1.5}
    among_many = {"works": 9000, "slope": 0.5, "per_lead": 0.9, "intercept": -5.0}
    assert Calibration.from_manifest(facts).among_many is None
    assert Calibration.from_manifest({**facts, "among_many": among_many}).among_many == AmongMany(9000, 0.5, 0.9, -5.0)


def test_a_calibration_of_the_first_release_knows_no_leads():
    first = Calibration.from_manifest({"slope": 0.4, "per_log_work": -0.2, "intercept": -1.5})
    assert first.log_odds(8.0, -12.0, 10) == first.log_odds(8.0, 12.0, 10)


@pytest.mark.parametrize("works", [1, 10, 1000, 3000, 10_000])
def test_the_released_calibration_grows_with_the_score_and_the_lead(ear, works):
    released = Calibration.from_manifest(ear.model.facts["calibration"])
    odds = [released.log_odds(score, 1.0, works) for score in (-5, 0, 5, 10, 20)]
    assert odds == sorted(odds) and len(set(odds)) == len(odds)
    odds = [released.log_odds(5.0, lead, works) for lead in (-5, 0, 5, 10)]
    assert odds == sorted(odds)


def test_the_same_score_means_less_among_more_songs(ear):
    released = Calibration.from_manifest(ear.model.facts["calibration"])
    for calibration in (MADE_UP, released):
        if calibration.per_log_work < 0:
            odds = [calibration.log_odds(8.0, 3.0, works) for works in (1000, 100, 10)]
            assert odds == sorted(odds) and len(set(odds)) == 3


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
    assert after[0].log_odds == pytest.approx(MADE_UP.log_odds(1.0, -7.0, 5))
