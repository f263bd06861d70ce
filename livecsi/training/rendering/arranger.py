"""One score, any number of bands: form, key, tempo, harmony, who plays what, how freely the tune is sung.

`arrange` makes every decision with one random generator, so a seed is a performance. It returns notes in the time of
the performance, and for each moment the beat of the score it came from: the truth about where two versions match.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.accompaniment import Array, Chart, bass_line, comping, drum_hits, held_chords, riff
from livecsi.training.rendering.form import Form, choose_form
from livecsi.training.rendering.instruments import choose_family, random_timbre
from livecsi.training.rendering.singing import consonants, interpret, rewrite_phrases, sing_along
from livecsi.training.rendering.variety import FULL, Variety
from livecsi.training.scores.harmony import invent_melody
from livecsi.training.scores.score import Role, Score

SLOWEST, FASTEST = 0.75, 1.33


@dataclass(frozen=True, slots=True)
class Arrangement:
    """A performance on paper.

    `notes` (notes, 5): start s, duration s, pitch, amplitude, index into `timbres` and `families`; `hits` (hits, 3) of
    `accompaniment.drum_hits`; beat `beat_of[k]` of the score, or none of them (`NOWHERE`), begins at `beat_seconds[k]`.
    """

    notes: Array
    timbres: Array
    families: tuple[str, ...]
    hits: Array
    beat_seconds: Array
    beat_of: NDArray[np.int64]
    transposition_semitones: int
    intro_seconds: float


class _Band:
    """Collects the parts of an arrangement; a part is silent in some eight-bar stretches, as players are."""

    def __init__(self, rng: np.random.Generator, chart: Chart, variety: Variety) -> None:
        self.rng, self.chart, self.variety = rng, chart, variety
        self.parts: list[Array] = []
        self.timbres: list[Array] = []
        self.families: list[str] = []

    def add(self, notes: Array, family: str, gain: float, always: bool = False) -> None:
        if len(notes) == 0 or gain <= 0:
            return
        amplitude = np.clip(notes[:, 3], 0.2, 1.5) * gain * (1.0 if always else self._presence(notes[:, 0]))
        part = np.column_stack([notes[:, :3], amplitude, np.full(len(notes), len(self.timbres))])
        self.parts.append(part[amplitude > 0])
        self.families.append(choose_family(self.rng, family))
        self.timbres.append(random_timbre(self.rng, self.families[-1], self.variety.gliding))

    def notes(self) -> Array:
        return np.concatenate(self.parts) if self.parts else np.empty((0, 5))

    def _presence(self, start_seconds: Array) -> Array:
        bars = np.cumsum(self.chart.position == 0)
        beat = np.clip(np.searchsorted(self.chart.start_seconds, start_seconds, side="right") - 1, 0, len(bars) - 1)
        level = self.rng.choice([0.0, 0.5, 1.0], size=bars[-1] // 8 + 1, p=[0.12, 0.13, 0.75])
        return np.asarray(level[bars[beat] // 8])


def arrange(score: Score, rng: np.random.Generator, live: bool, seconds: float, variety: Variety = FULL) -> Arrangement:
    """Arrange `score` for at least `seconds` where it is long enough; `live` ones begin later, after talk and crowd."""
    tempo = float(np.exp(rng.normal(0, 0.04) if rng.random() < 0.3 else rng.uniform(np.log(SLOWEST), np.log(FASTEST))))
    form, chart = _chart(score, choose_form(score, rng, variety), seconds * tempo * 1.1, rng)
    band = _Band(rng, chart, variety)
    tune = _orchestrate(band, score, _follow_form(score, form, chart.start_seconds), rng)
    _solo(band, form, rng)
    if live and variety.crowd_sings and rng.random() < 0.2:
        band.add(sing_along(tune, rng), "vocal", rng.uniform(0.3, 1.0))
    notes = band.notes()
    transposition = int(rng.integers(-6, 6)) if rng.random() < 0.75 else 0
    notes[:, 2] += transposition + _modulation(notes[:, 0], chart.start_seconds[-1], rng)
    hits = drum_hits(chart, rng) if rng.random() < 0.75 else np.empty((0, 3))
    if variety.gliding and rng.random() < 0.5:
        hits = np.concatenate([hits, consonants(tune, rng)])
    intro = rng.uniform(0, 25 if live else 8) if rng.random() < (0.5 if live else 0.2) else rng.uniform(0, 1)
    warp = _time_map(tempo, intro, seconds, rng)
    end = warp(notes[:, 0] + notes[:, 1])
    notes[:, 0] = warp(notes[:, 0]) + rng.normal(0, 0.012, len(notes))
    notes[:, 1] = np.maximum(end - notes[:, 0], 0.05)
    hits[:, 0] = warp(hits[:, 0])
    beats = warp(chart.start_seconds)
    return Arrangement(
        notes, np.array(band.timbres), tuple(band.families), hits, beats, form.beat_of, transposition, intro
    )


def _chart(score: Score, form: Form, seconds: float, rng: np.random.Generator) -> tuple[Form, Chart]:
    """As much of the form as `seconds` of score time hold, with its chords."""
    lengths = np.diff(score.beat_seconds)[form.order]
    starts = np.concatenate([[0.0], np.cumsum(lengths)[:-1]])
    form = form.first(int((starts < seconds).sum()))
    lengths, starts = lengths[: len(form.order)], starts[: len(form.order)]
    root, mask = _reharmonise(score.chord_root[form.order], score.chord_mask[form.order], rng)
    return form, Chart(starts, lengths, _position_in_bar(score.bar[form.order]), root, mask)


def _position_in_bar(bar: NDArray[np.int64]) -> NDArray[np.int64]:
    index = np.arange(len(bar))
    return index - np.maximum.accumulate(np.where(np.diff(bar, prepend=-1) != 0, index, 0))


def _follow_form(score: Score, form: Form, starts: Array) -> Array:
    """The notes of the score, beat by beat in the new order: (notes, 5) with start seconds in the new form."""
    first = np.searchsorted(score.notes[:, 0], score.beat_seconds - 0.03)
    counts = (first[1:] - first[:-1])[form.order]
    beat = np.repeat(np.arange(len(form.order)), counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    notes = score.notes[first[:-1][form.order][beat] + offset].copy()
    notes[:, 0] += starts[beat] - score.beat_seconds[form.order][beat]
    notes[:, 3] = notes[:, 3] / 90.0
    tune = (notes[:, 4] == Role.MELODY) | (notes[:, 4] == Role.COUNTER_MELODY)
    return notes[form.tune[beat] | ~tune]


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


def _orchestrate(band: _Band, score: Score, notes: Array, rng: np.random.Generator) -> Array:
    """Who plays what; returns the tune as it is sung."""
    role = notes[:, 4]
    harmony = score.has_harmony
    tune = _sing(band, notes[role == Role.MELODY], harmony, rng)
    if rng.random() < 0.55:
        counter = _thin(notes[role == Role.COUNTER_MELODY], rng)
        band.add(_octave(counter, int(rng.choice([-1, 0, 0, 1]))), "any", rng.uniform(0.2, 1.0))
    written = rng.random() < 0.45 or not harmony
    if written:
        piano = _thin(notes[role == Role.ACCOMPANIMENT], rng)
        band.add(piano, str(rng.choice(["pluck", "pluck", "any"])), rng.uniform(0.4, 1.1), always=not harmony)
    if harmony:
        _accompany(band, int(rng.integers(0 if written else 1, 4)), rng)
    bass = notes[role == Role.BASS]
    if len(bass) and (rng.random() < 0.5 or not harmony):
        band.add(bass, "bass", rng.uniform(0.6, 1.6))
    elif harmony and rng.random() < 0.85:
        band.add(bass_line(band.chart, rng), "bass", rng.uniform(0.5, 1.8))
    if not band.parts:
        band.add(notes, "any", 1.0, always=True)
    return tune


def _accompany(band: _Band, players: int, rng: np.random.Generator) -> None:
    """Guitars and keys, and with a full band a riff or a backing choir."""
    rich = band.variety.band
    for _ in range(players):
        family = str(rng.choice(["pluck", "sustain", "distorted"], p=[0.5, 0.35, 0.15]))
        band.add(comping(band.chart, rng, rich and family == "distorted"), family, rng.uniform(0.2, 0.9))
    if rich and rng.random() < 0.2:
        band.add(riff(band.chart, rng), str(rng.choice(["distorted", "pluck", "any"])), rng.uniform(0.3, 1.2))
    if rich and rng.random() < 0.15:
        band.add(held_chords(band.chart, rng), "vocal", rng.uniform(0.2, 0.6))


def _solo(band: _Band, form: Form, rng: np.random.Generator) -> None:
    """Where the form has a solo, somebody improvises over the chords."""
    chart = band.chart
    if not form.solo.any():
        return
    beats = np.append(chart.start_seconds, chart.start_seconds[-1] + chart.duration_seconds[-1])
    invented = invent_melody(chart.root, chart.mask, beats, rng)
    if len(invented):
        beat = np.clip(np.searchsorted(beats, invented[:, 0] + 0.01, side="right") - 1, 0, len(form.solo) - 1)
        improvised = invented[form.solo[beat], :4] / np.array([1, 1, 1, 90.0])
        band.add(improvised, "any", rng.uniform(0.6, 1.6), always=True)


def _sing(band: _Band, melody: Array, harmony: bool, rng: np.random.Generator) -> Array:
    """The tune: sung, played, doubled, or left out when the chords can carry the song; returns it as it is sung."""
    gain = float(rng.choice([0, 0.4, 0.8, 1.3, 2.0], p=[0.1, 0.15, 0.3, 0.3, 0.15])) if harmony else 1.0
    if band.variety.melody and harmony:
        melody = rewrite_phrases(melody, band.chart, rng)
    melody = _octave(interpret(melody, band.chart, rng), int(rng.choice([-1, 0, 0, 0, 1])))
    band.add(melody, str(rng.choice(["vocal", "vocal", "any"])), gain, always=True)
    if rng.random() < 0.2:
        band.add(_octave(melody, int(rng.choice([-1, 1]))), "any", gain * 0.5)
    if rng.random() < 0.15:
        band.add(melody + np.array([0, 0, rng.choice([-5, -4, -3, 3, 4]), 0, 0]), "vocal", gain * 0.4)
    if rng.random() < 0.12:
        band.add(comping(band.chart, rng) + np.array([0, 0, 12, 0]), "any", rng.uniform(0.4, 1.0))
    return melody


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
