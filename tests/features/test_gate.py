"""What surrounds the gate's network: silence, smoothing, segments. A cough is not a change of programme."""

import itertools

import numpy as np
import pytest

from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.features.gate import (
    KINDS,
    MUSIC,
    SILENCE,
    SILENCE_DBFS,
    segments,
    smooth_kinds,
    steadiness,
    viterbi,
    with_silence,
    without_hum,
)
from livecsi.types import SAMPLE_RATE_HERTZ, Kind, Segment


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


def hum(seconds: float) -> np.ndarray:
    moments = np.arange(int(seconds * SAMPLE_RATE_HERTZ)) / SAMPLE_RATE_HERTZ
    tones = [np.sin(2 * np.pi * 50 * n * moments) / n for n in range(1, 9)]
    noise = 0.05 * np.random.default_rng(0).standard_normal(len(moments))
    return (0.1 * (sum(tones) + noise)).astype(np.float32)


def tune(seconds: float) -> np.ndarray:
    """A triad that moves every second."""
    moments = np.arange(int(seconds * SAMPLE_RATE_HERTZ)) / SAMPLE_RATE_HERTZ
    root = 110 * 2 ** (np.array([0, 5, 7, 2, 9, 4])[moments.astype(int) % 6] / 12)
    phase = 2 * np.pi * np.cumsum(root) / SAMPLE_RATE_HERTZ
    return (0.1 * sum(np.sin(ratio * phase) for ratio in (1, 1.25, 1.5, 2, 3))).astype(np.float32)


def test_a_hum_is_silence_and_the_music_after_it_is_not():
    frames = constant_q(ConstantQSpec(), np.concatenate([hum(30), tune(30)]))
    kinds = np.zeros((4, frames.shape[1]), np.float32)
    kinds[MUSIC] = 1
    silent = without_hum(kinds, frames)[SILENCE]
    assert silent[:50].all() and not silent[110:].any()
    assert (kinds[MUSIC] == 1).all(), "the probabilities that came in are left alone"


def test_steadiness_of_what_never_changes_is_one_and_of_nothing_is_nothing():
    assert steadiness(np.outer(np.arange(1.0, 73), np.ones(50)).astype(np.float32)) == pytest.approx(1.0, abs=1e-5)
    assert steadiness(np.zeros((72, 50), np.float32)) == 0.0


def test_a_change_is_cheaper_where_the_cost_says_so():
    evidence = np.array([[0.0, 0.0, -3.0, 0.0, 0.0], [-2.0, -2.0, 0.0, -2.0, -2.0]])
    assert viterbi(evidence, np.array([9.0, 9.0, 0.5, 0.5, 9.0])).tolist() == [0, 0, 1, 0, 0]
    assert viterbi(evidence, np.array([0.5, 0.5, 9.0, 0.5, 0.5])).tolist() == [0, 0, 0, 0, 0]
