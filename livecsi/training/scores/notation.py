"""Written music through music21: ABC tunes and MusicXML, with repeats played, ties joined, chord symbols understood."""

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.scores.written import MOST_BEATS, Voice, WrittenSong, beats_in_bar

DEFAULT_BEATS_A_MINUTE = 120.0
DEFAULT_VELOCITY = 80.0
TUNE_START = re.compile(r"^(?=X:)", re.MULTILINE)
ABC_WORDS = re.compile(r'^(?![KLMQ]:)[A-Za-z+]:.*$|"[^"\n]*"|%.*$', re.MULTILINE)
"""What an ABC tune says in words: fields but those of the music, chords and remarks in quotes, comments."""
ABC_TEMPO = re.compile(r"Q:[^\n\]]*")
TOO_LONG_A_NUMBER = re.compile(r"(?<![/\d])\d{3,}|\d{4,}")
UNHEARD_OF = re.compile(rb"<((?:[a-z]+-)*(?:beats|fifths|alter))>[^<]*\d{3,}|<(beat-type)>[^<]*\d{4,}")
"""music21 counts the beats of a bar, the sharps of a key and those of a note one by one: of a million, for hours."""


def abc_tunes(path: Path) -> list[str]:
    """The tunes of an ABC file, each from its `X:` on; raises InputError where there is none."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}", "check the name and the permissions") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # what most collections older than 2005 are in
    tunes = [tune for tune in TUNE_START.split(text.replace("\r\n", "\n")) if tune.startswith("X:")]
    if not tunes:
        raise InputError(f"{path}: no tune begins with X:", "give ABC files with complete headers")
    return tunes


def read_abc_tune(tune: str, where: str) -> WrittenSong:
    """Raises InputError where music21 cannot read the tune."""
    number = TOO_LONG_A_NUMBER.search(ABC_TEMPO.sub("", ABC_WORDS.sub("", tune)))
    if number:
        raise InputError(f"{where}: {number[0]} is no length of a note or bar", "repair it or leave it out")
    return _read(where, tune.rstrip() + "\n", "abc")


def read_musicxml(path: Path) -> WrittenSong:
    """Of a .musicxml, .xml or compressed .mxl file; raises InputError where music21 cannot read it."""
    try:
        texts = _texts(path)
    except (OSError, RuntimeError, BadZipFile, zlib.error) as error:
        raise InputError(f"{path}: {error}", "repair it or leave it out") from error
    unheard_of = next(filter(None, map(UNHEARD_OF.search, texts)), None)
    if unheard_of:
        raise InputError(f"{path}: {unheard_of[0].decode()} is in no music", "repair it or leave it out")
    return _read(str(path), path, "musicxml")


def _texts(path: Path) -> list[bytes]:
    """The XML of a file, compressed or not."""
    if not is_zipfile(path):
        return [path.read_bytes()]
    with ZipFile(path) as archive:
        return [archive.read(name) for name in archive.namelist() if name.endswith("xml")]


def _read(where: str, source: str | Path, file_format: str) -> WrittenSong:
    try:
        return _song(_parsed(where, source, file_format), where)
    except InputError:
        raise
    except Exception as error:  # a parser of other people's files fails in every way there is, and late
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"{where}: not readable as {file_format}: {reason}", "repair it or leave it out") from error


def _parsed(where: str, source: str | Path, file_format: str) -> Any:
    from music21 import converter

    parsed: Any = converter.parse(source, format=file_format, forceSource=True)
    if not parsed.parts:
        raise InputError(f"{where}: no parts", "repair it or leave it out")
    return _repeats_played(parsed.stripTies())


def _repeats_played(parsed: Any) -> Any:
    from music21.exceptions21 import Music21Exception

    try:
        return parsed.expandRepeats()
    except Music21Exception:  # repeat signs that do not add up: as written, then
        return parsed


def _song(parsed: Any, where: str) -> WrittenSong:
    from music21 import harmony

    clock, beats, bar = _Clock(parsed), *_grid(parsed)
    if len(bar) == 0:
        raise InputError(f"{where}: no bars", "repair it or leave it out")
    voices = tuple(_voice(part, clock) for part in parsed.parts)
    symbols = sorted(
        (float(symbol.getOffsetInHierarchy(parsed)), *_chord(symbol))
        for symbol in parsed.recurse().getElementsByClass(harmony.ChordSymbol)
    )
    chords = tuple((float(clock.seconds_at(np.array(offset))), root, mask) for offset, root, mask in symbols)
    title = (parsed.metadata.title if parsed.metadata else None) or Path(where).stem
    return WrittenSong(str(title), voices, clock.seconds_at(beats), bar, chords)


class _Clock:
    """Quarter notes to seconds, through the metronome marks; 120 beats a minute until the first one."""

    def __init__(self, parsed: Any) -> None:
        marks = [
            (float(start), float(mark.getQuarterBPM() or DEFAULT_BEATS_A_MINUTE))
            for start, _, mark in parsed.metronomeMarkBoundaries()
        ]
        if not list(parsed.recurse().getElementsByClass("MetronomeMark")):
            marks = [(0.0, DEFAULT_BEATS_A_MINUTE * _quarters_in_beat(parsed))]
        self._quarters = np.array([start for start, _ in marks])
        self._rates = np.array([60.0 / tempo for _, tempo in marks])
        self._seconds = np.concatenate([[0.0], np.cumsum(np.diff(self._quarters) * self._rates[:-1])])

    def seconds_at(self, quarters: NDArray[np.float64]) -> NDArray[np.float64]:
        piece = np.maximum(np.searchsorted(self._quarters, quarters, side="right") - 1, 0)
        return np.asarray(self._seconds[piece] + (quarters - self._quarters[piece]) * self._rates[piece])


def _quarters_in_beat(parsed: Any) -> float:
    signature = next(iter(parsed.recurse().getElementsByClass("TimeSignature")), None)
    return beats_in_bar(signature.numerator, signature.denominator)[1] if signature else 1.0


def _grid(parsed: Any) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Beats of the first part's measures in quarter notes, with the end of the last one, and the bar of each beat."""
    beats, bars, end, quarters = list[float](), list[int](), 0.0, _quarters_in_beat(parsed)
    for number, measure in enumerate(parsed.parts[0].getElementsByClass("Measure")):
        if measure.timeSignature is not None:
            quarters = beats_in_bar(measure.timeSignature.numerator, measure.timeSignature.denominator)[1]
        start, length = float(measure.offset), float(measure.duration.quarterLength)
        count = max(1, round(length / quarters)) if length > 0 else 0
        if len(beats) + count > MOST_BEATS:
            raise ValueError(f"bar {number + 1} brings more than {MOST_BEATS} beats")
        beats += [start + beat * length / count for beat in range(count)]
        bars += [number] * count
        end = start + length
    return np.array([*beats, end]), np.unique(bars, return_inverse=True)[1].astype(np.int64)


def _voice(part: Any, clock: _Clock) -> Voice:
    from music21 import instrument

    notes = np.array(list(_notes(part)), float).reshape(-1, 4)
    start, end = clock.seconds_at(notes[:, 0]), clock.seconds_at(notes[:, 0] + notes[:, 1])
    player = next(iter(part.recurse().getElementsByClass(instrument.Instrument)), None)
    program = getattr(player, "midiProgram", None) or 0
    return Voice(str(part.partName or ""), program, np.column_stack([start, end - start, notes[:, 2:]]))


def _notes(part: Any) -> Iterator[tuple[float, float, float, float]]:
    """Start and length in quarter notes, pitch and velocity; ornaments without a length are left to the arranger."""
    from music21 import harmony

    for sounding in part.flatten().notes:
        if isinstance(sounding, harmony.ChordSymbol) or sounding.duration.quarterLength <= 0:
            continue
        velocity = float(sounding.volume.velocity or DEFAULT_VELOCITY)
        for pitch in sounding.pitches:
            yield float(sounding.offset), float(sounding.duration.quarterLength), float(pitch.midi), velocity


def _chord(symbol: Any) -> tuple[int, int]:
    from music21 import harmony

    if isinstance(symbol, harmony.NoChord) or not symbol.pitches:
        return -1, 0
    return symbol.root().pitchClass, sum({1 << pitch.pitchClass for pitch in symbol.pitches})
