"""The crowd of Hakala et al.: half of the items get an audience, at another moment and loudness in every epoch.

The paper adds constant-Q magnitudes of crowd noise to half of the items before the z-score, 15 s early to 117 s late,
6, 9 or 12 dB down. It does not say relative to what; here it is the mean of the item, and of the crowd where it plays.
The same can be done to sound. Recordings of crowds may be the user's own; otherwise crowds are made up.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.training.crowds import crowd
from livecsi.training.recordings import audio_files, cached_features
from livecsi.types import SAMPLE_RATE_HERTZ, Frames, Samples

SHARE = 0.5
EARLIEST_SECONDS, LATEST_SECONDS = -15.0, 117.0
GAINS_DECIBELS = (-6.0, -9.0, -12.0)
OWN_STREAM = 0xC0
"""Sets this generator apart from one seeded with (seed, epoch), which numpy cannot tell from (seed, epoch, 0)."""
MADE_UP_CROWDS, MADE_UP_SECONDS = 12, 135.0


@dataclass(frozen=True, slots=True)
class CrowdDraw:
    """When a crowd begins, relative to the item's beginning, and how loud it is relative to the item."""

    delay_seconds: float
    gain_decibels: float


def draw_crowd(rng: np.random.Generator) -> CrowdDraw | None:
    """One draw of the paper's augmentation: nothing for half of the items."""
    if rng.random() >= SHARE:
        return None
    return CrowdDraw(float(rng.uniform(EARLIEST_SECONDS, LATEST_SECONDS)), float(rng.choice(GAINS_DECIBELS)))


def with_crowd(magnitude: Frames, crowds: Sequence[Frames], seed: int, epoch: int, item: int) -> Frames:
    """Item `item` as it sounds in epoch `epoch`: (bins, frames) magnitudes in and out, before any normalisation.

    A pure function: the same numbers give the same crowd, another epoch another one. `crowds` are (bins, any).
    """
    return _added(magnitude, crowd_over(magnitude.shape[1], crowds, seed, epoch, item))


def crowd_over(frames: int, crowds: Sequence[Frames], seed: int, epoch: int, item: int) -> Frames | None:
    """What `with_crowd` adds to an item of so many frames and mean one: (bins, frames), or None for half of them."""
    rng = np.random.default_rng([OWN_STREAM, seed, epoch, item])
    draw = draw_crowd(rng)
    return None if draw is None else _relative(crowds[int(rng.integers(len(crowds)))], draw, frames)


def add_to_frames(magnitude: Frames, people: Frames, draw: CrowdDraw) -> Frames:
    """Magnitudes with the crowd's added; where the crowd has not begun or is over, the item stays as it is."""
    return _added(magnitude, _relative(people, draw, magnitude.shape[1]))


def add_to_samples(samples: Samples, people: Samples, draw: CrowdDraw) -> Samples:
    """The same in sound, where the mean is that of the power."""
    placed = _placed(people, round(draw.delay_seconds * SAMPLE_RATE_HERTZ), len(samples))
    playing = placed[placed != 0]
    if playing.size == 0:
        return samples
    gain = _ratio(draw.gain_decibels) * np.sqrt(np.mean(samples**2) / (np.mean(playing**2) + 1e-12))
    return np.asarray(samples + gain * placed, dtype=np.float32)


def load_crowds(folder: Path | None, cache: Path, seed: int = 0) -> list[Frames]:
    """Magnitudes of the user's recordings of crowds; without a folder those of crowds nobody recorded."""
    if folder is not None:
        return list(cached_features(audio_files(folder), ConstantQSpec(), cache).values())
    rng = np.random.default_rng(seed)
    return [constant_q(ConstantQSpec(), crowd(rng, MADE_UP_SECONDS, [])) for _ in range(MADE_UP_CROWDS)]


def _added(magnitude: Frames, crowd: Frames | None) -> Frames:
    return magnitude if crowd is None else np.asarray(magnitude + magnitude.mean() * crowd, dtype=np.float32)


def _relative(people: Frames, draw: CrowdDraw, frames: int) -> Frames | None:
    """The crowd on the time axis of an item of mean one; None where it is not heard."""
    placed = _placed(people, round(draw.delay_seconds / ConstantQSpec().frame_seconds), frames)
    playing = placed[:, placed.any(axis=0)]
    if playing.size == 0:
        return None
    return np.asarray(_ratio(draw.gain_decibels) / (playing.mean() + 1e-12) * placed, dtype=np.float32)


def _placed(people: NDArray[np.float32], first: int, length: int) -> NDArray[np.float32]:
    """The crowd on the item's time axis (the last one), beginning at `first`, silent elsewhere."""
    placed = np.zeros((*people.shape[:-1], length), np.float32)
    heard = people[..., max(0, -first) :][..., : max(0, length - max(0, first))]
    placed[..., max(0, first) : max(0, first) + heard.shape[-1]] = heard
    return placed


def _ratio(decibels: float) -> float:
    return float(10 ** (decibels / 20))
