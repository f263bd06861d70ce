"""The system `fourier-2d`: magnitudes of the two-dimensional Fourier transform of chroma, blind to key and place.

After Bertin-Mahieux and Ellis (2012), with stretches of fixed length where they followed the beat. US patent 12,105,753
claims such transforms for recognising live songs, so this stands in comparisons only: nothing listens with it.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from livecsi.identify.systems.chroma import Array, Chroma, ChromaSystem
from livecsi.identify.systems.scored import Likeness

PATCH_MOMENTS, PATCH_HOP = 64, 8
"""38 s, every 5 s; the paper has 75 beats, at every beat."""
POWER = 1.96
"""Contrast of the chroma, as in the paper."""


class Spectrum(Chroma):
    """Chroma that is transformed once."""

    @cached_property
    def magnitudes(self) -> Array:
        """Median magnitudes of all patches as a unit vector without its constant part, shape (12 * 64,)."""
        short = max(0, PATCH_MOMENTS - self.profiles.shape[1])
        padded = np.pad(self.profiles**POWER, ((0, 0), (0, short)))
        patches = np.lib.stride_tricks.sliding_window_view(padded, PATCH_MOMENTS, axis=1)[:, ::PATCH_HOP]
        found = np.median(np.abs(np.fft.fft2(patches.transpose(1, 0, 2))), axis=0)
        found[0, 0] = 0
        return np.asarray(found.ravel() / max(float(np.linalg.norm(found)), 1e-9), np.float32)


class FourierMagnitudes(ChromaSystem):
    """Score: the cosine."""

    kind = "fourier-2d"
    made = Spectrum

    def likeness(self, query: Spectrum, songs: Sequence[Spectrum]) -> list[Likeness]:
        ends = 0.0, query.duration_seconds
        return [Likeness(float(query.magnitudes @ s.magnitudes), 0, ends, (0.0, s.duration_seconds)) for s in songs]
