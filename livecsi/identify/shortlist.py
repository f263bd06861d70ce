"""Which songs are worth a full comparison: those of the best MaxSim and middle alignment.

MaxSim is the mean of the row and column maxima of a cross-similarity matrix: how well each moment of the query is found
somewhere in the song, and the other way round. Up to a thousand songs are all asked; of more than that, the thousand
whose moments and the thousand whose phrases are most like those of the query (`song_index.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.alignment import ALIGNED_AT_ONCE, align
from livecsi.identify.phrases import PhraseIndex
from livecsi.identify.references import Reference
from livecsi.identify.scoring import OPINIONS, Array, fuse
from livecsi.identify.sequences import Sequences
from livecsi.identify.song_index import MomentIndex

EXACT_SONGS = 1000
"""How many songs are asked, and how many of a larger catalogue are left by its moments, and as many by its phrases."""
PHRASES_COUNT = 3.0
"""What a deviation of phrases is worth in deviations of an opinion, in the half of a list that they make."""
FAINTEST = 1e-9
Rotations = NDArray[np.int64]


class Listed(NamedTuple):
    """References, their MaxSim with the query, and the rotation that gave it."""

    references: list[Reference]
    similarity: Array
    rotations: Rotations


class Shortlist:
    """Lists out of a fixed set of references."""

    def __init__(self, scoring: Mapping[str, Any], references: Sequence[Reference]) -> None:
        self._scoring, self._references = scoring, list(references)
        self._indexes: tuple[MomentIndex, PhraseIndex] | None = None
        if len(self._references) > EXACT_SONGS:
            songs = [reference.sequences for reference in self._references]
            self._indexes = MomentIndex(songs), PhraseIndex(songs)

    def of(self, query: Sequences, count: int) -> Listed:
        """The `count` best; in a large catalogue half of them with phrases and half without, for they may be deaf."""
        asked, said = self._worth_asking(query, max(EXACT_SONGS, count))
        similarity, rotations = similarity_of(query, asked)
        if len(asked) <= count:
            return Listed(asked, similarity, rotations)
        opinions = np.full((len(asked), len(OPINIONS)), np.nan)
        opinions[:, OPINIONS.index("similarity")] = similarity
        opinions[:, OPINIONS.index("middle_alignment")] = _middle_alignments(query, asked, rotations)
        hubs = np.array([reference.impostor_mean for reference in asked])
        best = _best_of_both(fuse(opinions, self._scoring) - 0.5 * hubs, said, count)
        return Listed([asked[index] for index in best], similarity[best], rotations[best])

    def _worth_asking(self, query: Sequences, count: int) -> tuple[list[Reference], Array]:
        """The `count` references of the best moments, as many of the best phrases, and what phrases say of each.

        Everybody, and zero, where the catalogue is small or the query has no phrases.
        """
        if self._indexes is None or not query.phrases.shape[1]:
            return self._references, np.zeros(len(self._references))
        moments, phrases = (index.similarity(query).astype(float) for index in self._indexes)
        said = PHRASES_COUNT * (phrases - phrases.mean()) / max(float(phrases.std()), FAINTEST)
        asked = np.union1d(*(np.argsort(-found, kind="stable")[:count] for found in (moments, phrases)))
        return [self._references[index] for index in asked], said[asked]


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


def _middle_alignments(query: Sequences, references: Sequence[Reference], rotations: Rotations) -> Array:
    """Scores of the alignment on the middle level, a few references at a time: shape (references,)."""
    scores: list[float] = []
    for first in range(0, len(references), ALIGNED_AT_ONCE):
        now = slice(first, first + ALIGNED_AT_ONCE)
        pairs = zip(rotations[now], references[now], strict=True)
        matrices = [query.rotated[k][1].T @ reference.sequences.level(1) for k, reference in pairs]
        scores += [alignment.score for alignment in align(matrices)]
    return np.array(scores)


def _best_of_both(scores: Array, said: Array, count: int) -> NDArray[np.int64]:
    """Numbers of the `count` best: by turns the next best without what phrases said and the next best with it."""
    orders = (np.argsort(-ranked, kind="stable") for ranked in (scores, scores + said))
    turns: list[int] = np.stack(list(orders), 1).ravel().tolist()
    return np.array(list(dict.fromkeys(turns))[:count], np.int64)
