"""Instruments as a few numbers each: an envelope and the strengths of twelve partials.

A timbre is a vector: attack s, decay 1/s, sustain level, release s, spectral spread, detuning in semitones, jitter,
glide in semitones, vibrato in semitones, vibrato in hertz, then `PARTIALS` amplitudes of unit energy from column
`FIRST_PARTIAL` on.
"""

import numpy as np
from numpy.typing import NDArray

PARTIALS = 12
FIRST_PARTIAL = 10
FAMILIES = ("vocal", "pluck", "sustain", "distorted", "bass")


def choose_family(rng: np.random.Generator, family: str) -> str:
    """`family` itself, or a melodic one where it is "any"."""
    if family != "any":
        return family
    return str(rng.choice(["vocal", "pluck", "sustain", "distorted"], p=[0.3, 0.3, 0.3, 0.1]))


def random_timbre(rng: np.random.Generator, family: str, gliding: bool = True) -> NDArray[np.float64]:
    """One instrument of a family of `FAMILIES`, never the same twice: shape (FIRST_PARTIAL + PARTIALS,)."""
    return np.concatenate([_envelope(rng, family), _movement(rng, family, gliding), _partials(rng, family)])


def _movement(rng: np.random.Generator, family: str, gliding: bool) -> NDArray[np.float64]:
    """How far below or above a note begins, how it trembles; only voices and some bowed or blown instruments do."""
    if not gliding or family not in ("vocal", "sustain") or (family == "sustain" and rng.random() < 0.6):
        return np.zeros(3)
    return np.array([rng.choice([0.0, -2.5, -1.5, -1.0, 1.0]), rng.uniform(0, 0.6), rng.uniform(4.0, 6.5)])


def _envelope(rng: np.random.Generator, family: str) -> NDArray[np.float64]:
    detuning, jitter = rng.normal(0, 0.06), rng.uniform(0.1, 0.35)
    ranges = {
        "vocal": ((0.03, 0.15), (0.1, 0.8), (0.6, 1.0), (0.05, 0.2), (0.1, 0.6)),
        "pluck": ((0.01, 0.02), (0.8, 6.0), (0.0, 0.3), (0.05, 0.4), (0.0, 0.15)),
        "sustain": ((0.03, 0.3), (0.1, 1.0), (0.5, 1.0), (0.08, 0.4), (0.0, 0.35)),
        "distorted": ((0.01, 0.03), (0.05, 0.5), (0.7, 1.0), (0.05, 0.2), (0.1, 0.4)),
        "bass": ((0.01, 0.02), (0.5, 3.0), (0.1, 0.8), (0.03, 0.15), (0.0, 0.15)),
    }[family]
    values = [rng.uniform(low, high) for low, high in ranges]
    return np.array([*values, detuning, jitter * (1.8 if family == "vocal" else 1.0)])


def _partials(rng: np.random.Generator, family: str) -> NDArray[np.float64]:
    number = np.arange(1, PARTIALS + 1)
    rolloff = rng.uniform(0.1, 0.6) if family == "distorted" else rng.uniform(0.4, 1.8)
    amplitude = number**-rolloff * np.where(number % 2 == 0, rng.uniform(0.3, 1.3), 1.0)
    amplitude *= np.exp(rng.normal(0, 0.35, PARTIALS))
    if rng.random() < 0.3:
        amplitude[0] *= rng.uniform(0.2, 0.8)
    amplitude[int(rng.integers(3, PARTIALS + 1)) :] *= 0.5 if family == "distorted" else 0.1
    if family == "vocal":
        amplitude += 0.8 * rng.random() * np.exp(-(((number - rng.uniform(2, 6)) / 2) ** 2))
    if family == "bass":
        amplitude[3:] *= 0.6
    return np.asarray(amplitude / np.linalg.norm(amplitude))
