"""The coarse moments of all songs side by side, in eight bits: what a large catalogue is searched by first.

MaxSim of ten thousand songs takes seconds. Here at most 25 moments of a query are looked for in each song, in twelve
keys, and nothing the other way round: half of the cost, and enough to say which songs are worth the whole of it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import Sequences

SONGS_AT_ONCE = 512
MOST_MOMENTS = 25
"""Of a query: a minute's. Of a longer one every second or third has to do."""
LARGEST_BYTE = 127
Array = NDArray[np.float32]


class MomentIndex:
    """Songs that are looked through together."""

    def __init__(self, songs: Sequence[Sequences]) -> None:
        groups = [songs[first : first + SONGS_AT_ONCE] for first in range(0, len(songs), SONGS_AT_ONCE)]
        self._groups = [_Group([song.level(2) for song in group]) for group in groups]

    def similarity(self, query: Sequences) -> Array:
        """The sum, over the query's moments, of each one's best in a song, in the best key: shape (songs,)."""
        step = -(-query.level(2).shape[1] // MOST_MOMENTS)
        keys = np.stack([coarse.T[::step] for _, _, coarse in query.rotated])
        return np.concatenate([group.similarity(keys) for group in self._groups])


class _Group:
    """Coarse levels (96, moments), unit columns, one after the other."""

    def __init__(self, songs: Sequence[Array]) -> None:
        self._starts = np.cumsum([0, *(song.shape[1] for song in songs[:-1])])
        self._codes = np.round(LARGEST_BYTE * np.concatenate(songs, 1)).astype(np.int8)

    def similarity(self, keys: Array) -> Array:
        """Of a query (12, moments, 96) in all keys."""
        count, moments, dimensions = keys.shape
        found = keys.reshape(-1, dimensions) @ self._codes.astype(np.float32)
        best = np.maximum.reduceat(found, self._starts, axis=1).reshape(count, moments, -1)
        return np.asarray(best.sum(1).max(0) / LARGEST_BYTE)
