"""Whether probabilities can be believed: reliability in bins, expected calibration error, risk against coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 10
TRIALS = 200
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar probability: their mean probability, the share that was right, and their weight of one."""

    probability: float
    right: float
    weight: float


def reliability(probability: Array, right: NDArray[np.bool_], weight: Array, bins: int = BINS) -> list[Bin]:
    """Bins of equal width that are not empty, from unlikely to sure; `weight` (answers,) need not sum to one."""
    number = np.minimum((probability * bins).astype(int), bins - 1)
    found = []
    for index in np.unique(number):
        chosen = number == index
        share = weight[chosen] / weight[chosen].sum()
        found.append(
            Bin(
                float(probability[chosen] @ share),
                float(right[chosen] @ share),
                float(weight[chosen].sum() / weight.sum()),
            )
        )
    return found


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean distance of probability and share of right answers, by weight (Naeini, Cooper and Hauskrecht 2015)."""
    return sum(part.weight * abs(part.probability - part.right) for part in bins)


def error_by_chance(probability: Array, weight: Array, seed: int = 0) -> float:
    """The expected calibration error that so many answers have when every probability is exactly right, in the mean of
    `TRIALS` trials: few answers in a bin are rarely right as often as they should be (Broecker and Smith 2007)."""
    rng = np.random.default_rng(seed)
    drawn = (rng.random(len(probability)) < probability for _ in range(TRIALS))
    return float(np.mean([expected_calibration_error(reliability(probability, right, weight)) for right in drawn]))


def risk_coverage(probability: Array, right: NDArray[np.bool_], weight: Array) -> tuple[Array, Array]:
    """Share of answers that are named, and share of the named ones that is wrong, from strict to lenient."""
    order = np.argsort(-probability, kind="stable")
    named = np.cumsum(weight[order])
    wrong = np.cumsum(weight[order] * ~right[order])
    return named / weight.sum(), wrong / named
