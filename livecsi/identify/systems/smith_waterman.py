"""The system `smith-waterman`: the house's own alignment (`alignment.py`) on plain chroma at the best transpositions.

It differs from the system `livecsi` in what it hears alone, and so it shows what the learned sequences are worth.
"""

from collections.abc import Sequence

import numpy as np

from livecsi.identify.alignment import align
from livecsi.identify.systems.chroma import Array, TransposedChroma
from livecsi.identify.systems.scored import Likeness


class SmithWaterman(TransposedChroma):
    """Score: that of the best path through the cosines of all moments."""

    kind = "smith-waterman"

    def prepared(self, profiles: Array) -> Array:
        return np.asarray(profiles / np.maximum(np.linalg.norm(profiles, axis=0), 1e-9), np.float32)

    def beside(self, pairs: Sequence[tuple[Array, Array]], moment_seconds: float) -> list[Likeness]:
        found = align([query.T @ song for query, song in pairs])
        paths = [one.path() for one in found]
        return [
            Likeness(
                score=one.score,
                window_seconds=(path.first_row * moment_seconds, (path.last_row + 1) * moment_seconds),
                song_seconds=(path.first_column * moment_seconds, (path.last_column + 1) * moment_seconds),
            )
            for one, path in zip(found, paths, strict=True)
        ]
