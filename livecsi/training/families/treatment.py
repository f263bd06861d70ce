"""What is done to one item of a batch as an array: speed, key, masked bands, and segments stitched together."""

from collections.abc import Sequence

import numpy as np

from livecsi.training.recorded_pairs import transpose
from livecsi.types import Frames

WIDEST_MASK_BINS = 24
FEWEST_SEGMENTS, MOST_SEGMENTS = 2, 4
PITCH_CLASSES = 12


def at_speed(frames: Frames, factor: float, length: int) -> Frames:
    """`length` frames of a performance `factor` times as fast; its end stands still where there is no more of it."""
    moments = np.minimum(np.arange(length) * factor, frames.shape[1] - 1)
    low = moments.astype(np.int64)
    high = np.minimum(low + 1, frames.shape[1] - 1)
    part = moments - low
    return np.asarray(frames[:, low] * (1 - part) + frames[:, high] * part, dtype=np.float32)


def rolled(frames: Frames, semitones: int) -> Frames:
    """In another key: constant-Q bins move and leave the edge quiet, pitch classes go round."""
    return np.roll(frames, semitones, axis=0) if len(frames) == PITCH_CLASSES else transpose(frames, semitones)


def masked(frames: Frames, masks: int, rng: np.random.Generator) -> Frames:
    """With so many bands of fewer than 24 bins silent (SpecAugment, frequency only); 24 of 72 is a third of 12."""
    result, bins = frames.copy(), len(frames)
    for _ in range(masks):
        width = int(rng.integers(0, max(1, WIDEST_MASK_BINS * bins // 72)))
        first = int(rng.integers(0, bins - width + 1))
        result[first : first + width] = 0
    return result


def stitched(versions: Sequence[Frames], rng: np.random.Generator) -> Frames:
    """Two to four segments of different versions of one work, one after the other, as long as each version was.

    The first part of the result comes from the first part of its version, and so on, as songs do not run backwards.
    """
    length = versions[0].shape[1]
    segments = int(rng.integers(FEWEST_SEGMENTS, min(MOST_SEGMENTS, len(versions)) + 1))
    chosen = rng.choice(len(versions), segments, replace=False)
    inner = np.sort(rng.choice(np.arange(1, length), segments - 1, replace=False))
    edges = [0, *inner.tolist(), length]
    return np.concatenate([versions[v][:, a:b] for v, a, b in zip(chosen, edges[:-1], edges[1:], strict=True)], 1)
