"""Cheap roughness on arrays of magnitudes, drawn anew every time: what rooms, desks and phones do to a song."""

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.stage import smooth_curve


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
