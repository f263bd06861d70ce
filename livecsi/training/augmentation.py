"""Cheap roughness on arrays of magnitudes, drawn anew every time: what rooms, desks and phones do to a song.

`Roughness` is everything of it that is no noise, for whoever roughens many songs at once on another device.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.scene import smooth_curve

Array = NDArray[np.float64]
HISS_RANGE = (0.75, 1.25)


@dataclass(frozen=True, slots=True)
class Roughness:
    """Gains of magnitude per bin (bins,) or frame (frames,); the crowd's parts and `squeeze` are zero in a studio."""

    tilt: Array
    crowd_spectrum: Array
    crowd_envelope: Array
    squeeze: float
    moments: Array
    bands: Array

    @classmethod
    def draw(cls, bins: int, frames: int, rng: np.random.Generator, live: bool) -> "Roughness":
        """Decide about one song of (bins, frames)."""
        tilt = _tilt(bins, rng)
        crowd = _crowd(bins, frames, rng) if live else (np.zeros(bins), np.zeros(frames))
        return cls(tilt, *crowd, _squeeze(rng) if live else 0.0, *_losses(bins, frames, rng))


def augment(magnitude: NDArray[np.float32], rng: np.random.Generator, live: bool) -> NDArray[np.float32]:
    """Cheap roughness on (bins, frames): tilt, crowd, gain dynamics, lost moments, lost bands."""
    bins, frames = magnitude.shape
    result = magnitude * _tilt(bins, rng)[:, None]
    if live:
        spectrum, envelope = _crowd(bins, frames, rng)
        result = result + result.mean() * (spectrum[:, None] * envelope * rng.uniform(*HISS_RANGE, magnitude.shape))
        loudness = result.mean(0, keepdims=True)
        result = result * (loudness / (loudness.mean() + 1e-9) + 0.02) ** -_squeeze(rng)
    moments, bands = _losses(bins, frames, rng)
    return np.asarray(result * moments * bands[:, None], dtype=np.float32)


def _tilt(bins: int, rng: np.random.Generator) -> Array:
    return np.asarray(10 ** (smooth_curve(rng, bins, 6, 3.0) / 20))


def _crowd(bins: int, frames: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Spectrum of mean one, and loudness per frame relative to the song's mean."""
    spectrum = np.exp(-(((np.arange(bins) - rng.uniform(36, 62)) / rng.uniform(8, 25)) ** 2)) + rng.uniform(0, 0.15)
    envelope = np.exp(smooth_curve(rng, frames, 30, 0.5)) * 10 ** (rng.choice([-40, -15, -12, -9, -6]) / 20)
    return spectrum / spectrum.mean(), envelope


def _squeeze(rng: np.random.Generator) -> float:
    return 0.5 * rng.random()


def _losses(bins: int, frames: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """A moment that is nearly lost or too loud, a band that is nearly lost."""
    moments, bands = np.ones(frames), np.ones(bins)
    if rng.random() < 0.3:
        first = int(rng.integers(0, frames - 20))
        moments[first : first + int(rng.integers(3, 20))] *= rng.choice([0.02, 0.3, 3.0])
    if rng.random() < 0.3:
        first = int(rng.integers(0, bins - 6))
        bands[first : first + int(rng.integers(2, 8))] *= 0.05
    return moments, bands
