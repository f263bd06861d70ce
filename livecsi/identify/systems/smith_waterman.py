"""The system `smith-waterman`: the house's own alignment (`alignment.py`) on plain chroma at the best transpositions.

It differs from the system `livecsi` in what it hears alone, and so it shows what the learned sequences are worth.
"""

from collections.abc import Sequence

import numpy as np

from livecsi.identify.alignment import align
from livecsi.identify.systems.chroma import Array, Chroma, ChromaSystem, best_rotations
from livecsi.identify.systems.scored import Likeness

TRANSPOSITIONS = 2
"""How many of the likeliest transpositions are tried."""
ALIGNED_AT_ONCE = 24


class SmithWaterman(ChromaSystem):
    """Score: that of the best path through the cosines of all moments."""

    kind = "smith-waterman"

    def likeness(self, query: Chroma, songs: Sequence[Chroma]) -> list[Likeness]:
        plans = [(index, k) for index, song in enumerate(songs) for k in best_rotations(query, song, TRANSPOSITIONS)]
        rotated = {k: _unit(query.rotated(k)) for k in {k for _, k in plans}}
        known = [_unit(song.profiles) for song in songs]
        best: dict[int, Likeness] = {}
        for first in range(0, len(plans), ALIGNED_AT_ONCE):
            now = plans[first : first + ALIGNED_AT_ONCE]
            for (index, k), found in zip(now, align([rotated[k].T @ known[index] for index, k in now]), strict=True):
                if index not in best or found.score > best[index].score:
                    path, seconds = found.path(), query.moment_seconds
                    window = path.first_row * seconds, (path.last_row + 1) * seconds
                    song = path.first_column * seconds, (path.last_column + 1) * seconds
                    best[index] = Likeness(found.score, k, window, song)
        return [best[index] for index in range(len(songs))]


def _unit(profiles: Array) -> Array:
    return np.asarray(profiles / np.maximum(np.linalg.norm(profiles, axis=0), 1e-9), np.float32)
