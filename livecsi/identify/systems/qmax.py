"""The system `qmax`: cross-recurrence of chroma (`recurrence.py`) at the best transpositions, untrained."""

from collections.abc import Sequence

import numpy as np

from livecsi.identify.systems.chroma import Array, TransposedChroma
from livecsi.identify.systems.recurrence import DIMENSION, Curve, embedded, longest_curves, recurrence
from livecsi.identify.systems.scored import Likeness


class Qmax(TransposedChroma):
    """Score: the longest curve over the square root of the song's length."""

    kind = "qmax"

    def prepared(self, profiles: Array) -> Array:
        return embedded(profiles)

    def beside(self, pairs: Sequence[tuple[Array, Array]], moment_seconds: float) -> list[Likeness]:
        curves = longest_curves([recurrence(query, song) for query, song in pairs])
        return [_likeness(curve, len(song), moment_seconds) for curve, (_, song) in zip(curves, pairs, strict=True)]


def _likeness(curve: Curve, song_rows: int, seconds: float) -> Likeness:
    return Likeness(
        score=curve.length / float(np.sqrt(song_rows + DIMENSION - 1)),
        window_seconds=(curve.first_row * seconds, (curve.last_row + DIMENSION) * seconds),
        song_seconds=(curve.first_column * seconds, (curve.last_column + DIMENSION) * seconds),
    )
