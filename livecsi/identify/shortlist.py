"""Which songs are worth a full comparison: MaxSim on the coarse level, at the best of twelve transpositions.

MaxSim is the mean of the row and column maxima of a cross-similarity matrix: how well each moment of the query is found
somewhere in the song, and the other way round. Up to a thousand songs are all asked; of more than that, the thousand
whose moments and the thousand whose phrases are most like those of the query (`song_index.py`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import Sequences

EXACT_SONGS = 1000
"""How many songs are asked, and how many of a larger catalogue are left by its moments, and as many by its phrases."""
Array = NDArray[np.float32]


def max_similarity(query: Sequences, songs: Sequence[Array]) -> tuple[Array, NDArray[np.int64]]:
    """MaxSim of coarse levels (96, moments) with the query, and the rotation that gave it: shape (songs,) each."""
    best = np.full(len(songs), -np.inf, np.float32)
    rotation = np.zeros(len(songs), np.int64)
    if not songs:
        return best, rotation
    lengths = np.array([song.shape[1] for song in songs])
    starts, wide = np.cumsum([0, *lengths[:-1]]), np.concatenate(songs, 1)
    for semitones, (_, _, coarse) in enumerate(query.rotated):
        similarity = coarse.T @ wide
        rows = np.maximum.reduceat(similarity, starts, axis=1).mean(0)
        columns = np.add.reduceat(similarity.max(0), starts) / lengths
        score = 0.5 * (rows + columns)
        rotation[score > best] = semitones
        np.maximum(best, score, out=best)
    return best, rotation
