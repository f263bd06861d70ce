"""Where the first chorus of a song begins: the stretch that comes back most faithfully, most often and loudest.

After Goto (2003) in a simple form: moments are compared by the notes around the tune, a chorus shows as diagonals of
the self-similarity matrix; stretches that resemble everything, such as loops of four chords, are worth less. Hakala et
al. begin a song there in one of their three feature methods. Pure numpy, so that a window, a studio song and a training
item are aligned by the same lines.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.types import Frames

TUNE_BINS = slice(30, 66)
"""F#3 to F6, in the octave they are in: verses share chords with each other, but a chorus is known by its tune."""
SHORTEST_FRAMES = 40
"""Twelve seconds: what comes back in less is a riff."""
FEWEST_REPEATS_APART = 40
LOUDNESS_WEIGHT = 0.1
SAME_AS_BEST, LEAST_LIKENESS = 0.97, 0.1
Array = NDArray[np.float64]


def chorus_start(frames: Frames) -> int:
    """The first frame of the first chorus of magnitudes (72, frames); 0 where nothing comes back."""
    length = frames.shape[1]
    if length < SHORTEST_FRAMES + FEWEST_REPEATS_APART:
        return 0
    similarity = _self_similarity(frames)
    stripes = _without_habits(_stripes(similarity))
    fitness = _fitness(stripes) + LOUDNESS_WEIGHT * _loudness(frames, len(stripes))
    best = int(np.argmax(fitness))
    return int(_occurrences(stripes, best)[0])


def from_chorus(frames: Frames, length: int) -> Frames:
    """`length` frames from the first chorus on; the last ones where less is left, all where there are no more."""
    start = min(chorus_start(frames), max(0, frames.shape[1] - length))
    return frames[:, start : start + length]


def _self_similarity(frames: Frames) -> Array:
    """Cosines of moments (frames, frames): log magnitudes, without what never changes and what is only loud."""
    tune = np.log1p(10 * frames[TUNE_BINS] / (frames.mean() + 1e-12)).astype(np.float64)
    centred = tune - tune.mean(1, keepdims=True)
    centred = centred - centred.mean(0, keepdims=True)
    columns = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-9)
    return np.asarray(columns.T @ columns)


def _stripes(similarity: Array) -> Array:
    """Entry (i, j): how alike the `SHORTEST_FRAMES` frames from i on and from j on are, moment by moment."""
    length = len(similarity)
    padded = np.zeros((length + 1, length + 1))
    for row in range(length):  # cumulative sums along every diagonal
        padded[row + 1, 1:] = padded[row, :-1] + similarity[row]
    return np.asarray((padded[SHORTEST_FRAMES:, SHORTEST_FRAMES:] - padded[:-SHORTEST_FRAMES, :-SHORTEST_FRAMES])
                      / SHORTEST_FRAMES)  # fmt: skip


def _without_habits(stripes: Array) -> Array:
    """Less half of what each beginning has in common with all."""
    return np.asarray(stripes - 0.5 * (stripes.mean(0)[None] + stripes.mean(1)[:, None]))


def _fitness(stripes: Array) -> Array:
    """Per beginning: the sum of its two best repeats that overlap neither it nor each other."""
    apart = np.abs(np.subtract.outer(np.arange(len(stripes)), np.arange(len(stripes)))) >= FEWEST_REPEATS_APART
    candidates = np.where(apart, stripes, -1.0)
    first = candidates.argmax(1)
    rows = np.arange(len(stripes))
    best = candidates[rows, first]
    away = np.abs(rows[None] - first[:, None]) >= FEWEST_REPEATS_APART
    second = np.where(away, candidates, -1.0).max(1)
    return np.asarray(best + np.maximum(second, 0.0))


def _loudness(frames: Frames, starts: int) -> Array:
    """Standardised mean loudness of the `SHORTEST_FRAMES` frames from each beginning on, kept within -1 to 1."""
    sums = np.concatenate([[0.0], np.cumsum(frames.mean(0))])
    level = np.log(sums[SHORTEST_FRAMES:] - sums[:-SHORTEST_FRAMES] + 1e-9)[:starts]
    return np.asarray(np.clip((level - level.mean()) / (level.std() + 1e-9) / 2, -1, 1))


def _occurrences(stripes: Array, best: int) -> NDArray[np.int64]:
    """Where the chosen stretch is heard, itself included, in order of time: peaks nearly as high as its best repeat."""
    row = stripes[best].copy()
    near = slice(max(0, best - FEWEST_REPEATS_APART + 1), best + FEWEST_REPEATS_APART)
    row[near] = -1.0
    found = [best]
    threshold = SAME_AS_BEST * row.max()
    while row.max() >= max(threshold, LEAST_LIKENESS):
        peak = int(row.argmax())
        found.append(peak)
        row[max(0, peak - FEWEST_REPEATS_APART + 1) : peak + FEWEST_REPEATS_APART] = -1.0
    return np.sort(np.array(found))
