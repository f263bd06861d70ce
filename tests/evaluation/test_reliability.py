"""Reliability against cases worked by hand."""

import numpy as np
import pytest

from livecsi.evaluation.reliability import Bin, error_by_chance, expected_calibration_error, reliability, risk_coverage


def test_bins_and_error_by_hand():
    probability = np.array([0.05, 0.15, 0.15, 0.95, 1.0])
    right = np.array([False, False, True, True, True])
    bins = reliability(probability, right, np.ones(5))
    expected = [Bin(0.05, 0.0, 0.2), Bin(0.15, 0.5, 0.4), Bin(0.975, 1.0, 0.4)]
    for ours, theirs in zip(bins, expected, strict=True):
        assert (ours.probability, ours.right, ours.weight) == pytest.approx(
            (theirs.probability, theirs.right, theirs.weight)
        )
    assert expected_calibration_error(bins) == pytest.approx(0.2 * 0.05 + 0.4 * 0.35 + 0.4 * 0.025)


def test_a_heavy_answer_counts_like_many():
    probability, right = np.array([0.31, 0.39, 0.39]), np.array([True, False, False])
    many = reliability(np.repeat(probability, [1, 3, 1]), np.repeat(right, [1, 3, 1]), np.ones(5))
    (one,) = reliability(probability, right, np.array([1.0, 3.0, 1.0]))
    assert (one.probability, one.right, one.weight) == pytest.approx((many[0].probability, many[0].right, 1.0))


def test_honest_probabilities_have_no_error_and_boastful_ones_do():
    rng = np.random.default_rng(0)
    probability = rng.random(20_000)
    right = rng.random(20_000) < probability
    honest = expected_calibration_error(reliability(probability, right, np.ones(20_000)))
    boastful = expected_calibration_error(reliability(np.sqrt(probability), right, np.ones(20_000)))
    assert honest < 0.02 and boastful > 0.1


def test_chance_alone_errs_by_less_the_more_answers_there_are():
    """One bin of n answers of probability a half: the mean of |share right - a half| is 0.5 * sqrt(2 / (pi n))."""
    few, many = (error_by_chance(np.full(n, 0.5), np.ones(n)) for n in (100, 1600))
    assert few == pytest.approx(0.5 * np.sqrt(2 / (np.pi * 100)), rel=0.15)
    assert many == pytest.approx(few / 4, rel=0.2)


def test_risk_and_coverage_by_hand():
    coverage, risk = risk_coverage(np.array([0.2, 0.9, 0.6]), np.array([True, True, False]), np.array([1.0, 2.0, 1.0]))
    np.testing.assert_allclose(coverage, [0.5, 0.75, 1.0])
    np.testing.assert_allclose(risk, [0.0, 1 / 3, 0.25])
