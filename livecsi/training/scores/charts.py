"""Chord charts in plain text: bars between lines, or chords in brackets over words as ChordPro has them.

title: Wagon Road          tempo, time, title and artist are optional; 120 beats a minute and 4/4 without them
tempo: 112
time: 3/4

[Verse]                    names of sections, empty lines and lines that begin with # say nothing
| C  Am7 | F  G | % |      chords of a bar share its beats evenly; % is the bar before once more
| C / / G | N.C. | x2      / or . goes on with a chord for one more share; x2 plays the line twice

{tempo: 96}                ChordPro has no bars: every chord in brackets is taken to last one bar
[C]Over the [Am7]hills and [F]far a[G]way
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.scores.chord_symbols import NO_CHORD, parse_chord
from livecsi.training.scores.written import Voice, WrittenSong, beats_in_bar

DIRECTIVE = re.compile(r"\{?\s*(title|t|artist|subtitle|st|tempo|time)\s*:\s*(.*?)\s*\}?", re.IGNORECASE)
IN_BRACKETS = re.compile(r"\[([^\]]*)\]")
TIMES = re.compile(r"x\s*(\d+)\s*$", re.IGNORECASE)
SAME_BAR, SAME_CHORD = ("%", "./."), ("/", ".", "-")
SLOWEST, FASTEST = 30.0, 320.0
MOST_TURNS = 64
LOWEST_CHORD_PITCH, LOWEST_BASS_PITCH = 52, 36

Array = NDArray[np.float64]
Bar = list[tuple[int, int]]
"""A chord (root, mask) per share of the bar."""


@dataclass(slots=True)
class _Chart:
    title: str = ""
    beats_a_minute: float = 120.0
    beats: int = 4
    bars: list[Bar] = field(default_factory=list)


def read_chart(path: Path) -> WrittenSong:
    """A chart as a song of block chords with a bass; raises InputError with the line that says something else."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: {error}", "a chart is a text file in UTF-8") from error
    chart = _Chart()
    for number, line in enumerate(lines, start=1):
        _read_line(chart, line.strip(), f"{path}:{number}")
    if not chart.bars:
        raise InputError(f"{path}: no chords", "write them as | C Am7 | F G | or [C]words [G]words")
    return _song(chart, path.stem)


def _read_line(chart: _Chart, line: str, where: str) -> None:
    directive = DIRECTIVE.fullmatch(line)
    if directive:
        _direct(chart, directive[1].lower(), directive[2], where)
    elif "|" in line and not line.startswith("#"):
        chart.bars += _bars(chart, line, where)
    elif not line.startswith(("#", "{")):
        words = [word.strip() for word in IN_BRACKETS.findall(line)]
        chords = [chord for word in words if (chord := parse_chord(word)) is not None]
        if len(chords) < len(words) and len(words) > 1:
            raise InputError(f"{where}: not every [...] is a chord", "write chords like [C], [F#m7], [Bb/D]")
        chart.bars += [[chord] for chord in chords]


def _direct(chart: _Chart, name: str, value: str, where: str) -> None:
    if name in ("title", "t"):
        chart.title = value
    elif name == "tempo":
        digits = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(?:bpm)?", value)
        if digits is None or not SLOWEST <= float(digits[1]) <= FASTEST:
            raise InputError(f"{where}: tempo {value!r}", f"beats a minute, {SLOWEST:.0f} to {FASTEST:.0f}")
        chart.beats_a_minute = float(digits[1])
    elif name == "time":
        signature = re.fullmatch(r"(\d{1,2})/(2|4|8|16)", value)
        if signature is None or signature[1] == "0":
            raise InputError(f"{where}: time {value!r}", "write 4/4, 3/4 or 6/8")
        chart.beats = beats_in_bar(int(signature[1]), int(signature[2]))[0]


def _bars(chart: _Chart, line: str, where: str) -> list[Bar]:
    times = TIMES.search(line)
    line = line[: times.start()] if times else line
    bars: list[Bar] = []
    for cell in (cell.replace(":", " ").split() for cell in line.split("|")):
        if cell:
            bars.append(_bar(cell, bars or chart.bars, where))
    turns = int(times[1]) if times else 1
    if not 1 <= turns <= MOST_TURNS:
        raise InputError(f"{where}: x{turns}", f"a line is played 1 to {MOST_TURNS} times")
    return bars * turns


def _bar(words: list[str], before: list[Bar], where: str) -> Bar:
    if words[0] in SAME_BAR:
        if not before:
            raise InputError(f"{where}: {words[0]} repeats a bar, and there is none before", "begin with a chord")
        return before[-1]
    chord, bar = before[-1][-1] if before else NO_CHORD, Bar()
    for word in words:
        if word not in SAME_CHORD:
            parsed = parse_chord(word)
            if parsed is None:
                raise InputError(f"{where}: {word!r} is no chord", "write chords like C, F#m7, Bb/D, or N.C.")
            chord = parsed
        bar.append(chord)
    return bar


def _song(chart: _Chart, name: str) -> WrittenSong:
    beat_seconds = 60.0 / chart.beats_a_minute
    beats = len(chart.bars) * chart.beats
    grid: Array = np.arange(beats + 1, dtype=np.float64) * beat_seconds
    bar_seconds = chart.beats * beat_seconds
    chords = tuple(
        (bar * bar_seconds + round(share * chart.beats / len(shares)) * beat_seconds, *chord)
        for bar, shares in enumerate(chart.bars)
        for share, chord in enumerate(shares)
    )
    ends = [start for start, _, _ in chords[1:]] + [float(grid[-1])]
    comping, bass = _played(chords, ends)
    voices = Voice("chords", 0, comping), Voice("bass", 33, bass)
    return WrittenSong(chart.title or name, voices, grid, np.arange(beats) // chart.beats, chords)


def _played(chords: tuple[tuple[float, int, int], ...], ends: list[float]) -> tuple[Array, Array]:
    """Block chords and roots, held as long as each chord lasts."""
    comping, bass = [], []
    for (start, root, mask), end in zip(chords, ends, strict=True):
        if root < 0 or end <= start:
            continue
        pitches = (p for p in range(LOWEST_CHORD_PITCH, LOWEST_CHORD_PITCH + 12) if mask >> p % 12 & 1)
        comping += [(start, end - start, pitch, 80.0) for pitch in pitches]
        bass.append((start, end - start, LOWEST_BASS_PITCH + (root - LOWEST_BASS_PITCH) % 12, 90.0))
    return np.array(comping, float).reshape(-1, 4), np.array(bass, float).reshape(-1, 4)
