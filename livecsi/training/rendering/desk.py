"""What happens to sound between the instruments and the file: amplifiers, equalisers, compressors, rooms, levels.

Mono float samples at 22,050 Hz in, the same length out.
"""

from functools import lru_cache
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, firwin2, oaconvolve, sosfilt

from livecsi.errors import InputError
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

LONGEST_ROOM_SECONDS = 6.0
EQUALISER_TAPS = 1025
ENVELOPE_SECONDS = 0.25
HIGHEST_HERTZ = SAMPLE_RATE_HERTZ / 2


def loudness(samples: Samples) -> float:
    """Root mean square of the moments that are not silent, so that a late start does not make a band louder."""
    power = uniform_filter1d(np.square(samples, dtype=np.float32), int(ENVELOPE_SECONDS * SAMPLE_RATE_HERTZ))
    heard = power[power > 1e-4 * power.max()] if len(power) and power.max() > 0 else power
    return float(np.sqrt(heard.mean())) if len(heard) else 0.0


def at_loudness(samples: Samples, wanted: float) -> Samples:
    """Scaled to `wanted` loudness; silence stays silence."""
    return np.asarray(samples * (wanted / max(loudness(samples), 1e-9)), dtype=np.float32)


def overdrive(samples: Samples, drive: float) -> Samples:
    """Soft clipping of everything that goes through one amplifier together, which makes chords growl."""
    return np.asarray(np.tanh(drive * samples / max(loudness(samples), 1e-9)), dtype=np.float32)


def cabinet(samples: Samples, low_hertz: float, high_hertz: float) -> Samples:
    """The band a loudspeaker lets through."""
    bounds = [low_hertz, min(high_hertz, 0.95 * HIGHEST_HERTZ)]
    passes = butter(2, bounds, "bandpass", fs=SAMPLE_RATE_HERTZ, output="sos")
    return np.asarray(sosfilt(passes, samples), dtype=np.float32)


def compress(samples: Samples, amount: float) -> Samples:
    """Loudness evened out over a quarter of a second: 0 leaves it, 1 makes every moment as loud as the mean."""
    width = int(ENVELOPE_SECONDS * SAMPLE_RATE_HERTZ)
    envelope = np.sqrt(np.maximum(uniform_filter1d(np.square(samples, dtype=np.float32), width), 0))
    mean = envelope.mean() + 1e-9
    return np.asarray(samples * (envelope / mean + 0.1) ** -amount, dtype=np.float32)


def equalise(samples: Samples, hertz: NDArray[np.float64], decibels: NDArray[np.float64]) -> Samples:
    """A curve through (hertz, decibels) points, straight on a logarithmic axis, without delay."""
    grid = np.geomspace(20.0, HIGHEST_HERTZ, 128)
    gains = 10 ** (np.interp(np.log(grid), np.log(hertz), decibels) / 20)
    taps = firwin2(EQUALISER_TAPS, np.append(0.0, grid), np.append(gains[0], gains), fs=SAMPLE_RATE_HERTZ)
    return np.asarray(oaconvolve(samples, taps, mode="same"), dtype=np.float32)


def reverberate(samples: Samples, response: Samples, wet: float) -> Samples:
    """The sound with `wet` times as much of the room as of itself, by loudness."""
    tail = oaconvolve(samples, response)[: len(samples)]
    return np.asarray(samples + wet * at_loudness(tail, loudness(samples)), dtype=np.float32)


@lru_cache(maxsize=128)
def load_room(path: Path) -> Samples:
    """An impulse response, mono, beginning with its loudest moment, so that a room does not delay the music."""
    try:
        recorded, rate_hertz = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path}: {reason}", "give an impulse response as WAV or FLAC") from error
    response = soxr.resample(recorded.mean(axis=1), rate_hertz, SAMPLE_RATE_HERTZ)
    if not np.abs(response).max(initial=0) > 0:
        raise InputError(f"{path}: there is no sound in it", "give an impulse response as WAV or FLAC")
    response = response[int(np.abs(response).argmax()) :][: int(LONGEST_ROOM_SECONDS * SAMPLE_RATE_HERTZ)]
    response.setflags(write=False)
    return np.asarray(response, dtype=np.float32)


def made_up_room(rng: np.random.Generator, seconds: float) -> Samples:
    """Noise that dies away, its treble faster than its bass, after a handful of first reflections."""
    length = int(seconds * SAMPLE_RATE_HERTZ)
    decay = np.exp(-6.9 * np.arange(length) / length)
    noise = rng.standard_normal(length)
    dark = sosfilt(butter(1, rng.uniform(800, 4000), fs=SAMPLE_RATE_HERTZ, output="sos"), noise)
    response = decay * (dark + 0.5 * decay * noise)
    first = rng.integers(1, int(0.06 * SAMPLE_RATE_HERTZ), 6)
    response[first[first < length]] += rng.normal(0, 3 * np.abs(response).max(), 6)[first < length]
    return response.astype(np.float32)
