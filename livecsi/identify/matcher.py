"""One query against all studio songs: a quick first ranking, a full comparison of the shortlist, one fair score.

Background songs that nobody plays take part as impostors, so that even a catalogue of one song has a margin to win by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from livecsi.identify.alignment import ALIGNED_AT_ONCE, Path, align
from livecsi.identify.references import Reference
from livecsi.identify.scoring import OPINIONS, Array, fuse, normalise
from livecsi.identify.sequences import FRAMES_PER_MOMENT, LEVELS, Levels, Sequences
from livecsi.identify.sessions import Session
from livecsi.identify.shortlist import Listed, Rotations, Shortlist, similarity_of

HEADS = 16
"""How many of a shortlist the head is asked about: more than a winner and its cohort, the next best ones."""


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
        self._shortlist = Shortlist(scoring, references)

    def rank(self, query: Sequences, shortlist: int) -> list[Match]:
        """The best `shortlist` references in full, best normalised score first."""
        return self.compare_shortlist(query, *self.shortlist(query, shortlist))

    def shortlist(self, query: Sequences, count: int) -> Listed:
        """The `count` references that are worth a full comparison."""
        return self._shortlist.of(query, count)

    def quick_similarity(self, query: Sequences) -> Array:
        """MaxSim of every reference, whatever their number: shape (references,)."""
        return similarity_of(query, self.references)[0]

    def compare(self, query: Sequences, references: Sequence[Reference]) -> list[Match]:
        """Compare with exactly these references, cohort-normalised among them, best first."""
        return self.compare_shortlist(query, references, *similarity_of(query, references), heads=len(references))

    def opinions(self, query: Sequences, references: Sequence[Reference]) -> tuple[Array, Rotations, list[Path]]:
        """The four `OPINIONS` (references, 4), the rotation of each reference, and the path on the fine matrix."""
        similarity, rotations = similarity_of(query, references)
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
        opinions[:, OPINIONS.index("similarity")] = similarity
        for first in range(0, len(references), ALIGNED_AT_ONCE):
            now = slice(first, first + ALIGNED_AT_ONCE)
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


def _matrices(query: Sequences, reference: Reference, rotation: int) -> Levels:
    """Cross-similarity matrices of all levels: (query moments, song moments) each."""
    a, b = query.rotated[rotation], reference.sequences.levels
    return a[0].T @ b[0], a[1].T @ b[1], a[2].T @ b[2]
