"""The constants of a release, fitted on answers whose truth is made up."""

import math
from dataclasses import replace

import numpy as np
import pytest

from livecsi.errors import FindingsError
from livecsi.evaluation.reliability import expected_calibration_error, reliability
from livecsi.identify.calibration import Calibration
from livecsi.training.calibrate import TWIN_SHARE, fit_among_many, fit_calibration, weights
from livecsi.training.rehearsal import Answer

TRUE = Calibration(slope=0.6, per_lead=0.5, per_log_work=-0.5, intercept=-1.5)


def made_up(count: int, seed: int = 0, right: bool | None = None) -> list[Answer]:
    """Answers that are right as often as `TRUE` says, whatever they are called."""
    rng = np.random.default_rng(seed)
    answers = []
    for number in range(count):
        score, lead, works = rng.normal(5, 4), rng.exponential(3), int(rng.choice([20, 80, 1000]))
        odds = TRUE.log_odds(score, lead, works)
        truth = bool(rng.random() < 1 / (1 + math.exp(-odds))) if right is None else right
        kind = ("present", "present", "absent", "absent", "twin")[number % 5]
        answers.append(Answer(score, lead, works, kind, truth))
    return answers


def test_the_truth_is_found_again():
    fitted = Calibration.from_manifest(fit_calibration(made_up(20_000)))
    assert fitted.slope == pytest.approx(TRUE.slope, abs=0.06)
    assert fitted.per_lead == pytest.approx(TRUE.per_lead, abs=0.06)
    assert fitted.per_log_work == pytest.approx(TRUE.per_log_work, abs=0.06)
    assert fitted.intercept == pytest.approx(TRUE.intercept, abs=0.3)


def test_the_truth_among_many_is_found_again():
    answers = [replace(answer, works=9000) for answer in made_up(20_000)]
    fitted = fit_among_many(answers)
    assert fitted["works"] == 9000
    assert fitted["slope"] == pytest.approx(TRUE.slope, abs=0.08)
    assert fitted["per_lead"] == pytest.approx(TRUE.per_lead, abs=0.08)
    with pytest.raises(FindingsError, match="0 answers are too few"):
        fit_among_many([])


def test_probabilities_hold_for_answers_that_were_not_fitted_on():
    fitted = Calibration.from_manifest(fit_calibration(made_up(3000)))
    fresh = made_up(6000, seed=1)
    odds = np.array([fitted.log_odds(answer.score, answer.lead, answer.works) for answer in fresh])
    right = np.array([answer.right for answer in fresh])
    assert expected_calibration_error(reliability(1 / (1 + np.exp(-odds)), right, np.ones(len(fresh)))) < 0.03


def test_kinds_have_their_shares_in_every_size_of_catalogue():
    answers = [*made_up(100), *[Answer(1.0, 1.0, 5000, "absent", False)] * 400]
    answers += [Answer(1.0, 1.0, 5000, "present", True)] * 7 + [Answer(1.0, 1.0, 5000, "twin", False)] * 3
    weight = weights(answers)
    assert weight.sum() == pytest.approx(1)
    for works in (80, 5000):
        of_size = {kind: sum(w for w, a in zip(weight, answers, strict=True) if (a.works, a.kind) == (works, kind))
                   for kind in ("present", "absent", "twin")}  # fmt: skip
        assert of_size["twin"] / sum(of_size.values()) == pytest.approx(TWIN_SHARE)
        assert of_size["present"] == pytest.approx(of_size["absent"])


def test_an_answer_without_a_rival_counts_as_far_ahead_and_breaks_nothing():
    answers = [*made_up(500), *[Answer(9.0, math.inf, 20, "present", True)] * 20]
    assert all(math.isfinite(value) for value in fit_calibration(answers).values())


def test_neither_score_nor_lead_may_speak_against_a_song():
    """Of a system whose score is noise, a fit on few answers may find that high ones are wrong more often."""
    rng = np.random.default_rng(3)
    answers = [replace(answer, score=float(-answer.score + rng.normal())) for answer in made_up(3000)]
    fitted = Calibration.from_manifest(fit_calibration(answers))
    without = Calibration.from_manifest(fit_calibration([replace(answer, score=0.0) for answer in answers]))
    assert fitted.slope == 0.0
    assert fitted.per_lead == pytest.approx(without.per_lead, abs=1e-3) and fitted.per_lead > 0.1


@pytest.mark.parametrize("answers", [[], made_up(50, right=True), made_up(50, right=False)])
def test_too_few_or_all_alike_are_refused_instead_of_released_as_no_number(answers):
    with pytest.raises(FindingsError, match=f"{len(answers)} answers are too few to calibrate on"):
        fit_calibration(answers)
