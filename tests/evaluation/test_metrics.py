"""Figures are compared with other people's papers, so each is worked out here by hand."""

import numpy as np
import pytest

from livecsi.evaluation.metrics import RetrievalFigures, average_precision, retrieval_figures


def figures(scores: list[list[float]], relevant: list[list[int]]) -> RetrievalFigures:
    return retrieval_figures(np.array(scores, float), np.array(relevant, bool))


def test_one_query_by_hand():
    """Relevant at ranks 1, 3 and 6 of six: AP = (1/1 + 2/3 + 3/6) / 3, three hits among the first ten."""
    found = figures([[9, 8, 7, 6, 5, 4]], [[1, 0, 1, 0, 0, 1]])
    assert found.map == pytest.approx((1 + 2 / 3 + 3 / 6) / 3)
    assert (found.top1, found.mr1, found.mrr, found.p_at_10) == (1, 1, 1, pytest.approx(0.3))


def test_means_over_queries_by_hand():
    found = figures([[3, 2, 1], [3, 2, 1]], [[1, 0, 0], [0, 0, 1]])
    assert (found.top1, found.top5, found.mr1) == (0.5, 1.0, 2.0)
    assert found.mrr == pytest.approx((1 + 1 / 3) / 2)
    assert found.map == pytest.approx((1 + 1 / 3) / 2)
    assert (found.queries, found.references, found.unanswerable) == (2, 3, 0)


def test_precision_at_ten_counts_ranks_one_to_ten_and_divides_by_ten():
    scores, at_ten, at_eleven = [list(range(20, 0, -1))], [[0] * 20], [[0] * 20]
    at_ten[0][9] = at_eleven[0][10] = 1
    assert figures(scores, at_ten).p_at_10 == pytest.approx(0.1)
    assert figures(scores, at_eleven).p_at_10 == 0.0
    assert figures(scores, [[1] * 20]).p_at_10 == 1.0


def test_top_five_ends_at_rank_five():
    scores = [[9, 8, 7, 6, 5, 4]]
    assert figures(scores, [[0, 0, 0, 0, 1, 0]]).top5 == 1
    assert figures(scores, [[0, 0, 0, 0, 0, 1]]).top5 == 0


def test_a_tie_is_never_luck():
    """A matcher that gives everything the same score must come out as the worst, wherever the right one stands."""
    for place in range(4):
        relevant = [[int(i == place) for i in range(4)]]
        assert figures([[1, 1, 1, 1]], relevant).mr1 == 4
    assert figures([[1, 1, 2]], [[0, 1, 0]]).mr1 == 3


def test_the_query_itself_is_no_answer_and_takes_no_rank():
    found = figures([[-np.inf, 5, 9], [5, -np.inf, 1]], [[0, 1, 0], [1, 0, 0]])
    assert (found.mr1, found.map) == (1.5, pytest.approx((1 / 2 + 1) / 2))


def test_queries_without_an_answer_are_counted_and_left_out():
    found = figures([[3, 2], [3, 2]], [[0, 0], [1, 0]])
    assert (found.queries, found.unanswerable, found.top1) == (1, 1, 1.0)
    none = figures([[3, 2]], [[0, 0]])
    assert (none.queries, none.unanswerable, none.map) == (0, 1, 0.0)


@pytest.mark.parametrize(("ranked", "expected"), [
    ([1, 0, 0], 1.0), ([0, 1], 0.5), ([0, 0, 1, 1], (1 / 3 + 2 / 4) / 2), ([0, 0], 0.0), ([1, 1, 1], 1.0),
])  # fmt: skip
def test_average_precision_by_hand(ranked, expected):
    assert average_precision(np.array(ranked, bool)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_the_mean_precision_at_each_hit(seed):
    relevant = np.random.default_rng(seed).random(30) < 0.3
    relevant[4] = True
    precisions = [relevant[:rank].mean() for rank in range(1, 31) if relevant[rank - 1]]
    assert average_precision(relevant) == pytest.approx(np.mean(precisions))
