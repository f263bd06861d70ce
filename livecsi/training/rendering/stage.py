"""Where the band plays and who is in the room: talk, reverberation, PA, compression, crowd, noise floor.

All in constant-Q power of shape (BINS, steps), changed in place or returned.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.instruments import random_timbre
from livecsi.training.rendering.raster import BINS, STEP_SECONDS, Power, add_notes, reverberate

LOW_BINS_BLURRED = ((12, 3), (24, 1))


def smooth_curve(rng: np.random.Generator, length: int, knots: int, deviation: float) -> NDArray[np.float64]:
    """A random curve through `knots` normal values."""
    return np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.normal(0, deviation, knots))


def put_on_stage(power: Power, intro_seconds: float, live: bool, rng: np.random.Generator) -> Power:
    """What a microphone in the room, or a studio engineer, makes of the band."""
    band = power.mean()
    if rng.random() < (0.9 if live else 0.6):
        seconds = rng.uniform(0.6, 3.5) if live else rng.uniform(0.2, 1.8)
        decay = 10 ** (-6 * STEP_SECONDS / (seconds * np.exp(smooth_curve(rng, BINS, 4, 0.2))))
        reverberate(power, rng.uniform(0.2, 2.0) if live else rng.uniform(0.05, 0.8), decay)
    _blur_low_bins(power)
    if live and intro_seconds > 4 and rng.random() < 0.5:
        power += _talk(power.shape[1], intro_seconds, rng) * band * rng.uniform(0.2, 1.0)
    power *= 10 ** (_equalisation(live, rng) / 10)[:, None]
    power *= np.exp(rng.normal(0, 0.35, power.shape))
    _compress(power, rng.uniform(0, 0.7))
    mean = power.mean()
    if live and rng.random() < 0.65:
        for _ in range(int(rng.integers(1, 3))):
            power += _crowd(power.shape[1], rng) * mean * 10 ** (rng.choice([0, -3, -6, -9, -12, -15]) / 10)
    floor = 10 ** (rng.uniform(-50, -22 if live else -32) / 10) * 10 ** (
        np.linspace(0, 1, BINS) * rng.uniform(-1.5, 0.5)
    )
    return power + mean * floor[:, None] * rng.standard_exponential(power.shape)


def _blur_low_bins(power: Power) -> None:
    """The long windows of low constant-Q bins see their neighbours in time."""
    first = 0
    for last, radius in LOW_BINS_BLURRED:
        weight = np.cos(np.pi * np.arange(-radius, radius + 1) / (2 * (radius + 1))) ** 2
        for q in range(first, last):
            power[q] = np.convolve(power[q], weight / weight.sum(), "same")
        first = last


def _equalisation(live: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """Decibels per bin: a random curve, a tilt, and sometimes a high-pass or a low-pass."""
    bins = np.arange(BINS)
    curve = smooth_curve(rng, BINS, 7, 4.5 if live else 3.5) + np.linspace(0, 1, BINS) * rng.uniform(-14, 6)
    if rng.random() < (0.35 if live else 0.15):
        curve -= np.maximum(0, rng.uniform(0, 26) - bins) * rng.uniform(0.5, 2)
    if rng.random() < 0.15:
        curve -= np.maximum(0, bins - rng.uniform(55, 72)) * rng.uniform(0.5, 2)
    return curve


def _compress(power: Power, amount: float) -> None:
    if amount < 0.1:
        return
    loudness = np.convolve(power.mean(0) + 1e-12, np.ones(9) / 9, "same")
    power *= (loudness / (loudness.mean() + 1e-12) + 0.02) ** -amount


def _crowd(steps: int, rng: np.random.Generator) -> Power:
    """Crowd noise of unit mean power, loud at the start in half of the cases, entering late or leaving in others."""
    bins = np.arange(BINS)
    spectrum = np.exp(-(((bins - rng.uniform(38, 62)) / rng.uniform(8, 22)) ** 2)) + rng.uniform(0.01, 0.15)
    envelope = np.exp(smooth_curve(rng, steps, 40, rng.uniform(0.2, 1.0)))
    if rng.random() < 0.5:
        envelope *= 1 + rng.uniform(2, 12) * np.exp(-np.arange(steps) * STEP_SECONDS / rng.uniform(2, 10))
    if rng.random() < 0.4:
        first = int(rng.uniform(0, 0.9) * steps)
        envelope[:first] = 0
    noise = spectrum[:, None] * envelope[None] * rng.standard_exponential((BINS, steps))
    return np.asarray(noise / (noise.mean() + 1e-12))


def _talk(steps: int, until_seconds: float, rng: np.random.Generator) -> Power:
    """Somebody announces the song: short voiced notes at speaking pitch, with pauses."""
    power = np.zeros((BINS, steps))
    notes, moment = [], rng.uniform(0, 2)
    while moment < until_seconds - 1:
        length = rng.uniform(0.1, 0.35)
        notes.append((moment, length, rng.uniform(40, 60), rng.uniform(0.5, 1), 0.0))
        moment += length + (rng.uniform(0.2, 1.0) if rng.random() < 0.15 else 0)
    if notes:
        add_notes(power, np.array(notes), random_timbre(rng, "vocal")[None], int(rng.integers(1 << 30)))
        power /= power.mean() + 1e-12
    return power
