"""The constants of a release, fitted on opinions whose truth is made up."""

import numpy as np
import pytest

from livecsi.errors import FindingsError
from livecsi.identify.calibration import Calibration
from livecsi.identify.matcher import BACKGROUND, OPINIONS, Reference
from livecsi.training.calibrate import TWIN, Bench, fit_calibration, measure_impostors, measure_scoring
from tests.identify.made_up import random_sequences

SONGS, BACKGROUND_SONGS, WINDOWS_PER_SONG = 30, 12, 3


def bench(gain: float, seed: int = 0) -> Bench:
    """Opinions are noise around -3, 0.4, 1 and 2, and `gain` deviations higher where song and window agree."""
    rng = np.random.default_rng(seed)
    sequences = random_sequences(rng, 4)
    works = [*range(SONGS), *[BACKGROUND] * BACKGROUND_SONGS]
    windows = np.repeat(np.arange(SONGS), WINDOWS_PER_SONG)
    windows[1::15] = TWIN - windows[1::15]
    right = windows[:, None] == np.array(works)[None]
    scale, level = np.array([1.0, 0.05, 0.3, 0.3]), np.array([-3.0, 0.4, 1.0, 2.0])
    opinions = level + scale * (rng.standard_normal((*right.shape, 4)) + gain * right[:, :, None])
    return Bench([Reference(work, work, sequences) for work in works], windows, opinions)


def fitted(made: Bench) -> Calibration:
    scoring = measure_scoring(made)
    return Calibration.from_manifest(fit_calibration(made, scoring, measure_impostors(made, scoring), seed=1))


def test_opinions_are_standardised_over_wrong_pairs_only():
    scoring = measure_scoring(bench(gain=50.0))
    assert tuple(scoring) == OPINIONS
    assert scoring["head"]["mean"] == pytest.approx(-3, abs=0.1)
    assert scoring["similarity"]["deviation"] == pytest.approx(0.05, rel=0.1)


def test_impostor_means_never_see_the_right_window():
    plain, loud = bench(gain=0.0), bench(gain=50.0)
    scoring = measure_scoring(plain)
    np.testing.assert_allclose(measure_impostors(loud, scoring), measure_impostors(plain, scoring))


def test_a_better_network_gives_surer_answers():
    """What a window of a good and of a bad network scores, in the probability its own calibration makes of it."""
    for gain, likely in ((6.0, 0.95), (2.5, 0.8)):
        calibration = fitted(bench(gain))
        assert calibration.slope > 0
        assert 1 / (1 + np.exp(-calibration.log_odds(4 * gain - 4, 10))) > likely
        assert calibration.log_odds(0.0, 10) < 0 < calibration.log_odds(4 * 6.0, 10)


def test_the_same_opinions_give_the_same_constants():
    assert fitted(bench(3.0)) == fitted(bench(3.0))


def test_too_few_works_are_refused_instead_of_released_as_no_number():
    small = bench(3.0)
    few = Bench(small.references, small.window_works[:6], small.opinions[:6])
    with pytest.raises(FindingsError, match="6 windows are too few to calibrate on"):
        fitted(few)
