"""Pairs from real recordings: two treatments of one stretch, so that the encoder has heard real sound.

The reference is the recording as it is; the query is a part of it in another key, at another speed, roughened. A user's
own audio joins the training this way.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.training.augmentation import augment
from livecsi.training.pairs import Pair
from livecsi.types import Frames

SLOWEST, FASTEST = 0.8, 1.25
LARGEST_TRANSPOSITION = 5


def recorded_pair(
    recordings: Sequence[Frames], reference_frames: int, query_frames: int, rng: np.random.Generator
) -> Pair:
    """One pair from a random recording; recordings shorter than the reference are played over and over."""
    recording = recordings[int(rng.integers(len(recordings)))]
    loops = -(-(reference_frames + 1) // recording.shape[1])
    whole = np.tile(recording, loops)
    start = int(rng.integers(0, whole.shape[1] - reference_frames + 1))
    reference = whole[:, start : start + reference_frames]
    speed = float(np.exp(rng.uniform(np.log(SLOWEST), np.log(FASTEST))))
    needed = min(reference_frames, int(query_frames * speed))
    first = int(rng.integers(0, reference_frames - needed + 1))
    moments = first + np.linspace(0, needed - 1, query_frames)
    semitones = int(rng.integers(-LARGEST_TRANSPOSITION, LARGEST_TRANSPOSITION + 1))
    query = transpose(_at(reference, moments), semitones)
    return Pair(
        reference=augment(reference, rng, live=False),
        query=augment(query, rng, live=True),
        reference_beat=np.arange(reference_frames) // 2,
        query_beat=np.round(moments).astype(np.int64) // 2,
        rotation=semitones % 12,
    )


def transpose(frames: Frames, semitones: int) -> Frames:
    """Move every bin by some semitones; what comes in from outside is quiet."""
    moved = np.roll(frames, semitones, axis=0)
    edge = slice(0, semitones) if semitones > 0 else slice(len(frames) + semitones, None)
    if semitones:
        moved[edge] = 0.05 * frames.mean()
    return moved


def _at(frames: Frames, moments: NDArray[np.float64]) -> Frames:
    """Frames at fractional positions, linearly between their neighbours."""
    low = np.minimum(moments.astype(np.int64), frames.shape[1] - 1)
    high = np.minimum(low + 1, frames.shape[1] - 1)
    part = moments - low
    return np.asarray(frames[:, low] * (1 - part) + frames[:, high] * part, dtype=np.float32)
