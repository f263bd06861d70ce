"""What a rhythm section plays over a chord chart: comping, bass and drums as small random patterns.

A pattern is a set of onsets on a half-beat or quarter-beat grid within a bar, applied to every bar at once. Notes are
arrays of shape (notes, 4): start seconds, duration seconds, MIDI pitch, amplitude.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
PUSHED = 0.08
"""How many players anticipate the first beat of every bar by half a beat."""


@dataclass(frozen=True, slots=True)
class Chart:
    """The beats of one performance with their chords: all arrays have one entry per beat."""

    start_seconds: Array
    duration_seconds: Array
    position: NDArray[np.int64]
    root: NDArray[np.int64]
    mask: NDArray[np.int64]

    def changes(self) -> NDArray[np.bool_]:
        """Beats on which a chord begins: a new chord or a new bar."""
        moved = np.diff(self.root, prepend=-2) != 0
        return ((moved | (np.diff(self.mask, prepend=-2) != 0) | (self.position == 0)) & (self.root >= 0)).astype(bool)

    def held_seconds(self) -> Array:
        """How long the chord of each beat still sounds: until the next change or the next rest."""
        stops = np.flatnonzero(self.changes() | (self.root < 0))
        ends = np.append(self.start_seconds[stops], self.start_seconds[-1] + self.duration_seconds[-1])
        return ends[np.searchsorted(stops, np.arange(len(self.root)), side="right")] - self.start_seconds


def chord_tones(chart: Chart, lowest_pitch: int) -> Array:
    """Four chord tones a beat, rising from `lowest_pitch`; a triad repeats its first tone an octave up: (beats, 4)."""
    pitches = lowest_pitch + np.arange(12)
    member = (chart.mask[:, None] >> (pitches % 12)[None]) & 1
    order = np.where(member == 1, pitches[None], 10_000).astype(float)
    tones = np.sort(order, axis=1)[:, :4]
    return np.where(tones >= 10_000, tones[:, :1] + 12, tones)


def random_onsets(rng: np.random.Generator, grid: float, density: float, bar_beats: int = 4) -> Array:
    """Onsets of a one-bar rhythm in beats; the first beat is likelier than the rest."""
    slots = np.arange(0, bar_beats, grid)
    chance = density * np.where(slots % 1 == 0, 1.2, 0.8)
    chance[0] = max(chance[0], 0.9)
    onsets = slots[rng.random(len(slots)) < chance]
    return onsets if len(onsets) else np.array([0.0])


def comping(chart: Chart, rng: np.random.Generator, intermodulating: bool = False) -> Array:
    """Chords in one of five manners: held, rhythmic, arpeggiated, power chords, off-beats.

    Power chords through a driven amplifier sound their difference tone too, an octave below the root.
    """
    manner = rng.choice(["held", "rhythm", "arpeggio", "power", "offbeat"], p=[0.28, 0.27, 0.25, 0.1, 0.1])
    if manner == "held":
        return held_chords(chart, rng)
    if intermodulating and rng.random() < 0.6:
        manner = "power"
    tones = chord_tones(chart, int(rng.integers(43, 62)))
    if manner == "arpeggio":
        return _arpeggio(chart, tones, rng)
    if manner == "offbeat":
        onsets = np.array([0.5, 1.5, 2.5, 3.5])
    else:
        onsets = random_onsets(rng, float(rng.choice([0.5, 1.0])), rng.uniform(0.4, 1.0))
    beats, start, length = _place(chart, onsets, rng)
    if manner == "power":
        root = tones[:, :1] // 12 * 12 + chart.root[:, None]
        tones = np.concatenate([root - 12, root, root + 7] if intermodulating else [root, root + 7], 1)
    return _stack(start, length * rng.uniform(0.4, 1.0), tones[beats], rng)


def held_chords(chart: Chart, rng: np.random.Generator) -> Array:
    """Every chord for as long as it lasts."""
    tones = chord_tones(chart, int(rng.integers(43, 62)))
    beats = np.flatnonzero(chart.changes())
    return _stack(chart.start_seconds[beats], chart.held_seconds()[beats] * 0.98, tones[beats], rng)


def riff(chart: Chart, rng: np.random.Generator) -> Array:
    """One figure of one or two bars, played over and over on the chord of the moment, or on one pitch throughout."""
    onsets = random_onsets(rng, 0.5, rng.uniform(0.4, 0.9))
    beats, start, length = _place(chart, onsets, rng)
    scale = np.array([0, 0, 2, 3, 5, 7, 7, 10, 12] if rng.random() < 0.6 else [0, 0, 2, 4, 5, 7, 9, 12])
    figure = rng.choice(scale, 16)
    bars = np.cumsum(chart.position == 0)
    step = (chart.position[beats] * 2 + (bars[beats] % 2) * 8 * int(rng.integers(0, 2))) % 16
    known = chart.root[chart.root >= 0]
    tonic = int(np.bincount(known, minlength=12).argmax()) if len(known) else 0
    root = chart.root[beats] if rng.random() < 0.7 else np.full(len(beats), tonic)
    lowest = int(rng.integers(40, 56))
    pitch = lowest + (root - lowest) % 12 + figure[step]
    return _columns(start, length * rng.uniform(0.4, 0.95), pitch, 0.9)


def bass_line(chart: Chart, rng: np.random.Generator) -> Array:
    """A bass: roots held or repeated, root and fifth, octaves, walking, or a riff that repeats every bar."""
    manner = rng.choice(["held", "repeat", "fifth", "octave", "walking", "riff"], p=[0.2, 0.3, 0.15, 0.1, 0.1, 0.15])
    lowest = int(rng.integers(28, 36))
    root = lowest + (chart.root - lowest) % 12
    if manner == "held":
        beats = np.flatnonzero(chart.changes())
        return _columns(chart.start_seconds[beats], chart.held_seconds()[beats] * 0.95, root[beats].astype(float), 0.9)
    grid = 1.0 if manner == "walking" else float(rng.choice([0.5, 1.0]))
    onsets = np.arange(0, 4, grid) if manner == "walking" else random_onsets(rng, grid, rng.uniform(0.4, 1.0))
    beats, start, length = _place(chart, onsets, rng)
    step = np.arange(len(beats))
    moves = {
        "repeat": np.zeros(len(beats)),
        "fifth": 7.0 * (step % 2),
        "octave": 12.0 * (step % 2),
        "walking": np.where(chart.changes()[beats], 0, rng.choice([0, 7, 12, -2, 2, 4, 5], len(beats))),
        "riff": rng.choice([0, 0, 7, 10, 12, 5, 3], 16)[(chart.position[beats] * 2) % 16].astype(float),
    }
    return _columns(start, length * 0.9, root[beats] + moves[manner], 0.9)


def drum_hits(chart: Chart, rng: np.random.Generator) -> Array:
    """Hits of shape (hits, 3): start seconds, drum (0 kick, 1 snare, 2 cymbal), amplitude; with fills, perhaps late."""
    half_time = rng.random() < 0.15
    kick = random_onsets(rng, 0.5, rng.uniform(0.2, 0.6))
    snare = np.array([2.0]) if half_time else np.array([1.0, 3.0])
    cymbal = np.arange(0, 4, float(rng.choice([0.25, 0.5, 0.5, 1.0])))
    loudness = rng.uniform(0.4, 1.4, 3)
    hits = [np.empty((0, 3))]
    for drum, onsets in enumerate((kick, snare, cymbal)):
        _, start, _ = _place(chart, onsets, rng, needs_chord=False)
        hits.append(np.stack([start, np.full(len(start), drum), loudness[drum] * rng.uniform(0.7, 1.2, len(start))], 1))
    every_bars = int(rng.choice([4, 8]))
    bars = np.flatnonzero(chart.position == 0)[every_bars - 1 :: every_bars]
    fill = (chart.start_seconds[bars][:, None] + chart.duration_seconds[bars][:, None] * np.arange(3, 4, 0.25)).ravel()
    hits.append(np.stack([fill, np.ones(len(fill)), np.full(len(fill), loudness[1])], 1))
    played = np.concatenate(hits)
    entry = chart.start_seconds[min(len(chart.root) - 1, int(rng.integers(0, 48)))] if rng.random() < 0.4 else 0.0
    return played[played[:, 0] >= entry]


def _place(
    chart: Chart, onsets_beats: Array, rng: np.random.Generator, needs_chord: bool = True
) -> tuple[NDArray[np.int64], Array, Array]:
    """Put a one-bar rhythm on every bar: (beat index, start seconds, seconds until the next onset)."""
    swing = rng.uniform(0.05, 0.17) if rng.random() < 0.2 else 0.0
    pushed = 0.5 if needs_chord and rng.random() < PUSHED else 0.0
    whole = np.floor(onsets_beats).astype(int)
    beats = np.concatenate([np.flatnonzero(chart.position == beat) for beat in whole])
    fraction = np.concatenate(
        [np.full((chart.position == beat).sum(), onset - beat) for onset, beat in zip(onsets_beats, whole, strict=True)]
    )
    fraction = (
        fraction + np.where(fraction == 0.5, swing, 0.0) - np.where(chart.position[beats] + fraction == 0, pushed, 0)
    )
    start = chart.start_seconds[beats] + fraction * chart.duration_seconds[beats]
    order = np.argsort(start, kind="stable")
    beats, start = beats[order], start[order]
    length = np.diff(start, append=start[-1] + 0.5) if len(start) else start
    keep = (length > 0) & ((chart.root[beats] >= 0) | (not needs_chord))
    return beats[keep], start[keep], np.minimum(length, 4.0)[keep]


def _arpeggio(chart: Chart, tones: Array, rng: np.random.Generator) -> Array:
    grid = float(rng.choice([0.25, 0.5, 0.5]))
    beats, start, _ = _place(chart, np.arange(0, 4, grid), rng)
    order = [[0, 1, 2, 3], [3, 2, 1, 0], [0, 2, 1, 2], list(rng.integers(0, 4, 4))][int(rng.integers(0, 4))]
    pitch = tones[beats, np.array(order)[np.arange(len(beats)) % 4]]
    return _columns(start, grid * chart.duration_seconds[beats] * rng.uniform(1.0, 3.0), pitch, 0.85)


def _stack(start: Array, length: Array, tones: Array, rng: np.random.Generator) -> Array:
    """Each onset sounds all its tones, strummed a little."""
    strum = rng.uniform(0, 0.02) * np.arange(tones.shape[1])
    amplitude = rng.uniform(0.6, 1.0, tones.shape) / np.sqrt(tones.shape[1] / 2)
    columns = start[:, None] + strum, np.broadcast_to(length[:, None], tones.shape), tones, amplitude
    return np.stack([column.ravel() for column in columns], 1)


def _columns(start: Array, length: Array, pitch: Array, amplitude: float) -> Array:
    return np.stack([start, length, pitch.astype(float), np.full(len(start), amplitude)], 1)
