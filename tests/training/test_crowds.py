"""Crowds nobody recorded."""

import numpy as np
import pytest

from livecsi.training.crowds import crowd
from livecsi.types import SAMPLE_RATE_HERTZ


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("voices", [0, 2])
def test_a_crowd_is_loud_finite_and_reproducible(seed, voices):
    noise = np.random.default_rng(9).normal(0, 0.1, (voices, SAMPLE_RATE_HERTZ)).astype(np.float32)
    said = list(noise)
    made = crowd(np.random.default_rng(seed), 3.0, said)
    assert made.shape == (3 * SAMPLE_RATE_HERTZ,) and made.dtype == np.float32
    assert np.isfinite(made).all()
    assert np.abs(made).max() == pytest.approx(0.5, abs=1e-3)
    np.testing.assert_array_equal(made, crowd(np.random.default_rng(seed), 3.0, said))
    assert not np.array_equal(made, crowd(np.random.default_rng(seed + 100), 3.0, said))
