"""One recording, treated so that one can listen to what a training does: key, speed, room, crowd, lossy file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import librosa
import numpy as np
import soundfile

from livecsi.audio.recording import read_recording
from livecsi.errors import InputError, UsageError
from livecsi.settings import DecodingSettings
from livecsi.training.crowds import crowd, recorded_crowd
from livecsi.training.recordings import audio_files
from livecsi.training.rendering.codecs import parse_codec, round_trip
from livecsi.training.rendering.desk import at_loudness, load_room, loudness, reverberate
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

SHORTEST_SECONDS = 0.5
WET = 1.0
PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Treatment:
    """What to do to a recording, in this order; what is None, 0 or 1 is not done.

    `speed` keeps the key and `semitones` keeps the speed. Of several rooms or crowds one is chosen; `crowd_decibels` is
    how much louder than the crowd the music is, and without `crowds` the crowd is made up.
    """

    semitones: float = 0.0
    speed: float = 1.0
    rooms: Sequence[Path] = ()
    crowds: Sequence[Path] = ()
    crowd_decibels: float | None = None
    codec: tuple[str, int] | None = None


def augment_file(audio: Path, output: Path, treatment: Treatment, seed: int) -> None:
    """Treat `audio` and write 16-bit WAV, mono at 22,050 Hz; the same seed gives the same file.

    Raises InputError for what cannot be read and UsageError where the output makes no sense.
    """
    if output.suffix.lower() != ".wav" or not output.parent.is_dir():
        raise UsageError(f"{output}: not a place for a WAV file", "name a .wav in a folder that exists")
    if output.exists() and audio.exists() and output.samefile(audio):
        raise UsageError(f"{output}: would overwrite the recording itself", "give another --output")
    samples = treat(read_recording(audio, DecodingSettings()), treatment, np.random.default_rng(seed), str(audio))
    soundfile.write(output, samples, SAMPLE_RATE_HERTZ)


def treat(samples: Samples, treatment: Treatment, rng: np.random.Generator, where: str = "recording") -> Samples:
    """Mono samples at 22,050 Hz after the treatment, peak at most 0.9."""
    if len(samples) < SHORTEST_SECONDS * SAMPLE_RATE_HERTZ:
        raise InputError(f"{where}: shorter than {SHORTEST_SECONDS} s", "give a recording of some music")
    if treatment.speed != 1.0:
        samples = librosa.effects.time_stretch(samples, rate=treatment.speed)
    if treatment.semitones:
        samples = librosa.effects.pitch_shift(samples, sr=SAMPLE_RATE_HERTZ, n_steps=treatment.semitones)
    if treatment.rooms:
        samples = reverberate(samples, load_room(treatment.rooms[int(rng.integers(len(treatment.rooms)))]), WET)
    if treatment.crowd_decibels is not None:
        seconds = len(samples) / SAMPLE_RATE_HERTZ
        people = recorded_crowd(treatment.crowds, rng, seconds) if treatment.crowds else crowd(rng, seconds, [])
        samples = samples + at_loudness(people, loudness(samples) * 10 ** (-treatment.crowd_decibels / 20))
    samples = _below_peak(samples)
    return _below_peak(round_trip(samples, *treatment.codec)) if treatment.codec else samples


def treatment_of(
    semitones: float,
    speed: float,
    room: Path | None,
    crowd_folder: Path | None,
    decibels: float | None,
    codec: str | None,
) -> Treatment:
    """From options: `room` is a file or a folder of them; a folder of crowds without a level means 6 dB."""
    return Treatment(
        semitones=semitones,
        speed=speed,
        rooms=() if room is None else audio_files(room) if room.is_dir() else (room,),
        crowds=audio_files(crowd_folder) if crowd_folder else (),
        crowd_decibels=6.0 if decibels is None and crowd_folder else decibels,
        codec=parse_codec(codec) if codec else None,
    )


def _below_peak(samples: Samples) -> Samples:
    return np.asarray(samples * min(1.0, PEAK / max(float(np.abs(samples).max()), 1e-9)), dtype=np.float32)
