"""What is the same for every system that gives one number to a pair: ranking, cohort normalisation, impostors.

A subclass encodes audio and says how alike a query is to songs. Its numbers are standardised with the constants of the
manifest, so that scores and leads of all systems mean about the same, and half of each one's mean impostor score is
taken off, as in the house's own matcher.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.cohort import IMPOSTOR_QUERY_SECONDS, is_another
from livecsi.identify.matcher import Match
from livecsi.identify.references import BACKGROUND, Reference
from livecsi.identify.scoring import COHORT, normalise
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.payload import Arrays, pack_arrays, unpack_arrays
from livecsi.identify.systems.system import Encoded
from livecsi.types import Candidate, Frames

SMALLEST_MAGNITUDE_DECIBELS = -80.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike a query and a song are, higher is more, in which transposition, and which parts of them met."""

    score: float
    rotation: int = 0
    window_seconds: tuple[float, float] = (0.0, 0.0)
    song_seconds: tuple[float, float] = (0.0, 0.0)


class ScoredSystem(ABC):
    """A system of one number for each pair."""

    minimum_frames: int = 32
    kind: ClassVar[str]
    """What its payloads are marked with."""

    def __init__(self, model: ReleasedModel) -> None:
        self.model = model
        self.features: ConstantQSpec = model.features
        scoring = model.facts.get("scoring", {})
        self._mean, self._deviation = float(scoring.get("mean", 0.0)), float(scoring.get("deviation", 1.0))

    @abstractmethod
    def encode(self, frames: Frames) -> Encoded: ...

    def refuse_short(self, frames: Frames) -> None:
        """Raises InputError for less than `minimum_frames`."""
        if frames.shape[1] < self.minimum_frames:
            seconds = self.minimum_frames * self.features.frame_seconds
            raise InputError(f"too short to recognise: less than {seconds:.0f} s", "use a longer recording")

    @abstractmethod
    def arrays(self, encoded: Encoded) -> Arrays:
        """What the catalogue keeps."""

    @abstractmethod
    def opened(self, arrays: Arrays) -> Encoded:
        """The inverse of `arrays`."""

    @abstractmethod
    def middle(self, encoded: Encoded, seconds: float) -> Encoded: ...

    @abstractmethod
    def likeness(self, query: Encoded, songs: Sequence[Encoded]) -> list[Likeness]:
        """The query against each song."""

    def nearest(self, query: Encoded, songs: Sequence[Encoded], count: int) -> Sequence[int]:
        """Indices of the songs that are worth a comparison; all of them, unless comparisons are dear."""
        return range(len(songs))

    def pack(self, encoded: Encoded) -> bytes:
        return pack_arrays(self.kind, self.arrays(encoded))

    def unpack(self, payloads: Sequence[bytes]) -> list[Encoded]:
        return [self.opened(unpack_arrays(self.kind, payload)) for payload in payloads]

    def matcher(self, references: Sequence[Reference]) -> "ScoredMatcher":
        return ScoredMatcher(self, references)

    def standardised(self, likenesses: Sequence[Likeness]) -> NDArray[np.float64]:
        """Raw scores in deviations from what pairs that do not belong together score."""
        return np.array([(one.score - self._mean) / self._deviation for one in likenesses])

    def impostor_means(self, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]:
        """Per reference the mean of its ten best scores against a minute of each impostor that is another work."""
        queries = [self.middle(impostor.sequences, IMPOSTOR_QUERY_SECONDS) for impostor in impostors]
        near = np.array([self._worth_asking(r, impostors, queries) for r in references], bool)
        near = near.reshape(len(references), len(impostors))
        scores = np.full((len(references), len(impostors)), -np.inf)
        for column, query in enumerate(queries):
            rows: list[int] = np.flatnonzero(near[:, column]).tolist()
            found = self.likeness(query, [references[row].sequences for row in rows])
            scores[rows, column] = self.standardised(found)
        best = [row[np.isfinite(row)][:COHORT] for row in -np.sort(-scores, axis=1)]
        return [float(np.mean(row)) if len(row) else 0.0 for row in best]

    def _worth_asking(
        self, reference: Reference, impostors: Sequence[Reference], queries: Sequence[Encoded]
    ) -> NDArray[np.bool_]:
        """Which impostors may be among the ten best of a reference: all other works, unless comparisons are dear."""
        others = np.array([i for i, impostor in enumerate(impostors) if is_another(reference, impostor)], np.int64)
        chosen = self.nearest(reference.sequences, [queries[i] for i in others], COHORT)
        asked = np.zeros(len(impostors), bool)
        asked[others[list(chosen)]] = True
        return asked

    def background(self) -> list[Reference]:
        """The background songs as this system hears them; none before a model was calibrated."""
        return self._background

    @cached_property
    def _background(self) -> list[Reference]:
        if "background" not in self.model.facts["files"]:
            return []
        means = self.model.facts["background_impostor_means"]
        with np.load(self.model.file("background"), allow_pickle=False) as archive:
            songs = [magnitudes_of(archive[name]) for name in sorted(archive.files)]
        return [
            Reference(BACKGROUND, BACKGROUND, self.encode(frames), float(mean))
            for frames, mean in zip(songs, means, strict=True)
        ]

    def exactness(self, query: Encoded, studio: Encoded, found: Candidate) -> float:
        """Only the house's own sequences are fine enough to tell a band from its record."""
        return 0.0


class ScoredMatcher:
    """Queries against a fixed set of references."""

    def __init__(self, system: ScoredSystem, references: Sequence[Reference]) -> None:
        self._system = system
        self.references = list(references)
        self._songs = [reference.sequences for reference in self.references]

    def rank(self, query: Encoded, shortlist: int) -> list[Match]:
        """The best `shortlist` references, best normalised score first."""
        chosen = self._system.nearest(query, self._songs, shortlist)
        return self.compare(query, [self.references[index] for index in chosen])[:shortlist]

    def compare(self, query: Encoded, references: Sequence[Reference]) -> list[Match]:
        """Exactly these references, normalised among them, best first."""
        if not references:
            return []
        found = self._system.likeness(query, [reference.sequences for reference in references])
        raw = self._system.standardised(found)
        means = np.array([reference.impostor_mean for reference in references])
        scores = normalise(raw, means, np.array([reference.work_id for reference in references]))
        matches = [
            Match(
                r, float(raw[i]), float(scores[i]), found[i].rotation, *found[i].window_seconds, *found[i].song_seconds
            )
            for i, r in enumerate(references)
        ]
        return sorted(matches, key=lambda match: -match.score)


def magnitudes_of(codes: NDArray[np.uint8]) -> Frames:
    """Background songs are kept in 255 steps of decibels below their loudest bin."""
    decibels = codes.astype(np.float32) / 255 * -SMALLEST_MAGNITUDE_DECIBELS + SMALLEST_MAGNITUDE_DECIBELS
    return np.asarray(10 ** (decibels / 20), np.float32)


def codes_of(frames: Frames) -> NDArray[np.uint8]:
    """The inverse of `magnitudes_of`, but for the loudness."""
    decibels = 20 * np.log10(np.maximum(frames / max(float(frames.max()), 1e-9), 1e-9))
    return np.round((decibels / -SMALLEST_MAGNITUDE_DECIBELS + 1).clip(0, 1) * 255).astype(np.uint8)


def with_means(references: Sequence[Reference], means: Sequence[float]) -> list[Reference]:
    """The references with their impostor means."""
    return [replace(reference, impostor_mean=mean) for reference, mean in zip(references, means, strict=True)]
