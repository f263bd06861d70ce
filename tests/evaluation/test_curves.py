"""Curves of pairs, worked out by hand."""

import numpy as np
import pytest

from livecsi.evaluation.curves import balanced, pair_curves


def test_three_same_and_two_different_pairs_by_hand():
    scores, same = np.array([0.9, 0.8, 0.7, 0.6, 0.5]), np.array([True, False, True, True, False])
    found = pair_curves(scores, same)
    np.testing.assert_allclose(found.recall, [0, 1 / 3, 1 / 3, 2 / 3, 1, 1])
    np.testing.assert_allclose(found.false_positive_rate, [0, 0, 0.5, 0.5, 0.5, 1])
    np.testing.assert_allclose(found.precision, [1, 1, 1 / 2, 2 / 3, 3 / 4, 3 / 5])
    assert found.roc_area == pytest.approx(4 / 6), "four of six (same, different) couples are in the right order"
    assert found.average_precision == pytest.approx((1 + 2 / 3 + 3 / 4) / 3)
    assert found.best_accuracy == pytest.approx(4 / 5)


def test_equal_scores_enter_together_in_whatever_order_they_are_listed():
    same = np.array([True, False, True, False])
    for order in (same, same[::-1]):
        found = pair_curves(np.full(4, 0.3), order)
        assert found.roc_area == pytest.approx(0.5)
        assert found.average_precision == pytest.approx(0.5)


def test_balanced_takes_all_same_pairs_and_as_many_different_ones():
    same = np.zeros(100, bool)
    same[[3, 50, 99]] = True
    chosen = balanced(same)
    assert {3, 50, 99} <= set(chosen.tolist()) and len(chosen) == 6
    assert balanced(same).tolist() == chosen.tolist()
    assert balanced(np.array([True, True, False])).tolist() == [0, 1, 2]
