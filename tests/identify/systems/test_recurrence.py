"""Qmax on plots small enough to work out by hand."""

import numpy as np
import pytest

from livecsi.identify.systems.recurrence import EXTENSION, ONSET, cumulated, embedded, longest_curves, recurrence


def plot(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


def within_walls(recurs: np.ndarray) -> np.ndarray:
    """The matrix of one plot, its two walls taken off again."""
    inside = np.append([0, 0], np.ones(recurs.shape[1])).astype(np.float32)
    return cumulated(np.pad(recurs, ((0, 0), (2, 0))), inside)[:, 2:]


def test_the_matrix_of_the_paper_by_hand():
    """Three recurrences, a gap of one, then two: 1 2 3, less the onset of a gap, and a curve is never below nothing."""
    found = within_walls(plot("#....", ".#...", "..#..", ".....", "....#"))
    np.testing.assert_array_equal(found[:3], [[1, 0, 0, 0, 0], [0, 2, 0, 0, 0], [0, 0, 3, 0, 0]])
    assert found[3, 3] == 0, f"3 - {ONSET} is below nothing"
    assert found[4, 4] == 1


def test_a_gap_costs_its_onset_once_and_its_extension_after():
    length = 12
    diagonal = np.eye(length, dtype=bool)
    diagonal[8, 8] = diagonal[9, 9] = False
    found = within_walls(diagonal)
    assert found[7, 7] == 8
    assert found[8, 8] == 8 - ONSET
    assert found[9, 9] == 8 - ONSET - EXTENSION
    assert found[11, 11] == 8 - ONSET + 2, "steps of two rows and of two columns pass a gap of two for its onset"


@pytest.mark.parametrize(("step", "length"), [((2, 1), 6), ((1, 2), 6), ((1, 1), 12)])
def test_a_curve_may_bend_to_half_and_double_speed(step, length):
    recurs = np.zeros((12, 12), bool)
    for i in range(length):
        recurs[i * step[0], i * step[1]] = True
    (curve,) = longest_curves([recurs])
    assert curve.length == length
    assert (curve.first_row, curve.first_column) == (0, 0)
    assert (curve.last_row, curve.last_column) == ((length - 1) * step[0], (length - 1) * step[1])


def test_songs_swept_side_by_side_do_not_touch():
    full = np.ones((10, 6), bool)
    alone = longest_curves([full])[0]
    together = longest_curves([full, np.zeros((10, 4), bool), full])
    assert [curve.length for curve in together] == [alone.length, 0, alone.length]
    assert together[2] == alone


def test_recurrence_wants_both_to_be_near():
    """Two of four are each other's nearest; the third query moment has a nearest song moment that has a nearer one."""
    query = np.array([[0.0], [5.0], [5.4]], np.float32)
    song = np.array([[0.1], [5.1], [9.0], [20.0]], np.float32)
    found = recurrence(query, song, neighbours=0.3)
    np.testing.assert_array_equal(found, plot("#...", ".#..", "...."))


def test_embedding_stacks_what_follows():
    profiles = np.arange(24, dtype=np.float32).reshape(2, 12)
    rows = embedded(profiles, 3)
    assert rows.shape == (10, 6)
    np.testing.assert_array_equal(rows[4], [4, 5, 6, 16, 17, 18])
