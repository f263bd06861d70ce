"""Recorded or live, on hand-made moments: a tape lies on a straight line, a band does not."""

import numpy as np
import pytest

from livecsi.identify.exactness import RECORDED_EXACTNESS, SHORTEST_SECONDS, exactness
from livecsi.identify.sequences import DIMENSIONS, Sequences, pack, unpack

FRAME_SECONDS = 0.3
MOMENT_SECONDS = 2 * FRAME_SECONDS


def song(moments: int = 400, seed: int = 0) -> np.ndarray:
    """Moments that change slowly, as music does."""
    steps = np.random.default_rng(seed).normal(size=(DIMENSIONS, moments + 7))
    smooth = sum(steps[:, lag : lag + moments] for lag in range(8))
    return (smooth / np.linalg.norm(smooth, axis=0)).astype(np.float32)


def sequences(fine: np.ndarray) -> Sequences:
    return Sequences((fine, fine[:, ::2], fine[:, ::4]), FRAME_SECONDS)


def moved(fine: np.ndarray, at: np.ndarray) -> np.ndarray:
    """The song at these moments, which may lie between its own."""
    whole = np.floor(at).astype(int)
    return fine[:, whole] * (1 - at + whole) + fine[:, whole + 1] * (at - whole)


def noisy(fine: np.ndarray, level: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=fine.shape) / np.sqrt(DIMENSIONS)
    return (fine + level * noise).astype(np.float32)


@pytest.mark.parametrize("begin", [0.0, 57.0, 80.5, 199.25])
def test_a_tape_is_found_wherever_it_begins_and_through_noise(begin):
    studio = song()
    heard = noisy(moved(studio, begin + np.arange(150)), 0.3)
    assert exactness(sequences(heard), unpack(pack(sequences(studio))), 0) >= RECORDED_EXACTNESS


def test_a_tape_in_the_middle_of_a_longer_stretch_is_found_as_far_as_it_reaches():
    studio = song(200)
    heard = np.concatenate([song(40, seed=2), studio, song(40, seed=3)], axis=1)
    assert exactness(sequences(heard), sequences(studio), 0) == pytest.approx(1.0, abs=1e-3)


def test_a_band_that_drifts_in_tempo_leaves_the_line():
    at = 20 + 1.03 * np.arange(300)
    assert exactness(sequences(moved(song(), at)), sequences(song()), 0) < RECORDED_EXACTNESS


def test_a_band_that_leaves_out_a_verse_leaves_the_line():
    at = np.concatenate([np.arange(20, 120), np.arange(160, 260)]).astype(float)
    assert exactness(sequences(moved(song(), at)), sequences(song()), 0) < 0.7


def test_a_band_on_the_click_is_like_the_record_but_not_the_record():
    heard = noisy(song(), 0.9)
    assert 0.6 < exactness(sequences(heard), sequences(song()), 0) < RECORDED_EXACTNESS


def test_a_band_in_another_key_is_no_recording_however_alike():
    assert exactness(sequences(song()), sequences(song()), 1) == 0.0


def test_other_music_is_far_from_exact():
    assert exactness(sequences(song(150, seed=5)), sequences(song()), 0) < 0.5


def test_less_than_a_minute_says_nothing():
    moments = int(SHORTEST_SECONDS / MOMENT_SECONDS)
    short, long = song(moments), song(int(moments / 0.9) + 2)
    assert exactness(sequences(short), sequences(song()), 0) == 0.0
    assert exactness(sequences(song()), sequences(short), 0) == 0.0
    assert exactness(sequences(long), sequences(long), 0) == pytest.approx(1.0, abs=1e-3)
    assert exactness(sequences(np.zeros((DIMENSIONS, 0), np.float32)), sequences(song()), 0) == 0.0


def test_silence_is_no_number_of_its_own():
    assert exactness(sequences(np.zeros((DIMENSIONS, 200), np.float32)), sequences(song()), 0) == 0.0
