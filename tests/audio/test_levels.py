"""The meter: what a person sets the desk by."""

import numpy as np
import pytest

from livecsi.audio.levels import SILENCE_DBFS, InputLevels, LevelMeter
from livecsi.audio.wire import heard

RATE_HERTZ = 48_000


def tone(seconds: float, amplitude: float, offset: float = 0.0) -> np.ndarray:
    time = np.arange(round(seconds * RATE_HERTZ)) / RATE_HERTZ
    return (amplitude * np.sin(2 * np.pi * 1000 * time) + offset).astype(np.float32)[:, np.newaxis]


def measure(*stretches: np.ndarray) -> InputLevels:
    meter = LevelMeter(RATE_HERTZ)
    for stretch in stretches:
        for begin in range(0, len(stretch), 2_400):
            meter.feed(heard(stretch[begin : begin + 2_400], (), 0, 0.0))
    return meter.levels()


def test_a_sine_is_three_decibels_below_its_peak():
    levels = measure(tone(2, 0.1))
    assert levels.level_dbfs == pytest.approx(-23.01, abs=0.01)
    assert levels.peak_dbfs == pytest.approx(-20.0, abs=0.01)
    assert levels.clipped_fraction == 0.0 and levels.zeros_seconds == 0.0


def test_only_the_last_second_counts():
    assert measure(tone(5, 1.0), tone(1, 0.01)).peak_dbfs == pytest.approx(-40.0, abs=0.01)


def test_a_constant_part_is_shown_and_is_no_level():
    levels = measure(tone(2, 0.1, offset=0.3))
    assert levels.dc_offset == pytest.approx(0.3, abs=0.001)
    assert levels.level_dbfs == pytest.approx(-23.01, abs=0.01)


def test_clipping_in_one_channel_is_seen_although_the_mix_is_not_clipped():
    clipped = np.clip(tone(1, 2.0), -1, 1)
    levels = measure(np.hstack([clipped, -clipped]))
    assert levels.level_dbfs == SILENCE_DBFS
    assert levels.peak_dbfs == 0.0
    assert levels.clipped_fraction == pytest.approx(2 / 3, abs=0.05)


def test_a_clipped_second_is_remembered_by_how_long_ago_it_was():
    loud, right = np.clip(tone(1, 2.0), -1, 1), tone(1, 0.1)
    assert measure(right).unclipped_seconds == float("inf")
    assert measure(right, loud).unclipped_seconds == 0.0
    levels = measure(loud, right, right, right)
    assert levels.clipped_fraction == 0.0
    assert levels.unclipped_seconds == pytest.approx(2.0, abs=0.1), "the last second in which it clipped is over then"


def test_digital_zeros_are_told_from_a_quiet_room():
    zeros = np.zeros((3 * RATE_HERTZ, 2), dtype=np.float32)
    assert measure(tone(1, 0.1), zeros[:, :1]).zeros_seconds == pytest.approx(3.0)
    assert measure(zeros, tone(1, 0.00002).repeat(2, axis=1)).zeros_seconds == 0.0
    assert measure().level_dbfs == SILENCE_DBFS


def test_what_is_no_number_is_silence():
    broken = tone(1, 0.1)
    broken[::7] = np.nan
    broken[3::7] = 1e20
    assert -30 < measure(broken).level_dbfs < -20
