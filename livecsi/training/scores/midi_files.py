"""MIDI files through mido: tracks as voices, the tempo map as beats, time signatures as bars."""

from collections.abc import Iterator
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.scores.written import MOST_BEATS, Voice, WrittenSong, beats_in_bar

DRUM_CHANNEL = 9
DEFAULT_TEMPO = 500_000

Key = tuple[int, int]
"""A voice: track and channel."""


def read_midi(path: Path) -> WrittenSong:
    """Raises InputError where the file is no MIDI. Without a tempo a file has no beats: it was just played."""
    try:
        file = mido.MidiFile(path, clip=True)
    except (OSError, EOFError, ValueError, IndexError, KeyError, mido.KeySignatureError) as error:
        raise InputError(f"{path}: {error or 'it ends too early'}", "give a Standard MIDI File") from error
    if file.ticks_per_beat <= 0 or file.type == 2 or not file.tracks:
        raise InputError(f"{path}: SMPTE time, format 2 or no tracks at all", "save it as format 0 or 1")
    clock = _Clock(file)
    voices = tuple(_voices(file, clock))
    last = max((clock.ticks_at((voice.notes[:, 0] + voice.notes[:, 1]).max()) for voice in voices), default=0.0)
    beat_ticks, bar = _grid(file, last) if clock.is_given else (np.zeros(0), np.zeros(0, np.int64))
    title = next((message.name for message in file.tracks[0] if message.type == "track_name"), "").strip()
    return WrittenSong(title or path.stem, voices, clock.seconds_at(beat_ticks), bar)


class _Clock:
    """The tempo map: ticks to seconds and back."""

    def __init__(self, file: mido.MidiFile) -> None:
        changes = sorted((tick, message.tempo) for tick, message in _timed(file, "set_tempo"))
        self.is_given = bool(changes)
        changes = [(0, DEFAULT_TEMPO), *changes]
        ticks = np.array([tick for tick, _ in changes], float)
        rates = np.array([tempo for _, tempo in changes]) / 1e6 / file.ticks_per_beat
        seconds = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * rates[:-1])])
        self._ticks, self._rates, self._seconds = ticks, rates, seconds

    def seconds_at(self, ticks: NDArray[np.float64]) -> NDArray[np.float64]:
        piece = np.searchsorted(self._ticks, ticks, side="right") - 1
        return np.asarray(self._seconds[piece] + (ticks - self._ticks[piece]) * self._rates[piece])

    def ticks_at(self, seconds: float) -> float:
        piece = int(np.searchsorted(self._seconds, seconds, side="right")) - 1
        return float(self._ticks[piece] + (seconds - self._seconds[piece]) / self._rates[piece])


def _timed(file: mido.MidiFile, kind: str) -> Iterator[tuple[int, mido.Message]]:
    """(tick, message) of one kind, track after track."""
    for track in file.tracks:
        tick = 0
        for message in track:
            tick += message.time
            if message.type == kind:
                yield tick, message


def _voices(file: mido.MidiFile, clock: _Clock) -> Iterator[Voice]:
    for track in file.tracks:
        notes: dict[int, list[tuple[int, int, int, int]]] = {}
        programs: dict[int, int] = {}
        name, tick, sounding = "", 0, dict[Key, tuple[int, int]]()
        for message in track:
            tick += message.time
            if message.type == "track_name":
                name = message.name
            elif message.type == "program_change":
                programs.setdefault(message.channel, message.program)
            elif message.type in ("note_on", "note_off"):
                key = message.channel, message.note
                if key in sounding:
                    start, velocity = sounding.pop(key)
                    notes.setdefault(message.channel, []).append((start, tick, message.note, velocity))
                if message.type == "note_on" and message.velocity:
                    sounding[key] = tick, message.velocity
        for channel, played in sorted(notes.items()):
            if channel != DRUM_CHANNEL:
                yield Voice(name, programs.get(channel, 0), _in_seconds(played, clock))


def _in_seconds(played: list[tuple[int, int, int, int]], clock: _Clock) -> NDArray[np.float64]:
    table = np.array(sorted(played), float)
    start, end = clock.seconds_at(table[:, 0]), clock.seconds_at(table[:, 1])
    return np.column_stack([start, np.maximum(end - start, 0.02), table[:, 2], table[:, 3]])


def _grid(file: mido.MidiFile, last_tick: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Ticks of the beats with the end of the last one, and the bar of each beat, until nothing sounds any more."""
    changes = sorted((tick, m.numerator, m.denominator) for tick, m in _timed(file, "time_signature"))
    changes = changes if changes and changes[0][0] == 0 else [(0, 4, 4), *changes]
    beats, bars, tick = list[float](), list[int](), 0.0
    while tick < last_tick and len(beats) < MOST_BEATS:
        _, numerator, denominator = [change for change in changes if change[0] <= tick][-1]
        count, quarters = beats_in_bar(numerator, denominator)
        length = quarters * file.ticks_per_beat
        bars += [bars[-1] + 1 if bars else 0] * count
        beats += [tick + beat * length for beat in range(count)]
        tick += count * length
    return np.array([*beats, tick]), np.array(bars, np.int64)
