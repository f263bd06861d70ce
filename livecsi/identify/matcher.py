"""One query against all studio songs: a quick first ranking, a full comparison of the shortlist, one fair score.

Four opinions are added after fixed standardisation (constants in the manifest): the head, MaxSim on the coarse level,
and alignment on the fine and middle matrices. Some songs are hubs that resemble everything and some queries resemble
every song, so half of each one's mean impostor score is taken off (adaptive symmetric normalisation): a reference's
impostors are measured once at ingest, a query's are its own next best. Background songs that nobody plays take part as
impostors, so that even a catalogue of one song has a margin to win by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.alignment import Path, align
from livecsi.identify.phrases import PhraseIndex
from livecsi.identify.sequences import FRAMES_PER_MOMENT, LEVELS, Levels, Sequences
from livecsi.identify.sessions import Session
from livecsi.identify.shortlist import EXACT_SONGS, max_similarity
from livecsi.identify.song_index import MomentIndex

COHORT = 10
BACKGROUND = -1
OPINIONS = ("head", "similarity", "fine_alignment", "middle_alignment")
ALIGNED_SONGS = 400
"""How many of the best by MaxSim are aligned on the middle level before the shortlist is made."""
HEADS = 16
"""How many of a shortlist the head is asked about: more than a winner and its cohort, the next best ones."""
PHRASES_COUNT = 3.0
"""What a deviation of phrases is worth in deviations of an opinion, in the half of a list that they make."""
COMPARED_AT_ONCE = 24
FAINTEST = 1e-9
Array = NDArray[np.float64]
Rotations = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Reference:
    """A studio song as the matcher sees it; `recording_id` is `BACKGROUND` for songs nobody plays.

    `sequences` is what its system encoded; `impostor_mean` is the mean of its ten best scores against songs it is not.
    """

    recording_id: int
    work_id: int
    sequences: Any
    impostor_mean: float = 0.0

    @property
    def is_background(self) -> bool:
        return self.recording_id == BACKGROUND


@dataclass(frozen=True, slots=True)
class Match:
    """One reference's answer: the plain sum of opinions, the cohort-normalised score, and the aligned stretch."""

    reference: Reference
    raw_score: float
    score: float
    rotation: int
    window_start_seconds: float
    window_end_seconds: float
    song_start_seconds: float
    song_end_seconds: float


class Matcher:
    """Compares queries with a fixed set of references."""

    def __init__(self, session: Session, scoring: Mapping[str, Any], references: Sequence[Reference]) -> None:
        self._session = session
        self._scoring = scoring
        self.references = list(references)
        self._indexes: tuple[MomentIndex, PhraseIndex] | None = None
        if len(self.references) > EXACT_SONGS:
            songs = [reference.sequences for reference in self.references]
            self._indexes = MomentIndex(songs), PhraseIndex(songs)

    def rank(self, query: Sequences, shortlist: int) -> list[Match]:
        """The best `shortlist` references in full, best normalised score first."""
        return self.compare_shortlist(query, *self.shortlist(query, shortlist))

    def shortlist(self, query: Sequences, count: int) -> tuple[list[Reference], Array, Rotations]:
        """The `count` references of the best MaxSim and middle alignment, their MaxSim, and the rotation it gave.

        In a large catalogue half of every list is made with phrases and half without, for they may be deaf to a band.
        """
        asked, said = self._worth_asking(query, max(EXACT_SONGS, count))
        similarity, rotations = _similarity(query, asked)
        opinions = np.full((len(asked), len(OPINIONS)), np.nan)
        opinions[:, 1] = similarity
        nearest = _best_of_both(fuse(opinions, self._scoring), said, max(ALIGNED_SONGS, count))
        asked, similarity, rotations = [asked[index] for index in nearest], similarity[nearest], rotations[nearest]
        if len(asked) <= count:
            return asked, similarity, rotations
        opinions, said = opinions[nearest], said[nearest]
        opinions[:, 3] = list(_middle_alignments(query, asked, rotations))
        hubs = np.array([reference.impostor_mean for reference in asked])
        best = _best_of_both(fuse(opinions, self._scoring) - 0.5 * hubs, said, count)
        return [asked[index] for index in best], similarity[best], rotations[best]

    def _worth_asking(self, query: Sequences, count: int) -> tuple[list[Reference], Array]:
        """The `count` references of the best moments, as many of the best phrases, and what phrases say of each.

        Everybody, and zero, where the catalogue is small or the query has no phrases.
        """
        if self._indexes is None or not query.phrases.shape[1]:
            return self.references, np.zeros(len(self.references))
        moments, phrases = (index.similarity(query).astype(float) for index in self._indexes)
        said = PHRASES_COUNT * (phrases - phrases.mean()) / max(float(phrases.std()), FAINTEST)
        asked = np.union1d(*(np.argsort(-found, kind="stable")[:count] for found in (moments, phrases)))
        return [self.references[index] for index in asked], said[asked]

    def quick_similarity(self, query: Sequences) -> Array:
        """MaxSim of every reference, whatever their number: shape (references,)."""
        return _similarity(query, self.references)[0]

    def compare(self, query: Sequences, references: Sequence[Reference]) -> list[Match]:
        """Compare with exactly these references, cohort-normalised among them, best first."""
        return self.compare_shortlist(query, references, *_similarity(query, references), heads=len(references))

    def opinions(self, query: Sequences, references: Sequence[Reference]) -> tuple[Array, Rotations, list[Path]]:
        """The four `OPINIONS` (references, 4), the rotation of each reference, and the path on the fine matrix."""
        similarity, rotations = _similarity(query, references)
        opinions, paths = self._compared(query, references, similarity, rotations, len(references))
        return opinions, rotations, paths

    def compare_shortlist(
        self,
        query: Sequences,
        references: Sequence[Reference],
        similarity: Array,
        rotations: Rotations,
        heads: int = HEADS,
    ) -> list[Match]:
        """Compare in full with references whose MaxSim and rotation are known, best normalised score first.

        Only the `heads` best by the other opinions are shown to the head, which costs more than all else.
        """
        if not references:
            return []
        opinions, paths = self._compared(query, references, similarity, rotations, heads)
        raw = fuse(opinions, self._scoring)
        means = np.array([reference.impostor_mean for reference in references])
        works = np.array([reference.work_id for reference in references])
        scores = normalise(raw, means, works)
        matches = [
            self._match(query, reference, float(raw[i]), float(scores[i]), int(rotations[i]), paths[i])
            for i, reference in enumerate(references)
        ]
        return sorted(matches, key=lambda match: -match.score)

    def _compared(
        self, query: Sequences, references: Sequence[Reference], similarity: Array, rotations: Rotations, heads: int
    ) -> tuple[Array, list[Path]]:
        """Opinions and paths, a few references at a time, so that memory does not grow with them.

        Matrices are made again for the few that the head hears: that costs less than keeping all of them.
        """
        opinions, paths = np.full((len(references), len(OPINIONS)), np.nan), []
        opinions[:, 1] = similarity
        for first in range(0, len(references), COMPARED_AT_ONCE):
            now = slice(first, first + COMPARED_AT_ONCE)
            matrices = [_matrices(query, r, k) for r, k in zip(references[now], rotations[now], strict=True)]
            fine, middle = align([three[0] for three in matrices]), align([three[1] for three in matrices])
            opinions[now, 2] = [alignment.score for alignment in fine]
            opinions[now, 3] = [alignment.score for alignment in middle]
            paths += [alignment.path() for alignment in fine]
        for index in self._worth_the_head(opinions, heads):
            three = _matrices(query, references[index], rotations[index])
            feeds = {level: matrix[None] for level, matrix in zip(LEVELS, three, strict=True)}
            opinions[index, 0] = self._session.run(**feeds)[0].item()
        return opinions, paths

    def _worth_the_head(self, opinions: Array, heads: int) -> list[int]:
        if len(opinions) <= heads:
            return list(range(len(opinions)))
        order: list[int] = np.argsort(-fuse(opinions, self._scoring), kind="stable").tolist()
        return order[:heads]

    @staticmethod
    def _match(query: Sequences, reference: Reference, raw: float, score: float, rotation: int, path: Path) -> Match:
        seconds = FRAMES_PER_MOMENT[0] * query.frame_seconds
        return Match(
            reference,
            raw,
            score,
            rotation,
            path.first_row * seconds,
            (path.last_row + 1) * seconds,
            path.first_column * seconds,
            (path.last_column + 1) * seconds,
        )


def _best_of_both(scores: Array, said: Array, count: int) -> NDArray[np.int64]:
    """Numbers of the `count` best: by turns the next best without what phrases said and the next best with it."""
    orders = (np.argsort(-ranked, kind="stable") for ranked in (scores, scores + said))
    turns: list[int] = np.stack(list(orders), 1).ravel().tolist()
    return np.array(list(dict.fromkeys(turns))[:count], np.int64)


def _matrices(query: Sequences, reference: Reference, rotation: int) -> Levels:
    """Cross-similarity matrices of all levels: (query moments, song moments) each."""
    a, b = query.rotated[rotation], reference.sequences.levels
    return a[0].T @ b[0], a[1].T @ b[1], a[2].T @ b[2]


def _similarity(query: Sequences, references: Sequence[Reference]) -> tuple[Array, Rotations]:
    similarity, rotations = max_similarity(query, [reference.sequences.level(2) for reference in references])
    return similarity.astype(np.float64), rotations


def _middle_alignments(query: Sequences, references: Sequence[Reference], rotations: Rotations) -> Iterator[float]:
    """Scores of the alignment on the middle level, a few references at a time."""
    for first in range(0, len(references), COMPARED_AT_ONCE):
        now = slice(first, first + COMPARED_AT_ONCE)
        pairs = zip(rotations[now], references[now], strict=True)
        matrices = [query.rotated[k][1].T @ reference.sequences.level(1) for k, reference in pairs]
        yield from (alignment.score for alignment in align(matrices))


def fuse(opinions: Array, scoring: Mapping[str, Any]) -> Array:
    """The weighted sum of standardised opinions, (..., 4) to (...); one that is not a number agrees with the others."""
    mean, deviation, weight = (
        np.array([scoring[o][part] for o in OPINIONS]) for part in ("mean", "deviation", "weight")
    )
    known = np.where(np.isnan(opinions), 0.0, weight)
    standardised = np.where(np.isnan(opinions), 0.0, (opinions - mean) / deviation)
    return np.asarray((standardised * known).sum(-1) * (weight.sum() / known.sum(-1)))


def normalise(raw: Array, impostor_means: Array, works: NDArray[np.int64]) -> Array:
    """Take off half of each reference's impostor mean, and half of the query's: its next best ones by other works."""
    centred = raw - 0.5 * impostor_means
    order = np.argsort(-centred, kind="stable")
    others = order[(works[order] != works[order[0]]) | (works[order] == BACKGROUND)]
    own = float(raw[others[:COHORT]].mean()) if len(others) else 0.0
    return centred - 0.5 * own
