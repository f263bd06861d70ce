"""What surrounds the gate's network: silence, smoothing, segments. A cough is not a change of programme."""

import itertools

import numpy as np
import pytest

from livecsi.features.gate import KINDS, SILENCE_DBFS, segments, smooth_kinds, viterbi, with_silence
from livecsi.types import Kind, Segment


def test_viterbi_by_hand():
    """Two states; staying in 0 costs the 3 of column 2, leaving and coming back costs two switches."""
    evidence = np.array([[0.0, 0.0, -3.0, 0.0, 0.0], [-2.0, -2.0, 0.0, -2.0, -2.0]])
    assert viterbi(evidence, switch_cost=1.0).tolist() == [0, 0, 1, 0, 0]
    assert viterbi(evidence, switch_cost=2.0).tolist() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("seed", range(10))
def test_viterbi_finds_the_best_of_all_sequences(seed):
    rng = np.random.default_rng(seed)
    evidence, cost = rng.normal(0, 2, (3, 6)), float(rng.uniform(0, 4))

    def worth(path: tuple[int, ...]) -> float:
        switches = sum(a != b for a, b in itertools.pairwise(path))
        return float(sum(evidence[state, column] for column, state in enumerate(path)) - cost * switches)

    best = max(itertools.product(range(3), repeat=6), key=worth)
    assert worth(tuple(viterbi(evidence, cost))) == pytest.approx(worth(best))


def test_nothing_heard_is_no_kind_of_sound():
    assert viterbi(np.zeros((4, 0)), 1.0).shape == (0,)
    assert segments(np.zeros(0, np.int64), 0.3) == []


def test_segments_are_runs_that_touch():
    kinds = np.array([0, 0, 2, 2, 2, 3])
    assert segments(kinds, 0.5) == [
        Segment(0.0, 1.0, Kind.UNKNOWN), Segment(1.0, 2.5, Kind.CROWD), Segment(2.5, 3.0, Kind.SILENCE)]  # fmt: skip


def test_below_the_threshold_it_is_silence_whatever_the_network_says():
    sound = np.array([[0.9, 0.9, 0.9], [0.05] * 3, [0.05] * 3], np.float32)
    added = with_silence(sound, np.array([-20.0, SILENCE_DBFS, -90.0], np.float32))
    assert added.shape == (len(KINDS), 3)
    np.testing.assert_allclose(added.sum(0), 1.0, rtol=1e-5)
    assert added[0, 0] == pytest.approx(0.9, abs=0.01)
    assert added[3, 1] == pytest.approx(0.5)
    assert added[3, 2] > 0.99


def test_a_cough_in_a_song_is_smoothed_away_and_an_announcement_is_not():
    sure = np.full((4, 60), 0.01, np.float32)
    sure[0] = 0.97
    cough, announcement = sure.copy(), sure.copy()
    cough[:, 30:32] = [[0.01], [0.97], [0.01], [0.01]]
    announcement[:, 30:45] = [[0.01], [0.97], [0.01], [0.01]]
    assert (smooth_kinds(cough) == 0).all()
    assert smooth_kinds(announcement).tolist() == [0] * 30 + [1] * 15 + [0] * 15
