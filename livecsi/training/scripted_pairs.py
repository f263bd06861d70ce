"""The batches of `dataset.py` for a trainer with a fast device: workers write scripts, the device renders and roughens.

The draws of a step are others than those of `RenderedPairs`, from the same distributions; step k is still always the
same batch on one kind of device. What needs no renderer (real recordings, works played as audio) comes finished.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from livecsi.training.augmentation import Roughness
from livecsi.training.crowd_noise import crowd_over
from livecsi.training.dataset import LIVE_SHARE, RenderedPairs, cut_query
from livecsi.training.pairs import Pair, stack_truth
from livecsi.training.rendering.performance import beat_per_frame
from livecsi.training.rendering.raster import BINS
from livecsi.training.rendering.torch_performance import Script, render_batch, write_script
from livecsi.training.scores.score import Score
from livecsi.training.torch_augmentation import roughen
from livecsi.types import Frames


@dataclass(frozen=True, slots=True)
class Side:
    """A performance to render and how to roughen it."""

    script: Script
    roughness: Roughness


@dataclass(frozen=True, slots=True)
class ScriptedPair:
    """A `Pair` that does not sound yet; the query is cut from its performance at `first_frame`."""

    reference: Side
    query: Side
    first_frame: int
    reference_beat: NDArray[np.int64]
    query_beat: NDArray[np.int64]
    rotation: int


@dataclass(frozen=True, slots=True)
class ScriptedBatch:
    """All that a worker can say about a batch; `crowds` (pairs, bins, query frames) for queries of mean one, if any."""

    pairs: list[ScriptedPair]
    twins: list[Side]
    played: list[Pair]
    crowds: Frames | None
    noise_seed: int


class ScriptedPairs(Dataset[ScriptedBatch]):
    """Item k is what `rendered` makes the batch of step k from."""

    def __init__(self, pairs: RenderedPairs) -> None:
        self.pairs = pairs

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, step: int) -> ScriptedBatch:
        source = self.pairs
        rng = np.random.default_rng([source.seed, step])
        scores, length = source.works(step, rng)
        pairs = [self._pair(score, length, rng) for score in scores]
        played = source.played_pairs(step, length, rng)
        twins = [self._studio_side(twin, rng) for twin in source.twins(step, scores, rng)]
        crowds = None
        if source.shape.paper_crowd:
            played = [source.with_crowd(pair, step, number) for number, pair in enumerate(played, len(pairs))]
            crowds = np.stack([self._crowd(step, number, length) for number in range(len(pairs))])
        return ScriptedBatch(pairs, twins, played, crowds, int(rng.integers(1 << 62)))

    def _pair(self, score: Score, length: int, rng: np.random.Generator) -> ScriptedPair:
        frames = self.pairs.shape.reference_frames
        reference = self._studio_side(score, rng)
        live = write_script(score, rng, bool(rng.random() < LIVE_SHARE), frames, self.pairs.variety)
        studio_song, live_song = reference.script.arrangement, live.arrangement
        reference_beat, live_beat = beat_per_frame(studio_song, frames), beat_per_frame(live_song, frames)
        first = cut_query(reference_beat, live_beat, length, rng)
        query = Side(live, Roughness.draw(BINS, length, rng, live=True))
        rotation = (live_song.transposition_semitones - studio_song.transposition_semitones) % 12
        return ScriptedPair(reference, query, first, reference_beat, live_beat[first : first + length], rotation)

    def _studio_side(self, score: Score, rng: np.random.Generator) -> Side:
        frames = self.pairs.shape.reference_frames
        script = write_script(score, rng, False, frames, self.pairs.variety)
        return Side(script, Roughness.draw(BINS, frames, rng, live=False))

    def _crowd(self, step: int, number: int, length: int) -> Frames:
        crowd = crowd_over(length, self.pairs.material.crowds, self.pairs.seed, step, number)
        return np.zeros((BINS, length), np.float32) if crowd is None else crowd


def rendered(batches: Iterable[ScriptedBatch], device: torch.device) -> Iterator[dict[str, Tensor]]:
    """The batches as `RenderedPairs` gives them, on `device`."""
    for batch in batches:
        yield _render(batch, device)


def _render(batch: ScriptedBatch, device: torch.device) -> dict[str, Tensor]:
    generator = torch.Generator(device=device).manual_seed(batch.noise_seed)
    pairs, frames = batch.pairs, len(batch.pairs[0].reference_beat)
    references = [pair.reference for pair in pairs] + batch.twins
    sides = references + [pair.query for pair in pairs]
    magnitude = render_batch([side.script for side in sides], frames, device, generator)
    reference = roughen(magnitude[: len(references)], [side.roughness for side in references], generator)
    query = roughen(_cut(magnitude[len(references) :], pairs), [pair.query.roughness for pair in pairs], generator)
    if batch.crowds is not None:
        query = query + query.mean((1, 2), keepdim=True) * torch.from_numpy(batch.crowds).to(device)
    own, twins = reference[: len(pairs)], reference[len(pairs) :]
    truth = stack_truth([*pairs, *batch.played], len(batch.twins))
    return {
        "query": torch.cat([query, *(_finished(pair.query, device) for pair in batch.played)]),
        "reference": torch.cat([own, *(_finished(pair.reference, device) for pair in batch.played), twins]),
        **{name: values.to(device) for name, values in truth.items()},
    }


def _cut(magnitude: Tensor, pairs: list[ScriptedPair]) -> Tensor:
    length = len(pairs[0].query_beat)
    firsts = [pair.first_frame for pair in pairs]
    return torch.stack([one[:, first : first + length] for one, first in zip(magnitude, firsts, strict=True)])


def _finished(magnitude: Frames, device: torch.device) -> Tensor:
    return torch.from_numpy(magnitude).to(device)[None]
