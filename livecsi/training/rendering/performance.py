"""One seed, one performance: arrange, play, put on stage, pool to the frames the front end would have made."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.arranger import Arrangement, arrange
from livecsi.training.rendering.raster import (
    BINS,
    FRAME_SECONDS,
    STEPS_PER_FRAME,
    add_drums,
    add_notes,
)
from livecsi.training.rendering.stage import put_on_stage
from livecsi.training.rendering.variety import FULL, Variety
from livecsi.training.scores.score import Score

LOUDEST_DRUMS, LOUDEST_DRUMS_OF_A_PLAIN_BAND = 1.6, 0.8
DRUMS_PER_BAND = 40
SONG_OVER_AFTER_SECONDS = 2.0
MAGNITUDE_OF_BINS = 2.0 ** (-np.arange(BINS) / 24)
"""Low constant-Q bins have longer windows, and with them more magnitude for the same sound."""


@dataclass(frozen=True, slots=True)
class RenderedPerformance:
    """`magnitude` (72, frames) with mean one; `beat` (frames,): the score's beat at each frame, -1 outside."""

    magnitude: NDArray[np.float32]
    beat: NDArray[np.int64]
    transposition_semitones: int

    def excerpt(self, first: int, frames: int) -> "RenderedPerformance":
        """`frames` frames from `first` on."""
        part = slice(first, first + frames)
        return RenderedPerformance(self.magnitude[:, part], self.beat[part], self.transposition_semitones)


def render_performance(
    score: Score, rng: np.random.Generator, live: bool, frames: int, variety: Variety = FULL
) -> RenderedPerformance:
    """Render `frames` frames of a fresh performance of `score`."""
    return render_arrangement(arrange(score, rng, live, frames * FRAME_SECONDS, variety), rng, live, frames, variety)


def render_arrangement(
    arrangement: Arrangement, rng: np.random.Generator, live: bool, frames: int, variety: Variety = FULL
) -> RenderedPerformance:
    """The same for an arrangement that is there already."""
    power = _play(arrangement, frames * STEPS_PER_FRAME, variety, rng)
    power = put_on_stage(power, arrangement.intro_seconds, live, rng)
    magnitude = np.sqrt(power) * MAGNITUDE_OF_BINS[:, None]
    pooled = magnitude.reshape(BINS, frames, STEPS_PER_FRAME).mean(2)
    pooled /= pooled.mean() + 1e-12
    return RenderedPerformance(
        pooled.astype(np.float32), beat_per_frame(arrangement, frames), arrangement.transposition_semitones
    )


def beat_per_frame(arrangement: Arrangement, frames: int) -> NDArray[np.int64]:
    """The truth: the score's beat at the centre of each of the first `frames` frames, -1 before and after the song."""
    centres = (np.arange(frames) + 0.5) * FRAME_SECONDS
    index = np.searchsorted(arrangement.beat_seconds, centres, side="right") - 1
    over = centres > arrangement.beat_seconds[-1] + SONG_OVER_AFTER_SECONDS
    return np.where((index < 0) | over, -1, arrangement.beat_of[np.maximum(index, 0)])


def draw_kit(rng: np.random.Generator, variety: Variety) -> tuple[float, float, float]:
    """A drum kit: the bins of kick and snare, and how loud it is."""
    loudest = LOUDEST_DRUMS if variety.band else LOUDEST_DRUMS_OF_A_PLAIN_BAND
    return rng.uniform(4, 14), rng.uniform(38, 58), rng.uniform(0.05, loudest)


def _play(arrangement: Arrangement, steps: int, variety: Variety, rng: np.random.Generator) -> NDArray[np.float64]:
    power = np.zeros((BINS, steps))
    add_notes(power, arrangement.notes, arrangement.timbres, int(rng.integers(1 << 30)))
    if len(arrangement.hits):
        drums = np.zeros((BINS, steps))
        kick, snare, loudness = draw_kit(rng, variety)
        add_drums(drums, arrangement.hits, kick, snare)
        power += drums * power.mean() * DRUMS_PER_BAND * loudness * rng.standard_exponential(power.shape)
    return power
