"""Impostors: how much a studio song resembles songs it is not, so that hubs do not win by being everybody's neighbour.

Adaptive symmetric score normalisation, known from speaker verification, with the catalogue's own songs and the model's
background songs as the cohort.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.matcher import Matcher
from livecsi.identify.references import Reference
from livecsi.identify.scoring import COHORT
from livecsi.identify.sequences import Sequences
from livecsi.identify.shortlist import max_similarity

IMPOSTOR_QUERIES = 48
IMPOSTOR_QUERY_SECONDS = 60.0
NEAREST = 16
MEASURED_AT_ONCE = 100


def impostor_means(matcher: Matcher, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]:
    """Per reference the mean of its ten best raw scores against a minute of each impostor that is another work.

    Only the impostors that are nearest by MaxSim are compared in full: the ten best are among them.
    """
    queries = [middle_of(impostor.sequences, IMPOSTOR_QUERY_SECONDS) for impostor in impostors]
    others = np.array([[is_another(r, impostor) for impostor in impostors] for r in references], dtype=bool)
    others = others.reshape(len(references), len(impostors))
    near = _nearest(others, references, queries)
    scores = np.full(near.shape, -np.inf)
    for column, query in enumerate(queries):
        rows: list[int] = np.flatnonzero(near[:, column]).tolist()
        place = {id(references[row]): row for row in rows}
        for match in matcher.compare(query, [references[row] for row in rows]):
            scores[place[id(match.reference)], column] = match.raw_score
    best = [row[np.isfinite(row)][:COHORT] for row in -np.sort(-scores, axis=1)]
    return [float(np.mean(row)) if len(row) else 0.0 for row in best]


def _nearest(
    others: NDArray[np.bool_], references: Sequence[Reference], queries: Sequence[Sequences]
) -> NDArray[np.bool_]:
    """Which of the `others` (references, queries) are the nearest ones of their reference."""
    similarity = np.full(others.shape, -np.inf)
    for first in range(0, len(references), MEASURED_AT_ONCE):
        coarse = [reference.sequences.level(2) for reference in references[first : first + MEASURED_AT_ONCE]]
        for column, query in enumerate(queries):
            similarity[first : first + len(coarse), column] = max_similarity(query, coarse)[0]
    similarity[~others] = -np.inf
    order = np.argsort(-similarity, axis=1, kind="stable")[:, :NEAREST]
    near = np.zeros_like(others)
    np.put_along_axis(near, order, True, axis=1)
    return near & others


def choose_impostors(references: Sequence[Reference], count: int = IMPOSTOR_QUERIES) -> list[Reference]:
    """An even choice of songs to act as impostors, the same for the same catalogue."""
    chosen = np.unique(np.linspace(0, len(references) - 1, min(count, len(references))).astype(int))
    return [references[index] for index in chosen]


def middle_of(sequences: Sequences, seconds: float) -> Sequences:
    """The middle of a recording's sequences, cut at whole coarse moments."""
    coarse = sequences.level(2).shape[1]
    keep = min(coarse, max(4, round(seconds / sequences.moment_seconds(2))))
    first = (coarse - keep) // 2
    return sequences.cut(first, first + keep)


def is_another(reference: Reference, impostor: Reference) -> bool:
    """Whether the impostor is another work than the reference."""
    return reference is not impostor and (reference.is_background or reference.work_id != impostor.work_id)
