"""A voice that sings notes: a glottal source with glides and vibrato, a vowel for each syllable, consonants.

No soundfont has a singer with words, and most of the music to be recognised has one. Many voices on the same notes are
a crowd that sings along; very short notes at speaking pitch are somebody who talks. Audio at 22,050 Hz.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft, rfftfreq

from livecsi.types import SAMPLE_RATE_HERTZ, Samples

Array = NDArray[np.float64]

CONTROL_HERTZ = 200
"""How often pitch and loudness are decided; between these moments they change evenly."""
VOWELS = (
    ((800, 1150, 2900), (1.0, 0.5, 0.15)),
    ((450, 1700, 2600), (1.0, 0.35, 0.2)),
    ((330, 2100, 2900), (1.0, 0.25, 0.2)),
    ((450, 800, 2800), (1.0, 0.4, 0.06)),
    ((330, 700, 2500), (1.0, 0.25, 0.04)),
)
"""Formants of a, e, i, o, u: hertz and amplitudes (rounded from Peterson and Barney 1952)."""
FORMANT_HERTZ = 110.0
WINDOW_SAMPLES = 1024


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody sings: glide and onset in seconds, vibrato in semitones, vocal tract relative to an average one."""

    glide_seconds: float
    onset_seconds: float
    vibrato_semitones: float
    vibrato_hertz: float
    drift_semitones: float
    tract: float
    consonants: float

    @staticmethod
    def random(rng: np.random.Generator) -> "Voice":
        return Voice(
            glide_seconds=rng.uniform(0.02, 0.12),
            onset_seconds=rng.uniform(0.02, 0.1),
            vibrato_semitones=rng.uniform(0, 0.5) * (rng.random() < 0.7),
            vibrato_hertz=rng.uniform(4.5, 6.8),
            drift_semitones=rng.uniform(0.03, 0.25),
            tract=rng.uniform(0.88, 1.25),
            consonants=rng.uniform(0, 0.5),
        )


def sing(notes: Array, seconds: float, voice: Voice, rng: np.random.Generator, voices: int = 1) -> Samples:
    """`voices` people sing monophonic `notes` (notes, 4): start s, duration s, pitch, amplitude; RMS 0.1 while singing.

    Where notes overlap, the later one cuts the earlier one off.
    """
    length = round(seconds * SAMPLE_RATE_HERTZ)
    notes = notes[np.argsort(notes[:, 0], kind="stable")]
    notes = notes[(notes[:, 0] < seconds) & (notes[:, 0] + notes[:, 1] > 0)]
    if len(notes) == 0:
        return np.zeros(length, np.float32)
    source = np.zeros(length)
    for _ in range(voices):
        source += _source(_late_by(notes, rng, 0.05 if voices > 1 else 0.0), length, voice, rng)
    sung = _through_vowels(source, notes, voice, rng)
    sung /= np.sqrt(np.mean(sung**2)) + 1e-9
    sung += voice.consonants * _consonants(notes, length, rng)
    loud = np.abs(sung) > 0.05
    return np.asarray(0.1 * sung / (np.sqrt(np.mean(sung[loud] ** 2)) if loud.any() else 1.0), dtype=np.float32)


def _late_by(notes: Array, rng: np.random.Generator, deviation_seconds: float) -> Array:
    moved = notes.copy()
    moved[:, 0] += rng.normal(0, deviation_seconds)
    return moved


def _source(notes: Array, length: int, voice: Voice, rng: np.random.Generator) -> Array:
    """The sound of the vocal folds: the derivative of a Klatt glottal pulse, with a little breath in it."""
    pitch, level = _curves(notes, length, voice, rng)
    moments = np.arange(len(pitch)) * (SAMPLE_RATE_HERTZ / CONTROL_HERTZ)
    samples = np.arange(length)
    cycles = np.interp(samples, moments, 440 * 2 ** ((pitch - 69) / 12) / SAMPLE_RATE_HERTZ)
    phase = (np.cumsum(cycles) + rng.random()) % 1.0
    breath = rng.standard_normal(length, dtype=np.float32) * rng.uniform(0.01, 0.08)
    return np.asarray((phase * (2 - 3 * phase) + breath) * np.interp(samples, moments, level))


def _curves(notes: Array, length: int, voice: Voice, rng: np.random.Generator) -> tuple[Array, Array]:
    """Pitch in semitones and loudness at the control rate; the pitch glides into each note and is held in rests."""
    points = length * CONTROL_HERTZ // SAMPLE_RATE_HERTZ + 2
    time = np.arange(points) / CONTROL_HERTZ
    current = np.clip(np.searchsorted(notes[:, 0], time, side="right") - 1, 0, len(notes) - 1)
    since = time - notes[current, 0]
    sounding = (since >= 0) & (since < notes[current, 1])
    pitch = _smoothed(notes[current, 2], voice.glide_seconds)
    drift = np.interp(time, time[:: CONTROL_HERTZ // 4], rng.normal(0, voice.drift_semitones, -(-points // 50)))
    swell = np.clip((since - 0.25) / 0.4, 0, 1)
    vibrato = voice.vibrato_semitones * swell * np.sin(2 * np.pi * voice.vibrato_hertz * time + rng.uniform(0, 6))
    level = _smoothed(np.where(sounding, notes[current, 3], 0.0), voice.onset_seconds)
    return pitch + drift + vibrato, level


def _smoothed(values: Array, seconds: float) -> Array:
    width = max(1, round(seconds * CONTROL_HERTZ)) * 2 + 1
    window = np.hanning(width + 2)[1:-1]
    padded = np.pad(values, width // 2, mode="edge")
    return np.convolve(padded, window / window.sum(), "valid")


def _through_vowels(source: Array, notes: Array, voice: Voice, rng: np.random.Generator) -> Array:
    """Each note is a syllable with a vowel of its own: windows that overlap by half are filtered in the spectrum."""
    hop, length = WINDOW_SAMPLES // 2, len(source)
    padded = np.pad(source.astype(np.float32), (hop, 2 * WINDOW_SAMPLES))
    window = np.hanning(WINDOW_SAMPLES + 1)[:-1].astype(np.float32)
    pieces = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[::hop] * window
    moments = np.arange(len(pieces)) * hop / SAMPLE_RATE_HERTZ
    syllable = np.clip(np.searchsorted(notes[:, 0], moments, side="right") - 1, 0, len(notes) - 1)
    vowel = rng.integers(0, len(VOWELS), len(notes))[syllable]
    hertz = rfftfreq(WINDOW_SAMPLES, 1 / SAMPLE_RATE_HERTZ) / voice.tract
    filtered = irfft(rfft(pieces) * _responses(hertz)[vowel], WINDOW_SAMPLES)
    joined = filtered[1:, :hop] + filtered[:-1, hop:]
    return np.asarray(joined.ravel()[:length], dtype=np.float64)


def _responses(hertz: Array) -> Array:
    """How strongly each vowel lets each frequency pass: (vowels, frequencies)."""
    rows = []
    for formants, amplitudes in VOWELS:
        bands = [a / (1 + ((hertz - f) / FORMANT_HERTZ) ** 2) for f, a in zip(formants, amplitudes, strict=True)]
        rows.append(np.sum(bands, axis=0) + 0.02)
    return np.asarray(rows, dtype=np.float32)


def _consonants(notes: Array, length: int, rng: np.random.Generator) -> Array:
    """A short hiss before half of the syllables."""
    noise = np.zeros(length)
    for start in notes[rng.random(len(notes)) < 0.5, 0]:
        samples = int(rng.uniform(0.02, 0.09) * SAMPLE_RATE_HERTZ)
        first = min(length, max(0, int(start * SAMPLE_RATE_HERTZ) - samples))
        hiss = np.diff(rng.standard_normal(samples + 1)) * np.hanning(samples) * rng.uniform(0.2, 1)
        noise[first : first + samples] += hiss[: max(0, length - first)]
    return noise
