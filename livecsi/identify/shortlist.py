"""Which songs are worth a full comparison, found by ever more opinions on ever fewer songs.

First MaxSim: the mean of the row and column maxima of a cross-similarity matrix, how well each moment of the query is
found somewhere in the song and the other way round. Up to two thousand songs are all asked, of more than that those
whose moments are nearest (`song_index.py`). Then the alignment on the middle level, then, for the best of many, the one
on the fine level. The head, which costs most, is left to the comparison.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.alignment import ALIGNED_AT_ONCE, align
from livecsi.identify.references import Reference
from livecsi.identify.scoring import OPINIONS, Array, fuse
from livecsi.identify.sequences import Sequences
from livecsi.identify.song_index import MomentIndex

ASKED_SONGS, FINELY_ALIGNED_SONGS = 2000, 256
"""Of 320 songs that a full comparison would find among ten thousand, a thousand and no fine level lose three."""
Rotations = NDArray[np.int64]


class Listed(NamedTuple):
    """References, their MaxSim with the query, and the rotation that gave it."""

    references: list[Reference]
    similarity: Array
    rotations: Rotations

    def only(self, chosen: NDArray[np.int64]) -> "Listed":
        """Those with these numbers, in this order."""
        return Listed([self.references[index] for index in chosen], self.similarity[chosen], self.rotations[chosen])


class Shortlist:
    """Lists out of a fixed set of references."""

    def __init__(self, scoring: Mapping[str, Any], references: Sequence[Reference]) -> None:
        self._scoring, self._references = scoring, list(references)
        is_large = len(self._references) > ASKED_SONGS
        self._index = MomentIndex([reference.sequences for reference in self._references]) if is_large else None

    def of(self, query: Sequences, count: int) -> Listed:
        """The `count` best."""
        asked = self._worth_asking(query, max(ASKED_SONGS, count))
        listed = Listed(asked, *similarity_of(query, asked))
        if len(asked) <= count:
            return listed
        opinions = np.full((len(asked), len(OPINIONS)), np.nan)
        opinions[:, OPINIONS.index("similarity")] = listed.similarity
        opinions[:, OPINIONS.index("middle_alignment")] = _alignments(1, query, listed)
        near = self._best(opinions, listed, max(FINELY_ALIGNED_SONGS, count))
        if len(near) == len(asked):
            return listed.only(near[:count])
        listed, opinions = listed.only(near), opinions[near]
        opinions[:, OPINIONS.index("fine_alignment")] = _alignments(0, query, listed)
        return listed.only(self._best(opinions, listed, count))

    def _worth_asking(self, query: Sequences, count: int) -> list[Reference]:
        """Everybody in a small catalogue, else the `count` references of the nearest moments."""
        if self._index is None:
            return self._references
        nearest: list[int] = np.argsort(-self._index.similarity(query), kind="stable")[:count].tolist()
        return [self._references[index] for index in nearest]

    def _best(self, opinions: Array, listed: Listed, count: int) -> NDArray[np.int64]:
        """Numbers of the `count` best by the opinions that are known, hubs held back."""
        hubs = np.array([reference.impostor_mean for reference in listed.references])
        return np.argsort(-(fuse(opinions, self._scoring) - 0.5 * hubs), kind="stable")[:count]


def max_similarity(query: Sequences, songs: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], Rotations]:
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


def similarity_of(query: Sequences, references: Sequence[Reference]) -> tuple[Array, Rotations]:
    """The same of references."""
    similarity, rotations = max_similarity(query, [reference.sequences.level(2) for reference in references])
    return similarity.astype(np.float64), rotations


def _alignments(level: int, query: Sequences, listed: Listed) -> Array:
    """Scores of the alignment on one level, a few references at a time: shape (references,)."""
    scores: list[float] = []
    for first in range(0, len(listed.references), ALIGNED_AT_ONCE):
        now = slice(first, first + ALIGNED_AT_ONCE)
        pairs = zip(listed.rotations[now], listed.references[now], strict=True)
        matrices = [query.rotated[k][level].T @ reference.sequences.level(level) for k, reference in pairs]
        scores += [alignment.score for alignment in align(matrices)]
    return np.array(scores)
