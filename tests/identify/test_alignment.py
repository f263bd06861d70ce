"""The alignment is written for speed, so it is compared with one that is written for reading."""

import numpy as np
import pytest

from livecsi.identify.alignment import THRESHOLD, Path, align

STEPS = ((1, 1), (2, 1), (1, 2))


def standardised(matrix: np.ndarray) -> np.ndarray:
    centred = matrix - matrix.mean(1, keepdims=True) - matrix.mean(0, keepdims=True) + matrix.mean()
    return centred / (centred.std() + 1e-6)


def slowly(matrix: np.ndarray) -> tuple[float, np.ndarray]:
    """Smith-Waterman cell by cell: score and table."""
    similarity, table = standardised(matrix.astype(np.float64)), np.zeros(matrix.shape)
    for row in range(matrix.shape[0]):
        for column in range(matrix.shape[1]):
            before = [table[row - r, column - c] for r, c in STEPS if row >= r and column >= c]
            table[row, column] = max(0.0, similarity[row, column] - THRESHOLD + max(before, default=0.0))
    return float(np.log(table.max() / np.sqrt(min(matrix.shape)) + 0.1)), table


def planted(rows: int, columns: int, cells: list[tuple[int, int]]) -> np.ndarray:
    matrix = np.zeros((rows, columns), np.float32)
    matrix[tuple(np.array(cells).T)] += 1
    return matrix


def test_a_diagonal_by_hand():
    """The centred unit matrix of size 8 has 7/8 on the diagonal, -1/8 beside it and deviation sqrt(7)/8: every step
    along the diagonal is worth sqrt(7) - 1, so the whole path has 8 * 1.6458 = 13.166."""
    (alignment,) = align([np.eye(8, dtype=np.float32)])
    assert alignment.score == pytest.approx(np.log(8 * (np.sqrt(7) - 1) / np.sqrt(8) + 0.1), abs=1e-4)
    assert alignment.path() == Path(0, 7, 0, 7)


def test_nothing_alike_is_no_path_and_a_finite_score():
    (alignment,) = align([np.zeros((5, 9), np.float32)])
    assert alignment.score == pytest.approx(np.log(0.1))
    assert alignment.path() == Path(0, 0, 0, 0)


@pytest.mark.parametrize("seed", range(12))
def test_sweeping_gives_the_scores_and_ends_of_walking_cell_by_cell(seed):
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(1, 25))
    matrices = [rng.standard_normal((rows, int(rng.integers(1, 30)))).astype(np.float32) for _ in range(4)]
    for matrix, alignment in zip(matrices, align(matrices), strict=True):
        (expected, table), path = slowly(matrix), alignment.path()
        assert alignment.score == pytest.approx(expected, abs=1e-4)
        assert table[path.last_row, path.last_column] == pytest.approx(table.max(), abs=1e-4)
        assert 0 <= path.first_row <= path.last_row and 0 <= path.first_column <= path.last_column


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_songs_side_by_side_do_not_leak_into_each_other(rows):
    """A path must not walk out of one song into the next: alone or among others, every bit is the same."""
    rng = np.random.default_rng(rows)
    matrices = [rng.standard_normal((rows, columns)).astype(np.float32) for columns in (1, 2, 30, 5, 60)]
    for matrix, among_others in zip(matrices, align(matrices), strict=True):
        (alone,) = align([matrix])
        assert (alone.score, alone.path()) == (among_others.score, among_others.path())


@pytest.mark.parametrize(("speed", "cells"), [
    ("same", [(i + 5, i + 20) for i in range(30)]),
    ("double", [(i + 5, 2 * i + 20) for i in range(20)]),
    ("half", [(2 * i + 5, i + 20) for i in range(15)]),
])  # fmt: skip
def test_the_path_says_where_in_the_song_and_how_fast(speed, cells):
    (alignment,) = align([planted(40, 80, cells)])
    (first_row, first_column), (last_row, last_column) = cells[0], cells[-1]
    assert alignment.path() == Path(first_row, last_row, first_column, last_column)


def test_faster_than_double_speed_is_no_path():
    (alignment,) = align([planted(40, 80, [(i, 3 * i) for i in range(20)])])
    path = alignment.path()
    assert path.last_row - path.first_row < 4


def test_similarities_far_from_zero_lose_no_precision():
    """Means and deviation come from sums of squares: with all cells near 0.9 they must still be right."""
    rng = np.random.default_rng(5)
    matrix = (0.9 + 0.02 * rng.standard_normal((60, 90))).astype(np.float32)
    (alignment,) = align([matrix])
    assert alignment.score == pytest.approx(slowly(matrix)[0], abs=1e-3)
