"""Between the band and the file: a mixing desk, a room, an audience, and a medium that keeps less than it was given.

The audible counterpart of `stage.py`, with the same likelihoods: studio versions get a little of it, live ones a lot.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.training.crowds import announcement, crowd, recorded_crowd, sing_along
from livecsi.training.rendering.codecs import round_trip
from livecsi.training.rendering.desk import (
    at_loudness,
    compress,
    equalise,
    load_room,
    loudness,
    made_up_room,
    overdrive,
    reverberate,
)
from livecsi.training.rendering.equipment import SoundSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

PEAK = 0.9
RECORDED_SHARE = 0.6
"""How often a room or a crowd is one of the user's recordings, where there are any."""
SING_ALONG_SHARE, CROWD_SHARE, ANNOUNCEMENT_SHARE = 0.2, 0.65, 0.5
CODEC_SHARE = 0.5
CODEC_KILOBITS = {"mp3": (24, 128), "aac": (24, 96), "opus": (16, 64)}


def mix(samples: Samples, rng: np.random.Generator, live: bool) -> Samples:
    """Equaliser, compressor, and a desk that runs hot now and then."""
    hertz = np.geomspace(40, 10_000, 7)
    decibels = rng.normal(0, 4.0 if live else 3.0, 7) + np.linspace(0, 1, 7) * rng.uniform(-10, 6)
    samples = compress(equalise(samples, hertz, decibels), rng.uniform(0, 0.6))
    return overdrive(samples, rng.uniform(0.3, 1.2)) if rng.random() < (0.4 if live else 0.15) else samples


def place_in_room(samples: Samples, rng: np.random.Generator, live: bool, sound: SoundSettings) -> Samples:
    if rng.random() > (0.9 if live else 0.6):
        return samples
    if sound.rooms and rng.random() < RECORDED_SHARE:
        response = load_room(sound.rooms[int(rng.integers(len(sound.rooms)))])
    else:
        response = made_up_room(rng, rng.uniform(0.6, 3.5) if live else rng.uniform(0.2, 1.8))
    return reverberate(samples, response, rng.uniform(0.2, 1.4) if live else rng.uniform(0.05, 0.5))


def add_audience(
    samples: Samples, melody: NDArray[np.float64], intro_seconds: float, rng: np.random.Generator, sound: SoundSettings
) -> Samples:
    """People who announce the song, sing along with `melody` (notes, 4), clap and shout."""
    seconds, level = len(samples) / SAMPLE_RATE_HERTZ, loudness(samples)
    if intro_seconds > 4 and rng.random() < ANNOUNCEMENT_SHARE:
        talk = announcement(intro_seconds, rng)[: len(samples)]
        samples = samples.copy()
        samples[: len(talk)] += at_loudness(talk, level * rng.uniform(0.3, 1.0))
    if rng.random() < SING_ALONG_SHARE:
        samples = samples + at_loudness(sing_along(melody, seconds, rng), level * _decibels(rng.uniform(-15, 0)))
    if rng.random() < CROWD_SHARE:
        if sound.crowds and rng.random() < RECORDED_SHARE:
            people = recorded_crowd(sound.crowds, rng, seconds)
        else:
            people = crowd(rng, seconds, [])
        samples = samples + at_loudness(people, level * _decibels(rng.uniform(-15, 0)))
    return samples


def record(samples: Samples, rng: np.random.Generator, live: bool) -> Samples:
    """A noise floor, and in half of the cases a lossy file; the peak is 0.9 in the end."""
    floor = rng.standard_normal(len(samples), dtype=np.float32)
    level = loudness(samples) * _decibels(rng.uniform(-60, -25 if live else -40))
    samples = _to_peak(samples + level * floor)
    if rng.random() < CODEC_SHARE:
        codec = str(rng.choice(list(CODEC_KILOBITS)))
        samples = round_trip(samples, codec, int(rng.integers(*CODEC_KILOBITS[codec], endpoint=True)))
    return _to_peak(samples)


def _to_peak(samples: Samples) -> Samples:
    return np.asarray(PEAK * samples / max(float(np.abs(samples).max()), 1e-9), dtype=np.float32)


def _decibels(value: float) -> float:
    return float(10 ** (value / 20))
