"""Crowds made from nothing but speech and noise, because there is never enough recorded crowd to train on.

Hundreds of claps at random moments, a babble of overlapping voices at several pitches, cheers as breathing noise,
shouts with a pitch of their own, a whistle now and then; people who sing along, and somebody who talks before the song.
Engines and mains hum, which have a pitch and are no music either. A user's own recordings of crowds are taken as they
are. Audio at 22,050 Hz, reproducible from a generator.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

from livecsi.audio.recording import read_recording
from livecsi.settings import DecodingSettings
from livecsi.training.rendering.singer import Voice, sing
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

SHOUTING_VOICES, CALLING_SECONDS, LONGEST_CALL_SECONDS, CALLED_PITCHES = 8, 10.0, 5.0, (52.0, 92.0)
Array = NDArray[np.float64]


def crowd(rng: np.random.Generator, seconds: float, voices: list[Samples]) -> Samples:
    """A crowd of its own mixture: applause, babble and cheering in random proportion, peak 0.5."""
    length = round(seconds * SAMPLE_RATE_HERTZ)
    parts = [applause(rng, length), cheering(rng, length), shouting(rng, length), whistles(rng, length)]
    if voices:
        parts.append(babble(rng, length, voices))
    weights = rng.dirichlet(np.full(len(parts), 0.7))
    mixed = sum(
        (weight * part / (part.std() + 1e-9) for weight, part in zip(weights, parts, strict=True)), np.zeros(length)
    )
    wet = _in_a_room(mixed, rng)
    return (0.5 * wet / (np.abs(wet).max() + 1e-9)).astype(np.float32)


def applause(rng: np.random.Generator, length: int) -> Array:
    """Claps as 8 ms bursts, 20 to 400 a second, swelling and fading."""
    claps = int(length / SAMPLE_RATE_HERTZ * np.exp(rng.uniform(np.log(20), np.log(400))))
    impulses = np.zeros(length)
    np.add.at(impulses, rng.integers(0, length, claps), rng.exponential(1.0, claps) * rng.choice([-1, 1], claps))
    burst = rng.normal(0, 1, 400) * np.exp(-np.arange(400) / rng.uniform(40, 120))
    low, high = sorted(rng.uniform([500, 2500], [1500, 8000]))
    return _band(fftconvolve(impulses, burst)[:length], low, high) * _swell(rng, length)


def babble(rng: np.random.Generator, length: int, voices: list[Samples]) -> Array:
    """Thirty to two hundred people talking at once, some of them high, some low."""
    total = np.zeros(length)
    for _ in range(int(rng.integers(30, 200))):
        voice = voices[int(rng.integers(len(voices)))]
        speed = rng.uniform(0.8, 1.3)
        index = np.arange(0, len(voice) - 1, speed)
        said = np.interp(index, np.arange(len(voice)), voice)[:length]
        start = int(rng.integers(0, max(1, length - len(said))))
        total[start : start + len(said)] += said * rng.exponential(1.0)
    return total


def cheering(rng: np.random.Generator, length: int) -> Array:
    """Many open vowels: noise through two moving formants."""
    noise = rng.normal(0, 1, length)
    first, second = rng.uniform(500, 900), rng.uniform(1100, 1900)
    return (_band(noise, first * 0.8, first * 1.25) + 0.6 * _band(noise, second * 0.85, second * 1.2)) * _swell(
        rng, length
    )


def shouting(rng: np.random.Generator, length: int) -> Array:
    """Ten to a hundred and fifty people who call "woo" and "yeah", each gliding from one pitch to another."""
    callers = [_calls(rng) for _ in range(SHOUTING_VOICES)]
    total = np.zeros(length)
    for _ in range(int(np.exp(rng.uniform(np.log(10), np.log(150))))):
        caller = callers[int(rng.integers(len(callers)))]
        speed = rng.uniform(0.75, 1.35)
        called = np.interp(np.arange(0, len(caller) - 1, speed), np.arange(len(caller)), caller)
        total += rng.exponential(1.0) * np.resize(np.roll(called, int(rng.integers(len(called)))), length)
    return total * _swell(rng, length)


def _calls(rng: np.random.Generator) -> Samples:
    """One person's calls, with pauses, over `CALLING_SECONDS`."""
    notes, moment = [], rng.uniform(0, 1)
    while moment < CALLING_SECONDS - 1:
        first = rng.uniform(*CALLED_PITCHES)
        last = first + rng.normal(0, rng.choice([1.0, 6.0]))
        halves = np.exp(rng.uniform(np.log(0.1), np.log(LONGEST_CALL_SECONDS / 2), 2))
        notes += [(moment, halves[0], first, 1.0), (moment + halves[0], halves[1], last, 1.0)]
        moment += halves.sum() + rng.exponential(0.8)
    voice = replace(Voice.random(rng), glide_seconds=rng.uniform(0.1, 0.6), consonants=0.0)
    return sing(np.array(notes).reshape(-1, 4), CALLING_SECONDS, voice, rng)


def machine(rng: np.random.Generator, seconds: float) -> Samples:
    """An engine, a fan or mains hum: harmonics of a pitch that wavers and never changes, in noise; peak 0.5."""
    length = round(seconds * SAMPLE_RATE_HERTZ)
    hertz = rng.choice([50.0, 60.0]) if rng.random() < 0.4 else np.exp(rng.uniform(np.log(25), np.log(400)))
    waver = 2 ** (np.cumsum(rng.normal(0, 1, length // 2000 + 2)) * rng.uniform(0, 0.004))
    pitch_hertz = hertz * np.interp(np.arange(length) / 2000, np.arange(len(waver)), waver)
    phase = 2 * np.pi * np.cumsum(pitch_hertz) / SAMPLE_RATE_HERTZ
    partials = np.arange(1, int(rng.integers(4, 40)))
    loudness = partials ** -rng.uniform(0.3, 1.8) * rng.exponential(1.0, len(partials))
    tone = sum(
        (a * np.sin(k * phase / SAMPLE_RATE_HERTZ) for k, a in zip(partials, loudness, strict=True)), np.zeros(1)
    )
    noise = _band(rng.normal(0, 1, length), *sorted(rng.uniform([40, 300], [400, 6000])))
    mixed = tone / (tone.std() + 1e-9) + rng.uniform(0, 2) * noise / (noise.std() + 1e-9)
    return np.asarray(0.5 * mixed / (np.abs(mixed).max() + 1e-9), dtype=np.float32)


def whistles(rng: np.random.Generator, length: int) -> Array:
    """A few gliding whistles."""
    total = np.zeros(length)
    for _ in range(int(rng.integers(1, 6))):
        samples = int(rng.uniform(0.2, 1.0) * SAMPLE_RATE_HERTZ)
        start = int(rng.integers(0, max(1, length - samples)))
        hertz = np.linspace(rng.uniform(1000, 3000), rng.uniform(1000, 3500), samples)
        tone = np.sin(2 * np.pi * np.cumsum(hertz) / SAMPLE_RATE_HERTZ) * np.hanning(samples)
        total[start : start + samples] += tone[: length - start]
    return total


def recorded_crowd(paths: Sequence[Path], rng: np.random.Generator, seconds: float) -> Samples:
    """A stretch of one of the user's own recordings of a crowd; a short one is played over and over."""
    recording = _decoded(paths[int(rng.integers(len(paths)))])
    length = round(seconds * SAMPLE_RATE_HERTZ)
    start = int(rng.integers(len(recording)))
    return np.asarray(np.resize(np.roll(recording, -start), length), dtype=np.float32)


def sing_along(melody: Array, seconds: float, rng: np.random.Generator) -> Samples:
    """An audience that knows the song: `melody` (notes, 4) sung by many, low and high, late and never quite in tune."""
    low = melody.copy()
    low[:, 2] -= 12
    half = int(rng.integers(3, 6))
    choirs = [sing(notes, seconds, Voice.random(rng), rng, voices=half) for notes in (melody, low)]
    level = np.repeat(np.exp(rng.normal(0, 0.5, int(seconds) // 10 + 2)), 2)
    moments = np.linspace(0, len(level) - 1, len(choirs[0]))
    return _in_a_room(sum(choirs, np.zeros(1)) * np.interp(moments, np.arange(len(level)), level), rng).astype(
        np.float32
    )


def announcement(seconds: float, rng: np.random.Generator) -> Samples:
    """Somebody talks: syllables at speaking pitch with pauses, for `seconds`."""
    syllables, moment, base = [], rng.uniform(0, 2), rng.uniform(43, 57)
    while moment < seconds - 1:
        length = rng.uniform(0.1, 0.3)
        syllables.append((moment, length, base + rng.normal(0, 2), rng.uniform(0.5, 1)))
        moment += length + (rng.uniform(0.2, 1.0) if rng.random() < 0.15 else 0.03)
    return sing(np.array(syllables).reshape(-1, 4), seconds, Voice.random(rng), rng)


@lru_cache(maxsize=16)
def _decoded(path: Path) -> Samples:
    return read_recording(path, DecodingSettings())


def _swell(rng: np.random.Generator, length: int) -> Array:
    knots = np.exp(rng.normal(0, rng.uniform(0.1, 0.8), max(2, length // (2 * SAMPLE_RATE_HERTZ))))
    return np.interp(np.linspace(0, len(knots) - 1, length), np.arange(len(knots)), knots)


def _band(signal: Array, low_hertz: float, high_hertz: float) -> Array:
    return np.asarray(
        sosfilt(butter(2, [low_hertz, high_hertz], "bandpass", fs=SAMPLE_RATE_HERTZ, output="sos"), signal)
    )


def _in_a_room(signal: Array, rng: np.random.Generator) -> Array:
    seconds = rng.uniform(0.3, 2.0)
    samples = int(seconds * SAMPLE_RATE_HERTZ)
    response = rng.normal(0, 1, samples) * np.exp(-6.9 * np.arange(samples) / samples)
    response[0] = rng.uniform(2, 20)
    return np.asarray(fftconvolve(signal, response)[: len(signal)])
