"""What kind of room and audience a performance gets: every decision that is one number or one curve, no noise yet.

Both renderers decide here, so they draw from one distribution. `stage.py` decides as it goes, with one generator for
everything; a renderer that draws its noise elsewhere takes a whole `Scene` beforehand. Gains are of power.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.instruments import random_timbre
from livecsi.training.rendering.raster import BINS, STEP_SECONDS

TREMOR = 0.35
"""Standard deviation of the logarithm of power from moment to moment."""
LEAST_COMPRESSION = 0.1
LOW_BINS_BLURRED = ((0, 12, 3), (12, 24, 1))
"""First bin, one after the last, radius in steps."""

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Talk:
    """An announcement: `notes` (notes, 5) of one `timbre`, `loudness` relative to the band's mean power."""

    notes: Array
    timbre: Array
    loudness: float


@dataclass(frozen=True, slots=True)
class Crowd:
    """An audience: `spectrum` (BINS,), `envelope` (steps,), `loudness` relative to the mean power of the music."""

    spectrum: Array
    envelope: Array
    loudness: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything about one performance's stage but its noise; per bin `room_keep`, `equaliser` and `floor` (BINS,)."""

    room_gain: float
    room_keep: Array
    talk: Talk | None
    equaliser: Array
    compression: float
    crowds: tuple[Crowd, ...]
    floor: Array


def draw_scene(steps: int, intro_seconds: float, live: bool, rng: np.random.Generator) -> Scene:
    """Decide about `steps` steps of a performance that begins after `intro_seconds`."""
    room_gain, room_keep = draw_room(live, rng)
    return Scene(
        room_gain,
        room_keep,
        _draw_talk(intro_seconds, rng) if is_announced(intro_seconds, live, rng) else None,
        draw_equaliser(live, rng),
        draw_compression(rng),
        tuple(_draw_crowd(steps, rng) for _ in range(draw_crowd_count(live, rng))),
        draw_floor(live, rng),
    )


def smooth_curve(rng: np.random.Generator, length: int, knots: int, deviation: float) -> Array:
    """A random curve through `knots` normal values."""
    return np.interp(np.linspace(0, knots - 1, length), np.arange(knots), rng.normal(0, deviation, knots))


def draw_room(live: bool, rng: np.random.Generator) -> tuple[float, Array]:
    """How loud the reverberation is, 0 for none, and what is left of each bin after a step."""
    if rng.random() >= (0.9 if live else 0.6):
        return 0.0, np.zeros(BINS)
    seconds = rng.uniform(0.6, 3.5) if live else rng.uniform(0.2, 1.8)
    keep = 10 ** (-6 * STEP_SECONDS / (seconds * np.exp(smooth_curve(rng, BINS, 4, 0.2))))
    return rng.uniform(0.2, 2.0) if live else rng.uniform(0.05, 0.8), keep


def is_announced(intro_seconds: float, live: bool, rng: np.random.Generator) -> bool:
    """Whether somebody talks before the song, where there is time."""
    return live and intro_seconds > 4 and rng.random() < 0.5


def draw_talk_notes(until_seconds: float, rng: np.random.Generator) -> Array:
    """Short voiced notes at speaking pitch, with pauses: (notes, 5), perhaps none."""
    notes, moment = [], rng.uniform(0, 2)
    while moment < until_seconds - 1:
        length = rng.uniform(0.1, 0.35)
        notes.append((moment, length, rng.uniform(40, 60), rng.uniform(0.5, 1), 0.0))
        moment += length + (rng.uniform(0.2, 1.0) if rng.random() < 0.15 else 0)
    return np.array(notes).reshape(-1, 5)


def draw_talk_loudness(rng: np.random.Generator) -> float:
    """Relative to the band's mean power."""
    return rng.uniform(0.2, 1.0)


def draw_equaliser(live: bool, rng: np.random.Generator) -> Array:
    """Power gain per bin: a random curve, a tilt, and sometimes a high-pass or a low-pass."""
    bins = np.arange(BINS)
    decibels = smooth_curve(rng, BINS, 7, 4.5 if live else 3.5) + np.linspace(0, 1, BINS) * rng.uniform(-14, 6)
    if rng.random() < (0.35 if live else 0.15):
        decibels -= np.maximum(0, rng.uniform(0, 26) - bins) * rng.uniform(0.5, 2)
    if rng.random() < 0.15:
        decibels -= np.maximum(0, bins - rng.uniform(55, 72)) * rng.uniform(0.5, 2)
    return np.asarray(10 ** (decibels / 10))


def draw_compression(rng: np.random.Generator) -> float:
    """The exponent by which loud moments are pressed down; below a certain amount nothing happens."""
    amount = rng.uniform(0, 0.7)
    return 0.0 if amount < LEAST_COMPRESSION else amount


def draw_crowd_count(live: bool, rng: np.random.Generator) -> int:
    """How many crowds are heard."""
    return int(rng.integers(1, 3)) if live and rng.random() < 0.65 else 0


def draw_crowd_shape(steps: int, rng: np.random.Generator) -> tuple[Array, Array]:
    """Spectrum and envelope, loud at the start in half of the cases, entering late in others."""
    bins = np.arange(BINS)
    spectrum = np.exp(-(((bins - rng.uniform(38, 62)) / rng.uniform(8, 22)) ** 2)) + rng.uniform(0.01, 0.15)
    envelope = np.exp(smooth_curve(rng, steps, 40, rng.uniform(0.2, 1.0)))
    if rng.random() < 0.5:
        envelope *= 1 + rng.uniform(2, 12) * np.exp(-np.arange(steps) * STEP_SECONDS / rng.uniform(2, 10))
    if rng.random() < 0.4:
        envelope[: int(rng.uniform(0, 0.9) * steps)] = 0
    return spectrum, envelope


def draw_crowd_loudness(rng: np.random.Generator) -> float:
    """Relative to the mean power of the music."""
    return float(10 ** (rng.choice([0, -3, -6, -9, -12, -15]) / 10))


def draw_floor(live: bool, rng: np.random.Generator) -> Array:
    """The noise floor per bin, relative to the mean power of the music."""
    loudness = 10 ** (rng.uniform(-50, -22 if live else -32) / 10)
    return np.asarray(loudness * 10 ** (np.linspace(0, 1, BINS) * rng.uniform(-1.5, 0.5)))


def blur_weight(radius: int) -> Array:
    """What a long window sees of its neighbours in time: (2 radius + 1,) of sum one."""
    weight = np.cos(np.pi * np.arange(-radius, radius + 1) / (2 * (radius + 1))) ** 2
    return np.asarray(weight / weight.sum())


def _draw_talk(until_seconds: float, rng: np.random.Generator) -> Talk:
    return Talk(draw_talk_notes(until_seconds, rng), random_timbre(rng, "vocal")[None], draw_talk_loudness(rng))


def _draw_crowd(steps: int, rng: np.random.Generator) -> Crowd:
    return Crowd(*draw_crowd_shape(steps, rng), draw_crowd_loudness(rng))
