"""A song as a file has it, before anybody decided which voice is the tune; every reader ends here.

What a file says about beats, bars and chords is taken at its word; what it does not say is found as for the tables.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.scores.harmony import BEATS_PER_BAR, find_beats, find_chords, invent_melody
from livecsi.training.scores.score import Role, Score

FEWEST_BEATS, MOST_BEATS = 16, 20_000
LONG_ENOUGH_SECONDS, REPEATED_TO_SECONDS = 110.0, 200.0
SHORTEST_SECONDS, LONGEST_SECONDS = 4.0, 1500.0
SOURCE = "file"
TUNE_NAMES = re.compile(r"melod|vocal|voice|voc\b|lead|sing|tune|soprano|cantus", re.IGNORECASE)
BASS_PROGRAMS = range(32, 40)
BASS_BELOW_PITCH, SINGABLE_ABOVE_PITCH = 44.0, 55.0
LARGEST_OVERLAP = 0.15


@dataclass(frozen=True, slots=True)
class Voice:
    """One part: `notes` (notes, 4) start s, duration s, MIDI pitch, velocity 0..127; `program` General MIDI."""

    name: str
    program: int
    notes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class WrittenSong:
    """A file's own words. `beat_seconds` has one more entry than `bar`; both empty where the file has no beat.

    `chords` are (start seconds, root, mask) of `chord_symbols.parse_chord` in order of time, empty where it has none.
    """

    title: str
    voices: tuple[Voice, ...]
    beat_seconds: NDArray[np.float64]
    bar: NDArray[np.int64]
    chords: tuple[tuple[float, int, int], ...] = ()


def beats_in_bar(numerator: int, denominator: int) -> tuple[int, float]:
    """(beats, quarter notes in a beat) of a time signature: 6/8 has two dotted quarters, 2/2 has four quarters."""
    if denominator == 8 and numerator % 3 == 0 and numerator > 3:
        return numerator // 3, 1.5
    if denominator >= 8:
        return numerator, 4.0 / denominator
    return numerator * 4 // denominator, 1.0


def to_score(song: WrittenSong, name: str, cluster_id: int) -> Score:
    """A score for the arranger; a short tune is repeated, a song without a tune gets one.

    Raises InputError where the song is too short or too long to be one.
    """
    notes = _with_roles(song.voices)
    ends = np.append((notes[:, 0] + notes[:, 1]), 0.0)
    if ends.max() > LONGEST_SECONDS:
        raise InputError(f"{name}: {ends.max():.0f} s are no song", "leave it out")
    beat_seconds, bar = song.beat_seconds, song.bar
    if len(bar) == 0:
        found = find_beats(notes[:, 0], float(ends.max())) if len(notes) > FEWEST_BEATS else np.zeros(1)
        period = float(found[1] - found[0]) if len(found) > 1 else 1.0
        beat_seconds, bar = np.append(found, found[-1] + period), np.arange(len(found)) // BEATS_PER_BAR
    if len(bar) < FEWEST_BEATS or not SHORTEST_SECONDS < beat_seconds[-1] - beat_seconds[0] <= LONGEST_SECONDS:
        raise InputError(f"{name}: {len(bar)} beats, {beat_seconds[-1]:.0f} s are no song", "leave it out")
    if not (np.diff(beat_seconds) > 0).all() or not np.isfinite(notes).all():
        raise InputError(f"{name}: its time stands still or runs backwards", "correct its tempi")
    root, mask = _chords(song, notes, beat_seconds)
    if not (notes[:, 4] == Role.MELODY).any():
        tune = invent_melody(root, mask, beat_seconds[:-1], np.random.default_rng(cluster_id))
        notes = np.concatenate([notes, tune])
    notes = notes[np.argsort(notes[:, 0], kind="stable")]
    return _long_enough(Score(name, cluster_id, SOURCE, notes, beat_seconds, root, mask, bar))


def _chords(
    song: WrittenSong, notes: NDArray[np.float64], beat_seconds: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Root and mask per beat: the symbol in force where the beat begins, or what the notes suggest."""
    if not song.chords:
        return find_chords(notes, beat_seconds[:-1], melody_only=bool((notes[:, 4] == Role.MELODY).all()))
    starts = np.array([start for start, _, _ in song.chords])
    index = np.searchsorted(starts, beat_seconds[:-1] + 0.02, side="right") - 1
    table = np.array([(root, mask) for _, root, mask in song.chords] + [(-1, 0)], np.int64)
    return table[index, 0], table[index, 1]


def _with_roles(voices: tuple[Voice, ...]) -> NDArray[np.float64]:
    """All notes with their `Role`: (notes, 5)."""
    heard = [voice for voice in voices if len(voice.notes)]
    tune = _tune(heard)
    parts = [np.empty((0, 5))]
    for voice in heard:
        low = voice.program in BASS_PROGRAMS or voice.notes[:, 2].mean() < BASS_BELOW_PITCH
        role = Role.MELODY if voice is tune else Role.BASS if low else Role.ACCOMPANIMENT
        parts.append(np.column_stack([voice.notes, np.full(len(voice.notes), float(role))]))
    return np.concatenate(parts)


def _tune(voices: list[Voice]) -> Voice | None:
    """The voice that says it is the tune, or else the busiest one that could be sung; None where none could."""
    singable = [
        voice
        for voice in voices
        if _overlap(voice.notes) < LARGEST_OVERLAP and voice.notes[:, 2].mean() > SINGABLE_ABOVE_PITCH
    ]
    named = [voice for voice in voices if TUNE_NAMES.search(voice.name)]
    return max(named or singable, key=lambda voice: len(voice.notes), default=None)


def _overlap(notes: NDArray[np.float64]) -> float:
    """The share of notes that begin before the one before them is half over: 0 for one singer."""
    ordered = notes[np.argsort(notes[:, 0], kind="stable")]
    return float((np.diff(ordered[:, 0]) < 0.5 * ordered[:-1, 1]).mean()) if len(ordered) > 1 else 0.0


def _long_enough(score: Score) -> Score:
    """A tune is played several times through, until it is as long as a song."""
    length = float(score.beat_seconds[-1])
    if length >= LONG_ENOUGH_SECONDS:
        return score
    times = int(np.ceil(REPEATED_TO_SECONDS / length))
    bars, played = int(score.bar[-1]) + 1, length - float(score.beat_seconds[0])
    notes = [score.notes + np.array([turn * played, 0, 0, 0, 0]) for turn in range(times)]
    beats = [score.beat_seconds[:-1] + turn * played for turn in range(times)]
    end = score.beat_seconds[-1] + (times - 1) * played
    return Score(
        score.name, score.cluster_id, score.source,
        notes=np.concatenate(notes), beat_seconds=np.append(np.concatenate(beats), end),
        chord_root=np.tile(score.chord_root, times), chord_mask=np.tile(score.chord_mask, times),
        bar=np.concatenate([score.bar + turn * bars for turn in range(times)]),
    )  # fmt: skip
