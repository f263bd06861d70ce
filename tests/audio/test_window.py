"""The same windows come due however the audio arrived."""

import numpy as np
import pytest

from livecsi.audio.window import WindowPlan
from livecsi.settings import ListeningSettings

FRAME_SAMPLES = 6600
PLAN = WindowPlan.from_settings(ListeningSettings(), FRAME_SAMPLES)


def test_the_defaults_are_a_minute_every_ten_seconds():
    assert (PLAN.window_frames, PLAN.hop_frames, PLAN.minimum_frames) == (200, 33, 67)
    assert PLAN.seconds((0, PLAN.window_frames)) == pytest.approx((0.0, 60.0), abs=0.2)


def test_the_first_windows_of_a_night_grow_to_full_length():
    assert PLAN.due(66, 0) == []
    assert PLAN.due(67, 0) == [(0, 67)]
    assert PLAN.due(67 + 5 * 33, 3) == [(0, 166), (0, 199), (32, 232)]


@pytest.mark.parametrize("seed", range(10))
def test_any_chunking_gives_the_same_windows(seed):
    rng = np.random.default_rng(seed)
    total = int(rng.integers(1, 3000))
    cuts = sorted(int(frames) for frames in rng.integers(0, total + 1, size=rng.integers(0, 40)))
    windows = []
    for available in [*cuts, total]:
        windows += PLAN.due(available, len(windows))
    assert windows == PLAN.due(total, 0)
    assert all(0 <= first < last <= total and last - first <= PLAN.window_frames for first, last in windows)
    assert [last for _, last in windows] == list(range(67, total + 1, 33))


@pytest.mark.parametrize(("total", "expected"), [
    (0, None), (1, (0, 1)), (66, (0, 66)), (67, None), (68, (0, 68)), (100, None), (500, (300, 500)),
])
def test_the_end_of_the_stream_is_covered_exactly_once(total, expected):
    assert PLAN.final(total) == expected


def test_every_frame_is_in_some_window():
    for total in range(1, 900, 7):
        windows = PLAN.due(total, 0) + [window for window in [PLAN.final(total)] if window]
        covered = np.zeros(total, dtype=bool)
        for first, last in windows:
            covered[first:last] = True
        assert covered.all()


def test_a_window_shorter_than_the_usual_minimum_is_its_own_minimum():
    plan = WindowPlan.from_settings(ListeningSettings(window_seconds=20.0, hop_seconds=1.0), FRAME_SAMPLES)
    assert (plan.window_frames, plan.hop_frames, plan.minimum_frames) == (67, 3, 67)
