"""Made-up music as frames: a melody over chords, played in any key, faster or slower, in noise."""

import numpy as np

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.sessions import ReleasedModel

SCALE = (0, 2, 4, 5, 7, 9, 11)
CHORDS = (0, 0, 0, 3, 4, 4, 5)
"""Degrees that a song's chords stand on, the first more often than others: a song has a key."""
CHORD_FRAMES = 8


def song(seed: int, frames: int = 400) -> np.ndarray:
    """A tune of its own over chords of its own, every note dying away, (72, frames)."""
    rng = np.random.default_rng(seed)
    key, decay = 24 + int(rng.integers(12)), 0.85 ** np.arange(CHORD_FRAMES)
    magnitudes = np.full((72, frames), 0.001, np.float32)
    for first in range(0, frames, CHORD_FRAMES):
        degree = CHORDS[int(rng.integers(len(CHORDS)))]
        tune = key + 12 + SCALE[int(rng.integers(7))]
        length = min(CHORD_FRAMES, frames - first)
        for note in [tune, *(key + 12 * ((degree + step) // 7) + SCALE[(degree + step) % 7] for step in (0, 2, 4))]:
            magnitudes[note, first : first + length] += rng.uniform(0.5, 1.0) * decay[:length]
    return magnitudes


def performed(magnitudes: np.ndarray, semitones: int = 0, speed: float = 1.0, noise: float = 0.05) -> np.ndarray:
    """Another performance: transposed, at another speed, in noise."""
    rng = np.random.default_rng(0)
    places = (np.arange(round(magnitudes.shape[1] / speed)) * speed).astype(int)
    played = np.roll(magnitudes[:, places], semitones, axis=0)
    return (played + noise * rng.random(played.shape)).astype(np.float32)


def untrained_model(name: str, **facts) -> ReleasedModel:
    from livecsi.training.calibrate import spec_facts

    return ReleasedModel(name, name, None, {"files": {}, "preprocessing": spec_facts(ConstantQSpec()), **facts})
