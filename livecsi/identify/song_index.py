"""All songs of a catalogue side by side, in eight bits: what a large one is searched by before anything is compared.

Two things are looked for. Phrases (`phrases.py`) are learned for this, from rendered works alone, and now and then deaf
to a real band. Coarse moments are what MaxSim compares, which has heard real bands; here at most 25 of a query's are
looked for in the songs, and nothing the other way round.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.sequences import Sequences, unit_codes

SONGS_AT_ONCE = 512
MOST_MOMENTS = 25
"""Of a query: a minute's. Of a longer one every second or third has to do."""
Array = NDArray[np.float32]


class SongIndex:
    """Songs as columns (dimensions, columns) in eight bits, at least one column each."""

    def __init__(self, songs: Sequence[NDArray[np.int8]]) -> None:
        self._parts = [_Part(songs[first : first + SONGS_AT_ONCE]) for first in range(0, len(songs), SONGS_AT_ONCE)]

    def similarity(self, keys: Array) -> Array:
        """A query (12, rows, dimensions) in all keys: the sum of each row's best column, in the best key: (songs,)."""
        return np.concatenate([part.similarity(keys) for part in self._parts])


class MomentIndex:
    """The coarse moments of all songs."""

    def __init__(self, songs: Sequence[Sequences]) -> None:
        self._songs = SongIndex([unit_codes(song.level(2)) for song in songs])

    def similarity(self, query: Sequences) -> Array:
        """How well the query's moments are found in each song, in its best key: shape (songs,)."""
        step = -(-query.level(2).shape[1] // MOST_MOMENTS)
        return self._songs.similarity(np.stack([coarse.T[::step] for _, _, coarse in query.rotated]))


class _Part:
    """So many songs as are looked at together."""

    def __init__(self, songs: Sequence[NDArray[np.int8]]) -> None:
        self._starts = np.cumsum([0, *(song.shape[1] for song in songs[:-1])])
        self._codes = np.concatenate(songs, 1)

    def similarity(self, keys: Array) -> Array:
        count, rows, dimensions = keys.shape
        found = keys.reshape(-1, dimensions) @ self._codes.astype(np.float32)
        best = np.maximum.reduceat(found, self._starts, axis=1).reshape(count, rows, -1)
        return np.asarray(best.sum(1).max(0))
