"""One query against all studio songs: a quick first ranking, a full comparison of the shortlist, one fair score.

Four opinions are added after fixed standardisation (constants in the manifest): the head, MaxSim on the coarse level,
and alignment on the fine and middle matrices. Some songs are hubs that resemble everything and some queries resemble
every song, so half of each one's mean impostor score is taken off (adaptive symmetric normalisation): a reference's
impostors are measured once at ingest, a query's are its own next best. Background songs that nobody plays take part as
impostors, so that even a catalogue of one song has a margin to win by.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.alignment import Path, align
from livecsi.identify.sequences import FRAMES_PER_MOMENT, LEVELS, Sequences
from livecsi.identify.sessions import Session

COHORT = 10
BACKGROUND = -1
OPINIONS = ("head", "similarity", "fine_alignment", "middle_alignment")
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reference:
    """A studio song as the matcher sees it; `recording_id` is `BACKGROUND` for songs nobody plays.

    `impostor_mean` is the mean of its ten best scores against songs it is not.
    """

    recording_id: int
    work_id: int
    sequences: Sequences
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
        coarse = [reference.sequences.levels[2] for reference in self.references]
        self._coarse = np.concatenate(coarse, 1) if coarse else np.zeros((96, 0), np.float32)
        lengths = [level.shape[1] for level in coarse]
        self._starts = np.cumsum([0, *lengths[:-1]]) if coarse else np.zeros(0, np.int64)
        self._lengths = np.array(lengths)

    def quick_similarity(self, query: Sequences) -> Array:
        """MaxSim on the coarse level at the best of twelve transpositions, for all references: shape (references,)."""
        if not self.references:
            return np.zeros(0)
        similarity = (query.rotated_coarse @ self._coarse).reshape(12, -1, self._coarse.shape[1])
        rows = np.maximum.reduceat(similarity, self._starts, axis=2).mean(1)
        columns = np.add.reduceat(similarity.max(1), self._starts, axis=1) / self._lengths
        return np.asarray(0.5 * (rows + columns).max(0), dtype=np.float64)

    def rank(self, query: Sequences, shortlist: int) -> list[Match]:
        """The best `shortlist` references in full, best normalised score first."""
        order = np.argsort(-self.quick_similarity(query), kind="stable")[:shortlist]
        return self.compare(query, [self.references[index] for index in order])

    def compare(self, query: Sequences, references: Sequence[Reference]) -> list[Match]:
        """Compare with exactly these references, cohort-normalised among them, best first."""
        if not references:
            return []
        opinions, rotations, paths = self.opinions(query, references)
        raw = fuse(opinions, self._scoring)
        means = np.array([reference.impostor_mean for reference in references])
        works = np.array([reference.work_id for reference in references])
        scores = normalise(raw, means, works)
        matches = [
            self._match(query, reference, float(raw[i]), float(scores[i]), int(rotations[i]), paths[i])
            for i, reference in enumerate(references)
        ]
        return sorted(matches, key=lambda match: -match.score)

    def opinions(
        self, query: Sequences, references: Sequence[Reference]
    ) -> tuple[Array, NDArray[np.int64], list[Path]]:
        """The four `OPINIONS` (references, 4), the rotation of each reference, and the path on the fine matrix."""
        feeds = {f"query_{level}": tensor for level, tensor in zip(LEVELS, query.tensors(), strict=True)}
        results = []
        for reference in references:
            own = {f"reference_{level}": t for level, t in zip(LEVELS, reference.sequences.tensors(), strict=True)}
            results.append(self._session.run(**feeds, **own))
        fine, paths = align([result[3][0] for result in results])
        middle, _ = align([result[4][0] for result in results])
        head, similarity, rotation = (np.array([result[i].item() for result in results]) for i in range(3))
        return np.stack([head, similarity, fine, middle], 1), rotation.astype(np.int64), paths

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


def fuse(opinions: Array, scoring: Mapping[str, Any]) -> Array:
    """The weighted sum of standardised opinions, (..., 4) to (...)."""
    mean, deviation, weight = (
        np.array([scoring[o][part] for o in OPINIONS]) for part in ("mean", "deviation", "weight")
    )
    return np.asarray(((opinions - mean) / deviation * weight).sum(-1))


def normalise(raw: Array, impostor_means: Array, works: NDArray[np.int64]) -> Array:
    """Take off half of each reference's impostor mean, and half of the query's: its next best ones by other works."""
    centred = raw - 0.5 * impostor_means
    order = np.argsort(-centred, kind="stable")
    others = order[(works[order] != works[order[0]]) | (works[order] == BACKGROUND)]
    own = float(raw[others[:COHORT]].mean()) if len(others) else 0.0
    return centred - 0.5 * own
