"""Pairs without end: step k of a run is always the same batch, whoever renders it and whenever.

A batch holds `batch` works; each gives a studio reference and a live query cut from another performance, both freshly
arranged and rendered, then roughened once more as arrays (`augment`).
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from livecsi.training.rendering.performance import RenderedPerformance, render_performance
from livecsi.training.rendering.stage import smooth_curve
from livecsi.training.scores.score import Score

SOURCE_WEIGHT = {"pop909": 0.38, "mcgill_billboard": 0.22, "openewld": 0.2}
FOLK_WEIGHT = 0.2
CUT_ATTEMPTS = 8


@dataclass(frozen=True, slots=True)
class BatchShape:
    """How many works, how long a reference, and the query lengths that take turns, in frames."""

    batch: int = 16
    reference_frames: int = 480
    query_frames: tuple[int, ...] = (128, 200, 272, 400)


class RenderedPairs(Dataset[dict[str, torch.Tensor]]):
    """Item k is the batch of step k: `reference`, `query`, their beats per frame, and the rotation between them."""

    def __init__(self, scores: list[Score], shape: BatchShape, seed: int, steps: int) -> None:
        self.scores, self.shape, self.seed, self.steps = scores, shape, seed, steps
        folk = sum(score.source not in SOURCE_WEIGHT for score in scores)
        counts = {source: sum(score.source == source for score in scores) for source in SOURCE_WEIGHT}
        weight = [
            SOURCE_WEIGHT[s.source] / counts[s.source] if s.source in counts else FOLK_WEIGHT / folk for s in scores
        ]
        self.weight = np.array(weight) / np.sum(weight)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([self.seed, step])
        chosen = rng.choice(len(self.scores), self.shape.batch, replace=False, p=self.weight)
        length = int(self.shape.query_frames[step % len(self.shape.query_frames)])
        pairs = [self._pair(self.scores[index], length, rng) for index in chosen]
        names = ("reference", "query", "reference_beat", "query_beat", "rotation")
        return {
            name: torch.from_numpy(np.stack(column))
            for name, column in zip(names, zip(*pairs, strict=True), strict=True)
        }

    def _pair(self, score: Score, length: int, rng: np.random.Generator) -> tuple[NDArray[np.generic], ...]:
        frames = self.shape.reference_frames
        studio = render_performance(score, rng, live=False, frames=frames)
        live = render_performance(score, rng, live=bool(rng.random() < 0.75), frames=frames)
        first = _cut(studio, live, length, rng)
        query = augment(live.magnitude[:, first : first + length], rng, live=True)
        rotation = (live.transposition_semitones - studio.transposition_semitones) % 12
        beats = live.beat[first : first + length]
        return augment(studio.magnitude, rng, live=False), query, studio.beat, beats, np.array(rotation)


def _cut(studio: RenderedPerformance, live: RenderedPerformance, length: int, rng: np.random.Generator) -> int:
    """Where to cut the query, so that most of what it plays is also played in the reference."""
    shared = np.isin(live.beat, studio.beat) & (live.beat >= 0)
    starts = rng.integers(0, len(live.beat) - length + 1, CUT_ATTEMPTS)
    covered = [shared[start : start + length].mean() for start in starts]
    good = [start for start, share in zip(starts, covered, strict=True) if share > 0.7]
    return int(good[0] if good else starts[int(np.argmax(covered))])


def augment(magnitude: NDArray[np.float32], rng: np.random.Generator, live: bool) -> NDArray[np.float32]:
    """Cheap roughness on (bins, frames): tilt, crowd, gain dynamics, lost moments, lost bands."""
    bins, frames = magnitude.shape
    result = magnitude * 10 ** (smooth_curve(rng, bins, 6, 3.0) / 20)[:, None]
    if live:
        spectrum = np.exp(-(((np.arange(bins) - rng.uniform(36, 62)) / rng.uniform(8, 25)) ** 2)) + rng.uniform(0, 0.15)
        envelope = np.exp(smooth_curve(rng, frames, 30, 0.5)) * 10 ** (rng.choice([-40, -15, -12, -9, -6]) / 20)
        noise = (spectrum / spectrum.mean())[:, None] * envelope * rng.uniform(0.75, 1.25, magnitude.shape)
        result = result + result.mean() * noise
        loudness = result.mean(0, keepdims=True)
        result = result * (loudness / (loudness.mean() + 1e-9) + 0.02) ** (-0.5 * rng.random())
    if rng.random() < 0.3:
        first = int(rng.integers(0, frames - 20))
        result[:, first : first + int(rng.integers(3, 20))] *= rng.choice([0.02, 0.3, 3.0])
    if rng.random() < 0.3:
        first = int(rng.integers(0, bins - 6))
        result[first : first + int(rng.integers(2, 8))] *= 0.05
    return result.astype(np.float32)
