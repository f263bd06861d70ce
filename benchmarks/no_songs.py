"""Hours in which no song of the catalogue is played: talk, people, an idle cable, and other people's music.

A stretch of sound is made when its turn comes and is another one every time: what is recorded comes at another speed,
in another key, room and loudness, and where there are no recordings it is made up. A seed gives the same hours again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Self

import librosa
import numpy as np
import soxr

from livecsi.audio.recording import read_recording
from livecsi.settings import DecodingSettings
from livecsi.training.crowds import announcement, crowd, recorded_crowd
from livecsi.training.rendering.desk import at_loudness, load_room, made_up_room, reverberate
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Samples

LOUDNESS = (0.01, 0.2)
TALK_SECONDS, PEOPLE_SECONDS, IDLE_SECONDS, MUSIC_SECONDS = (20.0, 120.0), (10.0, 45.0), (30.0, 180.0), (60.0, 240.0)
PAUSE_SECONDS = (0.2, 4.0)
LARGEST_SHIFT_SEMITONES, LARGEST_SPEED_UP = 3.0, 0.12
HISS_DBFS, HUM_DBFS = (-80.0, -35.0), (-70.0, -35.0)
MAINS_HERTZ = (50.0, 60.0)
HARMONICS = 12


@dataclass(frozen=True, slots=True)
class Recorded:
    """Recordings to take stretches from; an empty tuple means that such sound is made up."""

    speech: tuple[Path, ...] = ()
    people: tuple[Path, ...] = ()
    rooms: tuple[Path, ...] = ()
    music: tuple[Path, ...] = ()

    @classmethod
    def of_folder(cls, data: Path) -> Self:
        """`noise/`, `rir/` and `music_more/` of a data folder."""
        noise = data / "noise"
        people = sorted(path for kind in ("crowd", "applause", "ambience") for path in noise.glob(f"{kind}*"))
        return cls(
            tuple(sorted(noise.glob("speech*"))),
            tuple(people),
            tuple(sorted((data / "rir").glob("*.*"))),
            tuple(sorted((data / "music_more").glob("*.ogg"))),
        )


Stretch = Callable[[Recorded, np.random.Generator], Samples]


class Hours:
    """A source of one kind of sound, as long as it is asked to be."""

    def __init__(self, stretch: Stretch, recorded: Recorded, seconds: float, seed: list[int]) -> None:
        self.name = stretch.__name__
        self.duration_seconds: float | None = seconds
        self._stretches = (stretch, recorded, np.random.default_rng(seed))
        self._samples = round(seconds * SAMPLE_RATE_HERTZ)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def __iter__(self) -> Iterator[Block | Gap]:
        stretch, recorded, rng = self._stretches
        begin = 0
        while begin < self._samples:
            samples = stretch(recorded, rng)[: self._samples - begin]
            for first in range(0, len(samples), SAMPLE_RATE_HERTZ):
                yield Block(begin + first, samples[first : first + SAMPLE_RATE_HERTZ])
            begin += len(samples)


def talk(recorded: Recorded, rng: np.random.Generator) -> Samples:
    """Somebody speaks in a room, with pauses."""
    seconds = rng.uniform(*TALK_SECONDS)
    if not recorded.speech:
        return _placed(announcement(seconds, rng), recorded, rng)
    pieces: list[Samples] = []
    speed = rng.uniform(1 - LARGEST_SPEED_UP, 1 + LARGEST_SPEED_UP)
    while sum(map(len, pieces)) < seconds * SAMPLE_RATE_HERTZ:
        said = _decoded(recorded.speech[int(rng.integers(len(recorded.speech)))])
        pieces += [soxr.resample(said, speed * SAMPLE_RATE_HERTZ, SAMPLE_RATE_HERTZ), _silence(rng.uniform(0.1, 1.2))]
    return _placed(np.concatenate(pieces), recorded, rng)


def people(recorded: Recorded, rng: np.random.Generator) -> Samples:
    """A crowd claps, cheers and murmurs; half of them were recorded where there are recordings."""
    seconds = rng.uniform(*PEOPLE_SECONDS)
    if recorded.people and rng.random() < 0.5:
        return _placed(_shifted(recorded_crowd(recorded.people, rng, seconds), rng), recorded, rng)
    voices = [_decoded(path) for path in rng.choice(np.array(recorded.speech), 4)] if recorded.speech else []
    return _placed(crowd(rng, seconds, voices), recorded, rng)


def idle(_: Recorded, rng: np.random.Generator) -> Samples:
    """A cable with nothing on it: digital silence, hiss, or the hum of the mains with its harmonics under hiss."""
    length = round(rng.uniform(*IDLE_SECONDS) * SAMPLE_RATE_HERTZ)
    hiss = _amplitude(rng.uniform(*HISS_DBFS)) * rng.standard_normal(length)
    kind = int(rng.integers(3))
    return np.asarray((0.0, hiss, hiss + _hum(length, rng))[kind] * np.ones(length), dtype=np.float32)


def music(recorded: Recorded, rng: np.random.Generator) -> Samples:
    """A stretch of other people's music in another key and speed, and a pause."""
    samples = _decoded(recorded.music[int(rng.integers(len(recorded.music)))])
    length = min(len(samples), round(rng.uniform(*MUSIC_SECONDS) * SAMPLE_RATE_HERTZ))
    first = int(rng.integers(len(samples) - length + 1))
    return _placed(_shifted(samples[first : first + length], rng), recorded, rng)


def _shifted(samples: Samples, rng: np.random.Generator) -> Samples:
    """In another key and at another speed, one independent of the other."""
    ratio = 2 ** (rng.uniform(-LARGEST_SHIFT_SEMITONES, LARGEST_SHIFT_SEMITONES) / 12)
    speed = rng.uniform(1 - LARGEST_SPEED_UP, 1 + LARGEST_SPEED_UP)
    stretched = librosa.effects.time_stretch(samples, rate=speed / ratio)
    return np.asarray(soxr.resample(stretched, ratio * SAMPLE_RATE_HERTZ, SAMPLE_RATE_HERTZ), dtype=np.float32)


def _placed(samples: Samples, recorded: Recorded, rng: np.random.Generator) -> Samples:
    """In a room, at some loudness, with a pause after it."""
    rooms = recorded.rooms
    room = load_room(rooms[int(rng.integers(len(rooms)))]) if rooms else made_up_room(rng, rng.uniform(0.3, 2.0))
    heard = at_loudness(reverberate(samples, room, rng.uniform(0.0, 0.6)), np.exp(rng.uniform(*np.log(LOUDNESS))))
    return np.clip(np.concatenate([heard, _silence(rng.uniform(*PAUSE_SECONDS))]), -1, 1)


def _hum(length: int, rng: np.random.Generator) -> np.ndarray:
    """Harmonics of the mains, the high ones weaker."""
    moments = np.arange(length) / SAMPLE_RATE_HERTZ
    mains = MAINS_HERTZ[int(rng.integers(2))]
    tones = [rng.exponential(1 / n) * np.sin(2 * np.pi * n * mains * moments) for n in range(1, HARMONICS + 1)]
    return _amplitude(rng.uniform(*HUM_DBFS)) * np.sqrt(2) * np.sum(tones, axis=0)


def _amplitude(dbfs: float) -> float:
    return float(10 ** (dbfs / 20))


def _silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE_HERTZ), np.float32)


@cache
def _decoded(path: Path) -> Samples:
    return read_recording(path, DecodingSettings())
