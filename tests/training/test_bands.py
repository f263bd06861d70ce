"""High and medium are promises: they begin where the precision was measured, and not at all where it was not."""

import json
import math

import numpy as np
import pytest

from livecsi.training.bands import FEWEST_ANSWERS, FEWEST_SONGS_FOR_HIGH, Judged, fit_bands
from livecsi.training.calibrate import write_measured
from livecsi.training.rehearsal import Answer
from livecsi.types import UNCALIBRATED, Bands


def judged(count: int, share_right, works: int = 80, songs: int = 400, seed: int = 0) -> list[Judged]:
    """Answers of every probability, right as often as `share_right` of it says."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        probability = float(rng.random())
        right = bool(rng.random() < share_right(probability))
        found.append(Judged(Answer(1.0, 1.0, works, "present", right), probability, number % songs))
    return found


def honest(probability: float) -> float:
    return probability


def test_a_band_begins_where_the_answers_above_it_are_right_often_enough():
    """Where a probability is the share of right answers, those above p are right (1 + p) / 2 of the time, and a hundred
    at p may by chance be right a little oftener than they should."""
    bands = fit_bands(judged(40_000, honest))
    assert bands["high"]["from_probability"] == pytest.approx(0.96, abs=0.01)
    assert 0.80 < bands["medium"]["from_probability"] < 0.88
    assert 0.98 <= bands["high"]["precision"] < 0.985
    assert bands["high"]["answers"] == pytest.approx(0.04 * 40_000, rel=0.25)
    assert (bands["songs"], bands["catalogue_sizes"]) == (400, [80])


def test_the_catalogue_size_that_does_worst_decides():
    """In the large one, every probability is too bold by a tenth."""
    both = judged(40_000, honest) + judged(40_000, lambda p: p - 0.1, works=10_000, seed=1)
    bands = fit_bands(both)
    assert bands["high"] is None, "no probability is right in 98 of 100"
    assert bands["medium"] is None
    bolder_by_little = judged(40_000, honest) + judged(40_000, lambda p: p - 0.05, works=10_000, seed=1)
    assert fit_bands(bolder_by_little)["medium"]["from_probability"] == pytest.approx(0.91, abs=0.03)


def test_many_that_are_beyond_doubt_do_not_speak_for_a_few_that_are_not():
    sure = [Judged(Answer(1.0, 1.0, 80, "present", True), 0.99, number) for number in range(5_000)]
    unsure = [Judged(Answer(1.0, 1.0, 80, "present", number % 10 > 0), 0.7, number) for number in range(200)]
    bands = fit_bands(sure + unsure)
    assert bands["high"]["from_probability"] == 0.99 and bands["medium"]["from_probability"] == 0.7


def test_nothing_is_high_before_enough_songs_were_played():
    few, enough = (judged(20_000, honest, songs=n) for n in (FEWEST_SONGS_FOR_HIGH - 1, FEWEST_SONGS_FOR_HIGH))
    assert fit_bands(few)["high"] is None and fit_bands(few)["medium"] is not None
    assert fit_bands(enough)["high"] is not None


def test_a_band_needs_answers_behind_it():
    few = [Judged(Answer(1.0, 1.0, 80, "present", True), 0.99, number) for number in range(FEWEST_ANSWERS)]
    assert fit_bands(few)["medium"] == {"from_probability": 0.99, "precision": 1.0, "answers": FEWEST_ANSWERS}
    assert fit_bands(few[1:])["medium"] is None


def test_answers_of_one_probability_stay_together():
    tied = [Judged(Answer(1.0, 1.0, 80, "present", number < 850), 0.9, number) for number in range(1000)]
    assert fit_bands(tied)["medium"] is None, "the first 850 are all right, but nothing tells them from the rest"


def test_a_manifest_gives_the_bands_that_were_written_into_it(tmp_path):
    manifest = {"models": [{"name": "gate"}, {"name": "livecsi", "calibration": {"slope": 1.0}}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    measured = fit_bands(judged(40_000, honest))
    write_measured(tmp_path, "livecsi", "bands", measured)
    gate, model = json.loads((tmp_path / "manifest.json").read_text())["models"]
    assert gate == {"name": "gate"} and model["calibration"]["slope"] == 1.0
    bands = Bands.from_manifest(model["calibration"])
    assert bands.basis == "calibrated"
    assert (bands.high, bands.medium) == tuple(measured[word]["from_probability"] for word in ("high", "medium"))


def test_a_band_that_was_not_earned_is_never_said():
    bands = Bands.from_manifest({"bands": {"high": None, "medium": {"from_probability": 0.7}}})
    assert bands == Bands(None, 0.7, "calibrated")
    assert [bands.word(p) for p in (1.0, 0.7, math.nextafter(0.7, 0))] == ["medium", "medium", "low"]


def test_without_measured_bands_nothing_is_high():
    assert Bands.from_manifest({"slope": 1.0}) is UNCALIBRATED
    assert UNCALIBRATED.word(1.0) == "medium" and UNCALIBRATED.word(0.5) == "low"
