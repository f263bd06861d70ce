"""The bands high and medium of a report: where the precision of lines that no constant was fitted on is good enough.

They are asked with the probabilities the runtime gave them, in catalogues of every size.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.training.calibrate import Array, weights
from livecsi.training.rehearsal import Answer

HIGH_PRECISION, MEDIUM_PRECISION = 0.98, 0.90
FEWEST_SONGS_FOR_HIGH = 300
FEWEST_ANSWERS = 100
"""How many answers of a catalogue's size must stand behind a band, and how many of the least sure are asked by
themselves: fewer do not tell 0.98 from 0.95."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer, the probability the runtime gave it, and the number of the song that was played."""

    answer: Answer
    probability: float
    song: int


def fit_bands(judged: Sequence[Judged]) -> dict[str, Any]:
    """The bands of the manifest's calibration entry, each with the answers behind it; one that was not earned is null.

    There is no band high before `FEWEST_SONGS_FOR_HIGH` songs were played, each in a version of its own.
    """
    songs = len({one.song for one in judged})
    return {
        "high": _band(judged, HIGH_PRECISION) if songs >= FEWEST_SONGS_FOR_HIGH else None,
        "medium": _band(judged, MEDIUM_PRECISION),
        "songs": songs,
        "catalogue_sizes": sorted({one.answer.works for one in judged}),
    }


def _band(judged: Sequence[Judged], precision: float) -> dict[str, Any] | None:
    """The lowest probability from which on the precision holds in catalogues of every size."""
    sizes = {one.answer.works for one in judged}
    starts = [_lowest([one for one in judged if one.answer.works == size], precision) for size in sizes]
    known = [start for start in starts if start is not None]
    if not known or len(known) < len(sizes):
        return None
    start = max(known)
    probability, right, weight = _columns(judged)
    named = probability >= start
    reached = float(weight[named & right].sum() / weight[named].sum())
    return {"from_probability": start, "precision": round(reached, 4), "answers": int(named.sum())}


def _lowest(judged: Sequence[Judged], precision: float) -> float | None:
    """The same for one size; None when too few answers reach it. The least sure of them have to reach it as well: many
    that are beyond doubt must not speak for a few that are not."""
    probability, right, weight = _columns(judged)
    order = np.argsort(-probability, kind="stable")
    hits, asked = np.cumsum((weight * right)[order]), np.cumsum(weight[order])
    reaches = (hits >= precision * asked) & (_least_sure(hits) >= precision * _least_sure(asked))
    is_last_of_its_kind = np.append(np.diff(probability[order]) != 0, True)
    enough = np.arange(len(order)) + 1 >= FEWEST_ANSWERS
    found = np.flatnonzero(reaches & is_last_of_its_kind & enough)
    return float(probability[order][found[-1]]) if len(found) else None


def _least_sure(sums: Array) -> Array:
    """What the last `FEWEST_ANSWERS` added to sums."""
    before = np.concatenate([np.zeros(FEWEST_ANSWERS), sums])[: len(sums)]
    return np.asarray(sums - before)


def _columns(judged: Sequence[Judged]) -> tuple[Array, NDArray[np.bool_], Array]:
    """Probabilities, whether they were right, and what each counts."""
    answers = [one.answer for one in judged]
    return np.array([one.probability for one in judged]), np.array([a.right for a in answers], bool), weights(answers)
