"""The system `qmax`: cross-recurrence of chroma (`recurrence.py`) at the best transpositions, untrained."""

from collections.abc import Sequence

import numpy as np

from livecsi.identify.systems.chroma import Chroma, ChromaSystem, best_rotations
from livecsi.identify.systems.recurrence import DIMENSION, Curve, embedded, longest_curves, recurrence
from livecsi.identify.systems.scored import Likeness

TRANSPOSITIONS = 2
"""How many of the likeliest transpositions are tried."""
SWEPT_AT_ONCE = 24


class Qmax(ChromaSystem):
    """Score: the longest curve over the square root of the song's length."""

    kind = "qmax"

    def likeness(self, query: Chroma, songs: Sequence[Chroma]) -> list[Likeness]:
        plans = [(index, k) for index, song in enumerate(songs) for k in best_rotations(query, song, TRANSPOSITIONS)]
        rotated = {k: embedded(query.rotated(k)) for k in {k for _, k in plans}}
        known = [embedded(song.profiles) for song in songs]
        best: dict[int, Likeness] = {}
        for first in range(0, len(plans), SWEPT_AT_ONCE):
            now = plans[first : first + SWEPT_AT_ONCE]
            curves = longest_curves([recurrence(rotated[k], known[index]) for index, k in now])
            for (index, k), curve in zip(now, curves, strict=True):
                found = _likeness(curve, k, query, songs[index])
                if index not in best or found.score > best[index].score:
                    best[index] = found
        return [best[index] for index in range(len(songs))]


def _likeness(curve: Curve, rotation: int, query: Chroma, song: Chroma) -> Likeness:
    seconds, reach = query.moment_seconds, DIMENSION
    return Likeness(
        curve.length / float(np.sqrt(song.profiles.shape[1])),
        rotation,
        (curve.first_row * seconds, (curve.last_row + reach) * seconds),
        (curve.first_column * seconds, (curve.last_column + reach) * seconds),
    )
