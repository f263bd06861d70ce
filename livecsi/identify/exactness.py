"""Recorded or live: a band bends tempo, key and form, and the studio recording from the loudspeakers does not.

The moments of a recording lie on one straight line of slope one through the studio song, in its own key, and each of
them is like its partner, whatever room and crowd are around it. A band that plays to a click keeps to the line too, but
not one moment sounds quite the same.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import Sequences

SHORTEST_SECONDS = 60.0
"""Over less than a minute, two performances of one anthem can be this alike."""
OVERLAP = 0.9
"""How much of the shorter one must lie on the line."""
RECORDED_EXACTNESS = 0.84
"""From here on it is a recording. Rendered bands that play to the studio's own click, in its key and form, reach 0.83;
two productions that seem to be of one sequencer file reach 0.86 and count as one; a tape under a loud crowd may stay
below (`benchmarks/results`)."""
BETWEEN_MOMENTS = (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75)
Array = NDArray[np.float32]


def exactness(query: Sequences, studio: Sequences, rotation: int) -> float:
    """Mean cosine, 0 to 1, of the fine moments along the best straight line of slope one.

    `rotation` is the one the matcher found. In another key, and on lines shorter than `SHORTEST_SECONDS`, it is 0.
    """
    heard, song = _unit(query.level(0)), _unit(studio.level(0))
    shorter = min(heard.shape[1], song.shape[1])
    if rotation or shorter * OVERLAP * query.moment_seconds(0) < SHORTEST_SECONDS:
        return 0.0
    nearest = _best_offset(heard.T @ song, round(shorter * OVERLAP))
    return max(0.0, *(_along(heard, song, nearest + part) for part in BETWEEN_MOMENTS))


def _best_offset(similarity: Array, shortest: int) -> int:
    """By how many whole moments the song is ahead of the query on the best diagonal of `shortest` moments or more."""
    rows, columns = similarity.shape
    offsets = range(shortest - rows, columns - shortest + 1)
    return max(offsets, key=lambda offset: float(np.diagonal(similarity, offset).mean()))


def _along(heard: Array, song: Array, offset: float) -> float:
    """Mean cosine where the song is `offset` moments ahead; between two of its moments it is a mixture of them."""
    whole = int(np.floor(offset))
    part = offset - whole
    mixed = _unit((1 - part) * song[:, :-1] + part * song[:, 1:])
    first, last = max(0, -whole), min(heard.shape[1], mixed.shape[1] - whole)
    return float((heard[:, first:last] * mixed[:, first + whole : last + whole]).sum(0).mean())


def _unit(columns: Array) -> Array:
    return np.asarray(columns / np.maximum(np.linalg.norm(columns, axis=0), 1e-9), np.float32)
