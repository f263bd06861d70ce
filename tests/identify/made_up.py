"""Made-up sequences that behave like real ones: three levels of unit columns."""

import numpy as np

from livecsi.identify.sequences import CHANNELS, PITCH_CLASSES, Sequences

FRAME_SECONDS = 0.3


def random_sequences(rng: np.random.Generator, coarse_moments: int) -> Sequences:
    """A song of `coarse_moments` * 2.4 s whose coarser levels are means of the finer ones."""
    fine = np.repeat(rng.standard_normal((96, 2 * coarse_moments)), 2, axis=1)  # every chord lasts 1.2 s
    fine += 0.3 * rng.standard_normal(fine.shape)
    return Sequences((unit(fine), unit(halved(fine)), unit(halved(halved(fine)))), FRAME_SECONDS)


def transposed(sequences: Sequences, semitones: int) -> Sequences:
    fine, middle, coarse = (
        np.roll(level.reshape(CHANNELS, PITCH_CLASSES, -1), semitones, axis=1).reshape(level.shape)
        for level in sequences.levels
    )
    return Sequences((fine, middle, coarse), sequences.frame_seconds)


def excerpt(sequences: Sequences, first_coarse: int, last_coarse: int) -> Sequences:
    steps = zip(sequences.levels, (4, 2, 1), strict=True)
    fine, middle, coarse = (level[:, first_coarse * step : last_coarse * step] for level, step in steps)
    return Sequences((fine, middle, coarse), sequences.frame_seconds)


def halved(level: np.ndarray) -> np.ndarray:
    return level.reshape(len(level), -1, 2).mean(2)


def unit(level: np.ndarray) -> np.ndarray:
    return (level / np.linalg.norm(level, axis=0)).astype(np.float32)
