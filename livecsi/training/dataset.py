"""Pairs without end: step k of a run is always the same batch, whoever renders it and whenever.

A batch holds `batch` works; each gives a studio reference and a live query cut from another performance, both freshly
arranged and rendered, then roughened once more as arrays. Some works were played through soundfonts, rooms and codecs
beforehand. Later in a run some are real recordings instead, and some references have a twin beside them: another song
on the same chords, which is never the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from livecsi.training.augmentation import augment
from livecsi.training.crowd_noise import with_crowd
from livecsi.training.pairs import Pair, stack_truth
from livecsi.training.recorded_pairs import recorded_pair
from livecsi.training.rendering.performance import RenderedPerformance, render_performance
from livecsi.training.rendering.variety import FULL, Variety
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.types import Frames

SOURCE_WEIGHT = {"pop909": 0.38, "mcgill_billboard": 0.22, "openewld": 0.2}
FOLK_WEIGHT = 0.2
CUT_ATTEMPTS = 8
LIVE_SHARE = 0.75
"""How many of the queries are performed live; the others are another studio version."""


@dataclass(frozen=True, slots=True)
class BatchShape:
    """How many works, how long a reference, the query lengths that take turns, in frames.

    `sounded` of the works come from the pool of performances played as audio. From step `hard_from_step` on, `recorded`
    of the works are real recordings and `twins` of the references have a twin on the same chords. `paper_crowd` gives
    half of the finished queries the crowd of `crowd_noise`, drawn anew in every step.
    """

    batch: int = 16
    reference_frames: int = 480
    query_frames: tuple[int, ...] = (128, 200, 272, 400)
    hard_from_step: int = 2000
    recorded: int = 2
    twins: int = 4
    sounded: int = 0
    paper_crowd: bool = False


@dataclass(frozen=True, slots=True)
class Material:
    """What pairs are made of: scores to render, recordings, works played as audio (studio version first), crowds."""

    scores: list[Score]
    recordings: Sequence[Frames] = ()
    sounded: Sequence[Sequence[RenderedPerformance]] = ()
    crowds: Sequence[Frames] = ()


class RenderedPairs(Dataset[dict[str, torch.Tensor]]):
    """Item k is the batch of step k: `query`, `reference`, their beats per frame, and the `rotation` between them.

    References beyond the number of queries are twins.
    """

    def __init__(self, material: Material, shape: BatchShape, seed: int, steps: int, variety: Variety = FULL) -> None:
        self.material, self.shape, self.seed, self.steps, self.variety = material, shape, seed, steps, variety
        self.weight = drawing_weights(material.scores)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([self.seed, step])
        scores, length = self.works(step, rng)
        pairs = [self._rendered_pair(score, length, rng) for score in scores]
        pairs += self.played_pairs(step, length, rng)
        twins = self._rendered_twins(self.twins(step, scores, rng), rng)
        if self.shape.paper_crowd:
            pairs = [self.with_crowd(pair, step, number) for number, pair in enumerate(pairs)]
        return _tensors(pairs, twins)

    def works(self, step: int, rng: np.random.Generator) -> tuple[list[Score], int]:
        """The works that step renders, and the length of its queries in frames."""
        shape, scores = self.shape, self.material.scores
        rendered = shape.batch - self._recorded(step) - self._sounded()
        works = rng.choice(len(scores), rendered, replace=False, p=self.weight)
        return [scores[index] for index in works], int(shape.query_frames[step % len(shape.query_frames)])

    def played_pairs(self, step: int, length: int, rng: np.random.Generator) -> list[Pair]:
        """The pairs that need no renderer: real recordings, then works played as audio."""
        frames, material = self.shape.reference_frames, self.material
        pairs = [recorded_pair(material.recordings, frames, length, rng) for _ in range(self._recorded(step))]
        return pairs + [
            _pair(*_two(material.sounded[index], frames, rng), length, rng)
            for index in rng.choice(len(material.sounded), self._sounded(), replace=False)
        ]

    def twins(self, step: int, scores: list[Score], rng: np.random.Generator) -> list[Score]:
        """Other songs on the chords of the first works that have chords."""
        if not self._is_hard(step):
            return []
        found = [twin for score in scores if (twin := chord_twin(score, int(rng.integers(1 << 30)))) is not None]
        return found[: self.shape.twins]

    def with_crowd(self, pair: Pair, step: int, number: int) -> Pair:
        """Pair `number` of the batch, perhaps with a crowd over its query."""
        return replace(pair, query=with_crowd(pair.query, self.material.crowds, self.seed, step, number))

    def _is_hard(self, step: int) -> bool:
        return step >= self.shape.hard_from_step

    def _recorded(self, step: int) -> int:
        return self.shape.recorded if self._is_hard(step) and self.material.recordings else 0

    def _sounded(self) -> int:
        return min(self.shape.sounded, len(self.material.sounded))

    def _rendered_pair(self, score: Score, length: int, rng: np.random.Generator) -> Pair:
        frames = self.shape.reference_frames
        studio = render_performance(score, rng, False, frames, self.variety)
        live = render_performance(score, rng, bool(rng.random() < LIVE_SHARE), frames, self.variety)
        return _pair(studio, live, length, rng)

    def _rendered_twins(self, twins: list[Score], rng: np.random.Generator) -> list[Frames]:
        frames = self.shape.reference_frames
        rendered = [render_performance(twin, rng, False, frames, self.variety) for twin in twins]
        return [augment(performance.magnitude, rng, live=False) for performance in rendered]


def drawing_weights(scores: list[Score]) -> NDArray[np.float64]:
    """How likely each score is to be drawn: each source has its share."""
    folk = sum(score.source not in SOURCE_WEIGHT for score in scores)
    counts = {source: sum(score.source == source for score in scores) for source in SOURCE_WEIGHT}
    weight = [
        SOURCE_WEIGHT[score.source] / counts[score.source] if score.source in counts else FOLK_WEIGHT / folk
        for score in scores
    ]
    return np.array(weight) / np.sum(weight)


def _two(
    performances: Sequence[RenderedPerformance], frames: int, rng: np.random.Generator
) -> tuple[RenderedPerformance, RenderedPerformance]:
    """A reference and another performance of the same work; usually the studio version is the reference."""
    first, second = rng.choice(len(performances), 2, replace=False)
    if rng.random() < 0.7:
        first, second = 0, 1 + int(rng.integers(len(performances) - 1))
    return performances[first].excerpt(0, frames), performances[second].excerpt(0, frames)


def _tensors(pairs: list[Pair], twins: list[Frames]) -> dict[str, torch.Tensor]:
    query = np.stack([pair.query for pair in pairs])
    reference = np.stack([pair.reference for pair in pairs] + twins)
    magnitudes = {"query": torch.from_numpy(query), "reference": torch.from_numpy(reference)}
    return magnitudes | stack_truth(pairs, len(twins))


def _pair(studio: RenderedPerformance, live: RenderedPerformance, length: int, rng: np.random.Generator) -> Pair:
    query = live.excerpt(cut_query(studio.beat, live.beat, length, rng), length)
    return Pair(
        reference=augment(studio.magnitude, rng, live=False),
        query=augment(query.magnitude, rng, live=True),
        reference_beat=studio.beat,
        query_beat=query.beat,
        rotation=(live.transposition_semitones - studio.transposition_semitones) % 12,
    )


def cut_query(
    reference_beat: NDArray[np.int64], live_beat: NDArray[np.int64], length: int, rng: np.random.Generator
) -> int:
    """Where to cut the query, so that most of what it plays is also played in the reference: its first frame."""
    shared = np.isin(live_beat, reference_beat) & (live_beat >= 0)
    starts = rng.integers(0, len(live_beat) - length + 1, CUT_ATTEMPTS)
    covered = [shared[start : start + length].mean() for start in starts]
    good = [start for start, share in zip(starts, covered, strict=True) if share > 0.7]
    return int(good[0] if good else starts[int(np.argmax(covered))])
