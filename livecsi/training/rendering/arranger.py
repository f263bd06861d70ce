"""One score, any number of bands: form, key, tempo, harmony, who plays what, how freely the tune is sung.

`arrange` makes every decision with one random generator, so a seed is a performance. It returns notes in the time of
the performance, and for each moment the beat of the score it came from: the truth about where two versions match.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.accompaniment import Array, Chart, bass_line, comping, drum_hits
from livecsi.training.rendering.instruments import random_timbre
from livecsi.training.scores.score import Role, Score

SLOWEST, FASTEST = 0.75, 1.33


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A performance on paper.

    `notes` (notes, 5): start s, duration s, pitch, amplitude, index into `timbres`; `hits` (hits, 3) of
    `accompaniment.drum_hits`; beat k of the score `beat_of[k]` begins at `beat_seconds[k]`.
    """

    notes: Array
    timbres: Array
    hits: Array
    beat_seconds: Array
    beat_of: NDArray[np.int64]
    transposition_semitones: int
    intro_seconds: float


class _Band:
    """Collects the parts of an arrangement; a part is silent in some eight-bar stretches, as players are."""

    def __init__(self, rng: np.random.Generator, chart: Chart) -> None:
        self.rng, self.chart = rng, chart
        self.parts: list[Array] = []
        self.timbres: list[Array] = []

    def add(self, notes: Array, family: str, gain: float, always: bool = False) -> None:
        if len(notes) == 0 or gain <= 0:
            return
        amplitude = np.clip(notes[:, 3], 0.2, 1.5) * gain * (1.0 if always else self._presence(notes[:, 0]))
        part = np.column_stack([notes[:, :3], amplitude, np.full(len(notes), len(self.timbres))])
        self.parts.append(part[amplitude > 0])
        self.timbres.append(random_timbre(self.rng, family))

    def _presence(self, start_seconds: Array) -> Array:
        bars = np.cumsum(self.chart.position == 0)
        beat = np.clip(np.searchsorted(self.chart.start_seconds, start_seconds, side="right") - 1, 0, len(bars) - 1)
        level = self.rng.choice([0.0, 0.5, 1.0], size=bars[-1] // 8 + 1, p=[0.12, 0.13, 0.75])
        return np.asarray(level[bars[beat] // 8])


def arrange(score: Score, rng: np.random.Generator, live: bool, seconds: float) -> Arrangement:
    """Arrange `score` for at least `seconds` where it is long enough; `live` ones begin later, after talk and crowd."""
    tempo = float(np.exp(rng.normal(0, 0.04) if rng.random() < 0.3 else rng.uniform(np.log(SLOWEST), np.log(FASTEST))))
    order = _form(score, rng)
    lengths = np.diff(score.beat_seconds)[order]
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    order = order[starts < seconds * tempo * 1.1]
    lengths, starts = lengths[: len(order)], starts[: len(order)]
    root, mask = _reharmonise(score.chord_root[order], score.chord_mask[order], rng)
    position = _position_in_bar(score.bar[order])
    chart = Chart(starts, lengths, position, root, mask)
    band = _Band(rng, chart)
    _orchestrate(band, score, _follow_form(score, order, starts), rng)
    notes = np.concatenate(band.parts) if band.parts else np.empty((0, 5))
    transposition = int(rng.integers(-6, 6)) if rng.random() < 0.75 else 0
    notes[:, 2] += transposition + _modulation(notes[:, 0], starts[-1], rng)
    hits = drum_hits(chart, rng) if rng.random() < 0.75 else np.empty((0, 3))
    intro = rng.uniform(0, 25 if live else 8) if rng.random() < (0.5 if live else 0.2) else rng.uniform(0, 1)
    warp = _time_map(tempo, intro, seconds, rng)
    end = warp(notes[:, 0] + notes[:, 1])
    notes[:, 0] = warp(notes[:, 0]) + rng.normal(0, 0.012, len(notes))
    notes[:, 1] = np.maximum(end - notes[:, 0], 0.05)
    hits[:, 0] = warp(hits[:, 0])
    return Arrangement(notes, np.array(band.timbres), hits, warp(starts), order, transposition, intro)


def _form(score: Score, rng: np.random.Generator) -> NDArray[np.int64]:
    """The order of the beats: perhaps a later beginning, a stretch left out, a stretch played twice."""
    first_beat = np.searchsorted(score.bar, np.arange(score.bar[-1] + 2))
    bars = list(range(int(score.bar[-1]) + 1))
    if rng.random() < 0.4:
        bars = bars[int(rng.integers(0, max(1, min(17, len(bars) // 4)))) :]
    for _ in range(int(rng.integers(0, 3))):
        length = int(rng.choice([2, 4, 4, 8, 8]))
        if len(bars) < length + 12:
            break
        at = int(rng.integers(2, max(3, min(len(bars) - length, 60))))
        repeated = bars[at : at + length] * 2 if rng.random() < 0.5 else []
        bars = bars[:at] + repeated + bars[at + length :]
    return np.concatenate([np.arange(first_beat[bar], first_beat[bar + 1]) for bar in bars])


def _position_in_bar(bar: NDArray[np.int64]) -> NDArray[np.int64]:
    index = np.arange(len(bar))
    return index - np.maximum.accumulate(np.where(np.diff(bar, prepend=-1) != 0, index, 0))


def _follow_form(score: Score, order: NDArray[np.int64], starts: Array) -> Array:
    """The notes of the score, beat by beat in the new order: (notes, 5) with start seconds in the new form."""
    first = np.searchsorted(score.notes[:, 0], score.beat_seconds - 0.03)
    counts = (first[1:] - first[:-1])[order]
    beat = np.repeat(np.arange(len(order)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    notes = score.notes[first[:-1][order][beat] + offset].copy()
    notes[:, 0] += starts[beat] - score.beat_seconds[order][beat]
    notes[:, 3] = notes[:, 3] / 90.0
    return notes


def _reharmonise(
    root: NDArray[np.int64], mask: NDArray[np.int64], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Sevenths dropped, or some chords replaced by their relatives wherever they occur."""
    third_is_minor = (mask >> ((root + 3) % 12)) & 1 == 1
    if rng.random() < 0.25:
        mask = np.where(root >= 0, _triad(root, third_is_minor), 0)
    if rng.random() < 0.2:
        for pitch_class in range(12):
            if rng.random() < 0.25:
                here = root == pitch_class
                relative = np.where(third_is_minor, (root + 3) % 12, (root + 9) % 12)
                mask = np.where(here, _triad(relative, ~third_is_minor), mask)
                root = np.where(here, relative, root)
    return root, mask


def _triad(root: NDArray[np.int64], minor: NDArray[np.bool_]) -> NDArray[np.int64]:
    third = (root + np.where(minor, 3, 4)) % 12
    return np.asarray((1 << root % 12) | (1 << third) | (1 << (root + 7) % 12), dtype=np.int64)


def _orchestrate(band: _Band, score: Score, notes: Array, rng: np.random.Generator) -> None:
    role = notes[:, 4]
    harmony = score.has_harmony
    _sing(band, notes[role == Role.MELODY], harmony, rng)
    if rng.random() < 0.55:
        counter = _thin(notes[role == Role.COUNTER_MELODY], rng)
        band.add(_octave(counter, int(rng.choice([-1, 0, 0, 1]))), "any", rng.uniform(0.2, 1.0))
    written = rng.random() < 0.45 or not harmony
    if written:
        piano = _thin(notes[role == Role.ACCOMPANIMENT], rng)
        band.add(piano, str(rng.choice(["pluck", "pluck", "any"])), rng.uniform(0.4, 1.1), always=not harmony)
    if harmony:
        for _ in range(int(rng.integers(0 if written else 1, 4))):
            family = str(rng.choice(["pluck", "sustain", "distorted"], p=[0.5, 0.35, 0.15]))
            band.add(comping(band.chart, rng), family, rng.uniform(0.2, 0.9))
    bass = notes[role == Role.BASS]
    if len(bass) and (rng.random() < 0.5 or not harmony):
        band.add(bass, "bass", rng.uniform(0.6, 1.6))
    elif harmony and rng.random() < 0.85:
        band.add(bass_line(band.chart, rng), "bass", rng.uniform(0.5, 1.8))
    if not band.parts:
        band.add(notes, "any", 1.0, always=True)


def _sing(band: _Band, melody: Array, harmony: bool, rng: np.random.Generator) -> None:
    """The tune: sung, played, doubled in harmony, or left out when the chords can carry the song."""
    gain = float(rng.choice([0, 0.4, 0.8, 1.3, 2.0], p=[0.1, 0.15, 0.3, 0.3, 0.15])) if harmony else 1.0
    melody = _octave(_interpret(melody, band.chart, rng), int(rng.choice([-1, 0, 0, 0, 1])))
    band.add(melody, str(rng.choice(["vocal", "vocal", "any"])), gain, always=True)
    if rng.random() < 0.2:
        band.add(_octave(melody, int(rng.choice([-1, 1]))), "any", gain * 0.5)
    if rng.random() < 0.15:
        band.add(melody + np.array([0, 0, rng.choice([-5, -4, -3, 3, 4]), 0, 0]), "vocal", gain * 0.4)
    if rng.random() < 0.12:
        band.add(comping(band.chart, rng) + np.array([0, 0, 12, 0]), "any", rng.uniform(0.4, 1.0))


def _interpret(melody: Array, chart: Chart, rng: np.random.Generator) -> Array:
    """Freedom of the singer: timing, syncopation, ornaments, repeated syllables, passing notes, notes left out."""
    if len(melody) == 0 or rng.random() < 0.35:
        return melody
    melody, freedom = melody.copy(), rng.uniform(0, 1)
    period = float(np.median(chart.duration_seconds))
    melody[:, 0] += rng.normal(0, 0.04 * freedom, len(melody))
    moved = rng.random(len(melody)) < 0.25 * freedom
    melody[moved, 0] += rng.choice([-0.5, 0.5], moved.sum()) * period
    ornament = melody[rng.random(len(melody)) < 0.15 * freedom]
    ornament = ornament + np.array([-0.1, 0, 0, 0, 0])
    ornament[:, 1] = 0.1
    ornament[:, 2] += rng.choice([-2, -1, 1, 2], len(ornament))
    split = melody[rng.random(len(melody)) < 0.15 * freedom].copy()
    split[:, 0] += split[:, 1] / 2
    split[:, 1] /= 2
    split[:, 2] += rng.choice([-2, 0, 0, 2], len(split))
    return np.concatenate([melody[rng.random(len(melody)) >= 0.12 * freedom], ornament, split])


def _thin(notes: Array, rng: np.random.Generator) -> Array:
    return notes[rng.random(len(notes)) >= rng.choice([0.0, 0.0, 0.15, 0.3])]


def _octave(notes: Array, octaves: int) -> Array:
    return notes + 12 * octaves * np.eye(notes.shape[1])[2]


def _modulation(start_seconds: Array, last_seconds: float, rng: np.random.Generator) -> Array:
    """A lift of one or two semitones for the last choruses, now and then."""
    if rng.random() > 0.08:
        return np.zeros(len(start_seconds))
    return np.where(start_seconds > last_seconds * rng.uniform(0.55, 0.85), float(rng.integers(1, 3)), 0.0)


def _time_map(tempo: float, intro_seconds: float, seconds: float, rng: np.random.Generator) -> Callable[[Array], Array]:
    """Score seconds to performance seconds: a tempo, a slow drift, an introduction before the first note."""
    knots = np.arange(0, seconds * 2 * FASTEST + 80, 8.0)
    drift = np.cumsum(rng.normal(0, 0.012, len(knots)))
    drift = np.clip(drift - drift[:10].mean(), -0.12, 0.12)
    times = np.concatenate([[0.0], np.cumsum(8.0 / tempo * (1 + drift[:-1]))]) + intro_seconds
    return lambda score_seconds: np.interp(score_seconds, knots, times)
