"""The paper's crowd augmentation: its shares and ranges, and where in an item the crowd may be heard."""

import numpy as np
import pytest
import soundfile

from livecsi.features.cqt import ConstantQSpec
from livecsi.training.crowd_noise import (
    EARLIEST_SECONDS,
    GAINS_DECIBELS,
    LATEST_SECONDS,
    CrowdDraw,
    add_to_frames,
    add_to_samples,
    draw_crowd,
    load_crowds,
    with_crowd,
)
from livecsi.types import SAMPLE_RATE_HERTZ

BINS, FRAMES = 72, 401
FRAME_SECONDS = ConstantQSpec().frame_seconds


def item(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).exponential(2.0, (BINS, FRAMES)).astype(np.float32)


def test_half_of_the_items_get_a_crowd_in_the_ranges_of_the_paper():
    rng = np.random.default_rng(0)
    draws = [draw_crowd(rng) for _ in range(4000)]
    made = [draw for draw in draws if draw is not None]
    assert len(made) / len(draws) == pytest.approx(0.5, abs=0.03)
    delays = np.array([draw.delay_seconds for draw in made])
    assert EARLIEST_SECONDS == -15 <= delays.min() < -14 and 116 < delays.max() <= LATEST_SECONDS == 117
    assert delays.mean() == pytest.approx(51, abs=3), "evenly"
    counts = [sum(draw.gain_decibels == gain for draw in made) for gain in GAINS_DECIBELS]
    assert GAINS_DECIBELS == (-6, -9, -12) and min(counts) > 0.28 * len(made) and sum(counts) == len(made)


def test_a_crowd_is_redrawn_each_epoch_and_the_same_for_the_same_numbers():
    crowds = [item(1), item(2)]
    epochs = [with_crowd(item(), crowds, seed=3, epoch=epoch, item=7) for epoch in range(30)]
    again = [with_crowd(item(), crowds, seed=3, epoch=epoch, item=7) for epoch in range(30)]
    np.testing.assert_array_equal(epochs, again)
    treated = [epoch for epoch in epochs if not np.array_equal(epoch, item())]
    assert 8 <= len(treated) <= 22
    assert len({round(float(epoch.sum()), 3) for epoch in treated}) == len(treated)


@pytest.mark.parametrize("gain", GAINS_DECIBELS)
def test_a_late_crowd_leaves_the_beginning_alone_and_is_as_loud_as_it_says(gain):
    magnitude = item()
    made = add_to_frames(magnitude, item(1), CrowdDraw(60.0, gain))
    first = round(60 / FRAME_SECONDS)
    np.testing.assert_array_equal(made[:, :first], magnitude[:, :first])
    added = made[:, first:] - magnitude[:, first:]
    assert 20 * np.log10(added.mean() / magnitude.mean()) == pytest.approx(gain, abs=0.05)


def test_an_early_crowd_is_heard_from_its_fifteenth_second_on():
    people = np.zeros((BINS, 100), np.float32)
    people[3, 55] = 1.0
    made = add_to_frames(item(), people, CrowdDraw(-15.0, -6.0))
    assert np.argwhere(made != item()).tolist() == [[3, 55 - round(15 / FRAME_SECONDS)]]


def test_a_crowd_that_is_over_before_the_item_begins_changes_nothing():
    np.testing.assert_array_equal(add_to_frames(item(), item()[:, :20], CrowdDraw(-15.0, -6.0)), item())


def test_the_same_in_sound():
    rng = np.random.default_rng(0)
    music, people = rng.normal(0, 0.1, (2, 4 * SAMPLE_RATE_HERTZ)).astype(np.float32)
    made = add_to_samples(music, people * 30, CrowdDraw(1.0, -9.0))
    first = SAMPLE_RATE_HERTZ
    np.testing.assert_array_equal(made[:first], music[:first])
    added = made[first:] - music[first:]
    assert 10 * np.log10((added**2).mean() / (music**2).mean()) == pytest.approx(-9, abs=0.1)
    np.testing.assert_array_equal(add_to_samples(music, people, CrowdDraw(9.0, -6.0)), music)


def test_a_folder_of_ones_own_crowds(tmp_path):
    soundfile.write(tmp_path / "roar.wav", np.random.default_rng(0).normal(0, 0.1, 22050), SAMPLE_RATE_HERTZ)
    (frames,) = load_crowds(tmp_path, tmp_path / "cache")
    assert frames.shape == (BINS, 4) and frames.mean() == pytest.approx(1, abs=0.01)
