"""Batches of several versions of several works; step k of a run is always the same batch.

A work is a score, of which the renderer makes any number of versions, or recordings of it, or both. Every version is
roughened, then treated as the family's plan says, then turned into the family's features.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from livecsi.features.chorus import from_chorus
from livecsi.features.hpcp import hpcp
from livecsi.training.augmentation import augment
from livecsi.training.crowd_noise import with_crowd
from livecsi.training.dataset import LIVE_SHARE, drawing_weights
from livecsi.training.families.plan import VersionShape
from livecsi.training.families.teacher import Teacher
from livecsi.training.families.treatment import PITCH_CLASSES, at_speed, masked, rolled, stitched
from livecsi.training.networks.blocks import Input
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.types import Frames

SPARE = 1.2
"""How much longer than an item a performance is, so that two items do not always show the same part of a song."""
WHOLE_SONG_FRAMES = 720
"""215 s: where a chorus is looked for."""
SHORTEST_RECORDING_FRAMES = 40


@dataclass(frozen=True, slots=True)
class Work:
    """A class of the training: a score to render, or recordings (72 or 12, frames), or both."""

    name: str
    score: Score | None = None
    recordings: tuple[Frames, ...] = ()


@dataclass(frozen=True, slots=True)
class FamilyMaterial:
    """The works of a training, in the order of their classes, crowds to put over them, and who teaches beside them."""

    works: Sequence[Work]
    crowds: Sequence[Frames] = ()
    teacher: Teacher | None = None


class VersionBatches(Dataset[dict[str, torch.Tensor]]):
    """Item k is the batch of step k: `features` (works * versions, bins, frames) and `work`, the class of each.

    Where somebody teaches, `taught` (works * versions, dimensions) is what was said of each.
    """

    def __init__(self, material: FamilyMaterial, shape: VersionShape, kind: Input, seed: int, steps: int) -> None:
        self.material, self.shape, self.kind, self.seed, self.steps = material, shape, kind, seed, steps
        self.scored = [i for i, work in enumerate(material.works) if work.score is not None]
        self.recorded = [i for i, work in enumerate(material.works) if work.recordings]
        scores = [work.score for work in material.works if work.score is not None]
        self.weight = drawing_weights(scores) if scores else np.empty(0)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, step: int) -> dict[str, torch.Tensor]:
        rng = np.random.default_rng([self.seed, step])
        length = self.shape.frames[step % len(self.shape.frames)]
        items: list[Frames] = []
        chosen = self._draw(rng)
        for index, is_recorded in chosen:
            versions = [self._version(index, is_recorded, number, length, rng) for number in range(self.shape.versions)]
            items += self._stitch(versions, rng)
        features = [self._features(frames, step, number, rng) for number, frames in enumerate(items)]
        works = np.repeat([index for index, _ in chosen], self.shape.versions)
        batch = {"features": np.stack(features), "work": works}
        if self.material.teacher is not None:
            batch["taught"] = np.stack([self.material.teacher.describe(frames) for frames in items])
        return {name: torch.from_numpy(values) for name, values in batch.items()}

    def _draw(self, rng: np.random.Generator) -> list[tuple[int, bool]]:
        """Classes and whether their recordings are taken; no class twice."""
        wanted = self.shape.recorded if self.scored else self.shape.works
        played: list[int] = rng.choice(self.recorded, min(wanted, len(self.recorded)), replace=False).tolist()
        weight = np.where(np.isin(self.scored, played), 0.0, self.weight)
        rendered: list[int] = []
        if self.scored and len(played) < self.shape.works:
            rest = self.shape.works - len(played)
            rendered = rng.choice(self.scored, rest, replace=False, p=weight / weight.sum()).tolist()
        return [(index, True) for index in played] + [(index, False) for index in rendered]

    def _version(self, index: int, is_recorded: bool, number: int, length: int, rng: np.random.Generator) -> Frames:
        """One version, roughened; the first of a work is a studio version."""
        work, speed = self.material.works[index], float(rng.uniform(*self.shape.speed))
        live = number > 0 and rng.random() < LIVE_SHARE
        needed = int(np.ceil(length * speed))
        if is_recorded:
            frames = work.recordings[int(rng.integers(len(work.recordings)))]
        else:
            assert work.score is not None  # `_draw` took it from the works with scores
            whole = WHOLE_SONG_FRAMES if self.shape.chorus else needed if self.shape.from_start else SPARE * needed
            frames = render_performance(work.score, rng, live, max(64, round(whole))).magnitude
        frames = self._cut(frames, needed, rng)
        if len(frames) != PITCH_CLASSES:
            frames = augment(frames, rng, live)
        return at_speed(frames, speed, length)

    def _cut(self, frames: Frames, length: int, rng: np.random.Generator) -> Frames:
        if self.shape.chorus:
            frames = from_chorus(frames, length)
        anywhere = not (self.shape.chorus or self.shape.from_start)
        first = int(rng.integers(0, max(1, frames.shape[1] - length + 1))) if anywhere else 0
        return of_length(frames[:, first:], length)

    def _stitch(self, versions: list[Frames], rng: np.random.Generator) -> list[Frames]:
        if not self.shape.stitching:
            return versions
        draws = rng.random(len(versions)) < self.shape.stitching
        return [stitched(versions, rng) if draw else own for draw, own in zip(draws, versions, strict=True)]

    def _features(self, frames: Frames, step: int, number: int, rng: np.random.Generator) -> NDArray[np.float32]:
        shape = self.shape
        if shape.crowd and len(frames) != PITCH_CLASSES:
            frames = with_crowd(frames, self.material.crowds, self.seed, step, number)
        frames = as_input(frames, self.kind)
        if shape.roll:
            largest = PITCH_CLASSES - 1 if self.kind == "hpcp" else shape.roll
            frames = rolled(frames, int(rng.integers(-largest, largest + 1)))
        return np.ascontiguousarray(masked(frames, shape.masks, rng), dtype=np.float32)


def of_length(frames: Frames, length: int) -> Frames:
    """The first `length` frames, with silence after them where there are fewer."""
    cut = frames[:, :length]
    return np.pad(cut, ((0, 0), (0, length - cut.shape[1])))


def as_input(frames: Frames, kind: Input) -> Frames:
    """House frames as a network of this kind wants them; pitch classes stay what they are."""
    return hpcp(frames) if kind == "hpcp" and len(frames) != PITCH_CLASSES else frames
