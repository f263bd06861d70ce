"""A performance as real sound: the arranger's notes played by soundfonts and singers, then through a desk and a room.

The feature renderer is many times faster; this one is what its music would be on a record or from the audience:
amplifiers that growl, singers with words, recorded rooms, crowds, lossy files, heard by the true front end.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.training.rendering.arranger import Arrangement, arrange
from livecsi.training.rendering.band import melody_as_performed, play_band
from livecsi.training.rendering.cast import Cast, assign
from livecsi.training.rendering.equipment import SoundSettings
from livecsi.training.rendering.performance import RenderedPerformance, beat_per_frame
from livecsi.training.rendering.raster import FRAME_SECONDS
from livecsi.training.rendering.venue import add_audience, mix, place_in_room, record
from livecsi.training.scores.score import Score
from livecsi.types import Samples


@dataclass(frozen=True, slots=True)
class Take:
    """What was recorded, mono at 22,050 Hz with peak 0.9, and how it came about."""

    samples: Samples
    arrangement: Arrangement
    cast: Cast
    soundfont: Path


def audio_performance(
    score: Score, rng: np.random.Generator, live: bool, frames: int, sound: SoundSettings
) -> RenderedPerformance:
    """What `render_performance` gives, heard instead of imagined: magnitudes (72, frames) of mean one, beats, key."""
    samples, beat, transposition = render_audio(score, rng, live, frames * FRAME_SECONDS, sound)
    return RenderedPerformance(hear(samples, frames), beat, transposition)


def hear(samples: Samples, frames: int) -> NDArray[np.float32]:
    """The front end's magnitudes of the first `frames` frames, with mean one: (72, frames)."""
    magnitude = constant_q(ConstantQSpec(), samples)[:, :frames]
    return np.asarray(magnitude / (magnitude.mean() + 1e-12), dtype=np.float32)


def render_audio(
    score: Score, rng: np.random.Generator, live: bool, seconds: float, sound: SoundSettings
) -> tuple[Samples, NDArray[np.int64], int]:
    """Mono samples at 22,050 Hz of peak 0.9, the score's beat at each frame of the front end, the transposition.

    The arrangement is the one `arrange` makes of the same generator; a beat of -1 is before or after the song.
    """
    take = perform(score, rng, live, seconds, sound)
    beat = beat_per_frame(take.arrangement, round(seconds / FRAME_SECONDS))
    return take.samples, beat, take.arrangement.transposition_semitones


def perform(score: Score, rng: np.random.Generator, live: bool, seconds: float, sound: SoundSettings) -> Take:
    """Everything about one performance."""
    arrangement = arrange(score, rng, live, seconds)
    soundfont = sound.soundfonts[int(rng.integers(len(sound.soundfonts)))]
    cast = assign(arrangement, rng)
    samples = mix(play_band(cast, soundfont, seconds, rng), rng, live)
    samples = place_in_room(samples, rng, live, sound)
    if live:
        melody = melody_as_performed(arrangement, score)
        samples = add_audience(samples, melody, arrangement.intro_seconds, rng, sound)
    return Take(record(samples, rng, live), arrangement, cast, soundfont)
