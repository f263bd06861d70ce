"""Parts as a Standard MIDI File, timed in seconds: what fluidsynth is given to play."""

from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

TICKS_PER_BEAT = 960
TICKS_PER_SECOND = 2 * TICKS_PER_BEAT  # at the 120 beats a minute that a file without a tempo has
DRUM_CHANNEL = 9
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
FULL_BEND_SEMITONES = 2.0

Message = tuple[int, int, mido.Message]


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument's notes (notes, 4): start s, duration s, MIDI pitch, amplitude; `program` is General MIDI, 0..127.

    Drums have `is_drums`, General MIDI percussion keys as pitches, and a kit as program. `detuning_semitones` bends
    the whole part.
    """

    notes: NDArray[np.float64]
    program: int
    is_drums: bool = False
    detuning_semitones: float = 0.0


def write_parts(path: Path, parts: list[Part]) -> None:
    """A file of one track. The loudest amplitude of all parts is full velocity at full channel volume."""
    loudest = max((float(part.notes[:, 3].max()) for part in parts if len(part.notes)), default=1.0)
    messages: list[Message] = []
    for number, part in enumerate(parts):
        channel = DRUM_CHANNEL if part.is_drums else MELODIC_CHANNELS[number % len(MELODIC_CHANNELS)]
        messages += _part_messages(part, channel, loudest)
    messages.sort(key=lambda message: message[:2])
    track, now = mido.MidiTrack(), 0
    for tick, _, message in messages:
        track.append(message.copy(time=tick - now))
        now = tick
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(path)


def _part_messages(part: Part, channel: int, loudest: float) -> list[Message]:
    """(tick, order within the tick, message): settings first, then ends of notes, then beginnings."""
    if len(part.notes) == 0:
        return []
    own = float(part.notes[:, 3].max())
    bend = int(np.clip(8192 * part.detuning_semitones / FULL_BEND_SEMITONES, -8192, 8191))
    messages = [
        (0, 0, mido.Message("program_change", channel=channel, program=part.program)),
        (0, 0, mido.Message("control_change", channel=channel, control=7, value=_as_seven_bits(own / loudest))),
        (0, 0, mido.Message("pitchwheel", channel=channel, pitch=bend)),
    ]
    for start, duration, pitch, amplitude in part.notes:
        begin = round(max(0.0, start) * TICKS_PER_SECOND)
        end = max(begin + 1, round((start + duration) * TICKS_PER_SECOND))
        key, velocity = int(np.clip(pitch, 0, 127)), _as_seven_bits(amplitude / own)
        messages.append((begin, 2, mido.Message("note_on", channel=channel, note=key, velocity=velocity)))
        messages.append((end, 1, mido.Message("note_off", channel=channel, note=key)))
    return messages


def _as_seven_bits(amplitude: float) -> int:
    """General MIDI synthesisers make amplitude go with the square of velocity and volume."""
    return int(np.clip(round(127 * np.sqrt(max(amplitude, 0.0))), 1, 127))
