"""Impostors: how much a studio song resembles songs it is not, so that hubs do not win by being everybody's neighbour.

Adaptive symmetric score normalisation, known from speaker verification, with the catalogue's own songs and the model's
background songs as the cohort.
"""

from collections.abc import Sequence

import numpy as np

from livecsi.identify.matcher import COHORT, Matcher, Reference
from livecsi.identify.sequences import FRAMES_PER_MOMENT, Sequences

IMPOSTOR_QUERIES = 48
IMPOSTOR_QUERY_SECONDS = 60.0


def impostor_means(matcher: Matcher, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]:
    """Per reference the mean of its ten best raw scores against a minute of each impostor that is another work."""
    scores = np.full((len(references), len(impostors)), -np.inf)
    place = {id(reference): index for index, reference in enumerate(references)}
    for column, impostor in enumerate(impostors):
        others = [reference for reference in references if _is_another(reference, impostor)]
        for match in matcher.compare(middle_of(impostor.sequences, IMPOSTOR_QUERY_SECONDS), others):
            scores[place[id(match.reference)], column] = match.raw_score
    best = [row[np.isfinite(row)][:COHORT] for row in -np.sort(-scores, axis=1)]
    return [float(np.mean(row)) if len(row) else 0.0 for row in best]


def choose_impostors(references: Sequence[Reference], count: int = IMPOSTOR_QUERIES) -> list[Reference]:
    """An even choice of songs to act as impostors, the same for the same catalogue."""
    chosen = np.unique(np.linspace(0, len(references) - 1, min(count, len(references))).astype(int))
    return [references[index] for index in chosen]


def middle_of(sequences: Sequences, seconds: float) -> Sequences:
    """The middle of a recording's sequences, cut at whole coarse moments."""
    coarse = sequences.levels[2].shape[1]
    keep = min(coarse, max(4, round(seconds / sequences.moment_seconds(2))))
    first = (coarse - keep) // 2
    scale = [FRAMES_PER_MOMENT[2] // frames for frames in FRAMES_PER_MOMENT]
    fine, middle, last = (
        level[:, first * step : (first + keep) * step] for level, step in zip(sequences.levels, scale, strict=True)
    )
    return Sequences((fine, middle, last), sequences.frame_seconds)


def _is_another(reference: Reference, impostor: Reference) -> bool:
    return reference is not impostor and (reference.is_background or reference.work_id != impostor.work_id)
