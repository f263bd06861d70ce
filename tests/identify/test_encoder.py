"""The encoder of the released model, run for real."""

import numpy as np
import pytest

from livecsi.errors import InputError
from livecsi.features.cqt import constant_q
from livecsi.identify.encoder import MINIMUM_FRAMES
from livecsi.types import SAMPLE_RATE_HERTZ


def magnitudes(frames: int) -> np.ndarray:
    return np.random.default_rng(0).gamma(0.5, 1.0, (72, frames)).astype(np.float32)


@pytest.mark.parametrize("frames", [MINIMUM_FRAMES, 201, 640])
def test_any_length_becomes_three_levels_of_unit_columns(ear, frames):
    sequences = ear.system.encode(magnitudes(frames))
    for level, step in zip(sequences.levels, (2, 4, 8), strict=True):
        assert level.shape[0] == 96 and abs(level.shape[1] - frames / step) < 1
        np.testing.assert_allclose(np.linalg.norm(level, axis=0), 1, atol=1e-3)
    assert sequences.duration_seconds == pytest.approx(frames * 6600 / SAMPLE_RATE_HERTZ, abs=0.6)


def test_a_jingle_is_refused_instead_of_matched_by_chance(ear):
    with pytest.raises(InputError, match="less than 10 s"):
        ear.system.encode(magnitudes(MINIMUM_FRAMES - 1))
    with pytest.raises(InputError, match="too short"):
        ear.system.encode(constant_q(ear.system.features, np.zeros(5 * SAMPLE_RATE_HERTZ, np.float32)))


def test_silence_has_finite_sequences(ear):
    sequences = ear.system.encode(constant_q(ear.system.features, np.zeros(20 * SAMPLE_RATE_HERTZ, np.float32)))
    assert all(np.isfinite(level).all() for level in sequences.levels)


def test_loudness_is_no_property_of_a_song(ear):
    loud = ear.system.encode(magnitudes(120))
    soft = ear.system.encode(magnitudes(120) * np.float32(0.01))
    for a, b in zip(loud.levels, soft.levels, strict=True):
        np.testing.assert_allclose(a, b, atol=2e-3)
