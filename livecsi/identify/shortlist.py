"""Which songs are worth a full comparison: MaxSim on the coarse level, at the best of twelve transpositions.

MaxSim is the mean of the row and column maxima of a cross-similarity matrix: how well each moment of the query is found
somewhere in the song, and the other way round. Some hundred songs are all asked. Ten thousand are looked at through a
sketch first, with neighbouring moments pooled and in eight bits, and only the best few hundred are asked exactly.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import DIMENSIONS, PITCH_CLASSES, Sequences

EXACT_SONGS = 1000
"""How many songs are asked exactly, and how many of a larger catalogue are left when the sketch has been looked at."""
POOLED_MOMENTS = 2
SONGS_AT_ONCE = 64
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


class Sketch:
    """A large catalogue at a glance: pooled coarse moments of all songs, 5 kB each."""

    def __init__(self, songs: Sequence[Sequences]) -> None:
        pooled = [_pooled(song.level(2)) for song in songs]
        self._order = np.argsort([len(moments) for moments in pooled], kind="stable")
        self._parts = [
            _side_by_side([pooled[index] for index in self._order[first : first + SONGS_AT_ONCE]])
            for first in range(0, len(pooled), SONGS_AT_ONCE)
        ]

    def nearest(self, query: Sequences, count: int) -> NDArray[np.int64]:
        """Indices of the `count` songs in which the query's moments are found best, best first."""
        moments = np.concatenate([_pooled(coarse) for _, _, coarse in query.rotated]).astype(np.float32)
        scores = np.concatenate([_row_maxima(moments, part) for part in self._parts])
        return np.asarray(self._order[np.argsort(-scores, kind="stable")[:count]])


def _pooled(coarse: Array) -> NDArray[np.int8]:
    """The coarse level with neighbouring moments made one, (moments, 96), in eight bits: only the order counts."""
    whole = max(1, coarse.shape[1] // POOLED_MOMENTS)
    means = np.stack([part.mean(1) for part in np.array_split(coarse, whole, axis=1)])
    return np.round(127 * means / (np.linalg.norm(means, axis=1, keepdims=True) + 1e-6)).astype(np.int8)


def _side_by_side(songs: Sequence[NDArray[np.int8]]) -> NDArray[np.int8]:
    """(96, longest, songs): the shorter ones repeat their last moment, which changes no maximum."""
    longest = max(len(song) for song in songs)
    filled = [np.pad(song, ((0, longest - len(song)), (0, 0)), mode="edge") for song in songs]
    return np.ascontiguousarray(np.stack(filled, 2).transpose(1, 0, 2))


def _row_maxima(moments: Array, part: NDArray[np.int8]) -> Array:
    """How well all moments of the query, in the best rotation, are found in each song of a part."""
    _, longest, songs = part.shape
    similarity = moments @ part.reshape(DIMENSIONS, -1).astype(np.float32)
    best = similarity.reshape(len(moments), longest, songs).max(1)
    return np.asarray(best.reshape(PITCH_CLASSES, -1, songs).mean(1).max(0))
