"""Harmonic pitch class profiles of house frames: twelve numbers a frame, for the systems that listen to no more.

After Gomez (2006): every partial speaks for its own pitch class and, more softly, for those it may be an overtone of;
only 98 Hz and above are heard, and each frame is divided by its largest number. The original counts peaks of a whitened
FFT; here a semitone bin of the constant-Q frames counts as far as it stands out of the octave around it. Without that,
drums and timbre fill the profile: of plain energies, qmax finds two thirds of what it finds of these.
"""

from functools import lru_cache

import numpy as np

from livecsi.types import Frames

PITCH_CLASSES = 12
LOWEST_BIN = 19
"""G2, 98 Hz: below, a semitone is narrower than what a kick drum blurs."""
HARMONICS = 8
DECAY = 0.6
"""Each further overtone counts this much less."""


def hpcp(frames: Frames) -> Frames:
    """Magnitudes (bins from C1 up, frames) to profiles (12, frames) in 0..1, C first; silence stays zero."""
    profile = _folding(len(frames)) @ _standing_out(frames)
    largest = profile.max(0, keepdims=True)
    return np.divide(profile, largest, out=np.zeros_like(profile), where=largest > 0)


def _standing_out(frames: Frames) -> Frames:
    """How far each bin exceeds the mean of the octave around it, in units of that mean."""
    padded = np.pad(frames, ((PITCH_CLASSES // 2, PITCH_CLASSES // 2), (0, 0)), mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(padded, PITCH_CLASSES + 1, axis=0).mean(-1)
    return np.maximum(np.divide(frames, around, out=np.zeros_like(frames), where=around > 0) - 1, 0)


@lru_cache(maxsize=4)
def _folding(bins: int) -> Frames:
    """(12, bins): how much a bin speaks for each pitch class."""
    weights = np.zeros((PITCH_CLASSES, bins), np.float32)
    for harmonic in range(1, HARMONICS + 1):
        overtone_semitones = round(PITCH_CLASSES * np.log2(harmonic))
        for place in range(LOWEST_BIN, bins):
            weights[(place - overtone_semitones) % PITCH_CLASSES, place] += DECAY ** (harmonic - 1)
    return weights
