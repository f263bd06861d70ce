"""Is this pair the same song? Receiver operating characteristic, precision and recall over every threshold.

Pairs of equal score enter together, so the order in which they were listed changes nothing. A set of all pairs is
unbalanced, as the world is: most pairs are different songs. `balanced` draws as many of these as there are same ones.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class PairCurves:
    """At each threshold, from strict to lenient, beginning with none accepted; areas below both curves."""

    false_positive_rate: Array
    recall: Array
    precision: Array
    roc_area: float
    average_precision: float
    pairs: int
    best_accuracy: float


def pair_curves(scores: Array, same: NDArray[np.bool_]) -> PairCurves:
    """`scores` and `same`, both (pairs,), with at least one pair of each kind."""
    order = np.argsort(-scores, kind="stable")
    last_of_equal = np.append(np.diff(scores[order]) != 0, True)
    hits = np.cumsum(same[order])[last_of_equal]
    accepted = np.flatnonzero(last_of_equal) + 1
    wrong = accepted - hits
    different = len(same) - int(same.sum())
    recall, false = np.append(0, hits / same.sum()), np.append(0, wrong / different)
    precision = np.append(1, hits / accepted)
    return PairCurves(
        false,
        recall,
        precision,
        float(np.trapezoid(recall, false)),
        float(np.sum(np.diff(recall) * precision[1:])),
        len(same),
        float(np.max(np.append(0, hits) + different - np.append(0, wrong)) / len(same)),
    )


def balanced(same: NDArray[np.bool_], seed: int = 0) -> NDArray[np.int64]:
    """Indices of all same pairs and of as many different ones, drawn the same way every time."""
    different = np.flatnonzero(~same)
    chosen = np.random.default_rng(seed).choice(different, min(len(different), int(same.sum())), replace=False)
    return np.sort(np.concatenate([np.flatnonzero(same), chosen]))
