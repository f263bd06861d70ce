"""Who plays which part in a rendered recording: a General MIDI program, an amplifier, a drum kit, or a singer.

The arranger names a family of instruments; which real sound of the family it is depends on how high and how thickly the
part is written, and on chance.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.arranger import Arrangement
from livecsi.training.rendering.midi import Part

BASS_BELOW_PITCH, LOW_BELOW_PITCH, SUNG_ABOVE_PITCH, SUNG_BELOW_PITCH = 47.0, 57.0, 50.0, 82.0
SINGER_SHARE, AMPLIFIED_SHARE = 0.7, 0.75
LARGEST_OVERLAP = 0.3


class Family(Enum):
    """What a part sounds like, whoever plays it."""

    BASS = auto()
    PLUCKED = auto()
    DISTORTED = auto()
    SUSTAINED = auto()
    LEAD = auto()


LOW_PROGRAMS = {
    Family.BASS: (32, 33, 33, 34, 34, 35, 36, 38, 39, 43, 58),
    Family.PLUCKED: (0, 1, 2, 4, 5, 6, 7, 24, 25, 26, 27, 28, 46),
    Family.DISTORTED: (29, 29, 30, 30, 81, 84, 87),
    Family.SUSTAINED: (16, 17, 18, 19, 42, 48, 50, 51, 57, 61, 62, 70, 89, 90, 91, 92, 95),
    Family.LEAD: (42, 57, 60, 66, 67, 70, 71, 80, 81, 85, 87),
}
HIGH_PROGRAMS = {
    Family.BASS: (33, 34, 35, 38),
    Family.PLUCKED: (0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 24, 25, 26, 27, 28, 45, 46, 104, 105, 107),
    Family.DISTORTED: (29, 29, 30, 30, 81, 84),
    Family.SUSTAINED: (16, 17, 18, 19, 20, 21, 22, 23, 48, 49, 50, 51, 52, 61, 62, 63, 88, 89, 90, 91, 94),
    Family.LEAD: (22, 40, 41, 52, 53, 54, 56, 59, 64, 65, 66, 68, 71, 72, 73, 74, 75, 78, 79, 80, 81, 82, 85, 110),
}
FAMILY_OF_NAME = {
    "pluck": Family.PLUCKED,
    "sustain": Family.SUSTAINED,
    "distorted": Family.DISTORTED,
    "bass": Family.BASS,
}
CLEAN_GUITARS = (25, 26, 27, 28)
DRUM_KITS = (0, 8, 16, 24, 25, 32, 40)
DRUM_KEYS = ((35, 36), (38, 40, 37, 39), (42, 42, 44, 46, 51, 53, 59))
"""General MIDI keys of the kick, the snare and the cymbal of `accompaniment.drum_hits`."""
DRUM_SECONDS = 0.15


@dataclass(frozen=True, slots=True)
class Cast:
    """Parts by how their sound is made; every list may be empty. `leads` and `sung` parts are monophonic."""

    band: list[Part] = field(default_factory=list)
    leads: list[Part] = field(default_factory=list)
    amplified: list[Part] = field(default_factory=list)
    drums: list[Part] = field(default_factory=list)
    sung: list[Part] = field(default_factory=list)


def assign(arrangement: Arrangement, rng: np.random.Generator) -> Cast:
    """Cast an arrangement; the whole band is tuned a few cents off, as bands and tapes are."""
    cast, tuning = Cast(), float(rng.normal(0, 0.08))
    for number, name in enumerate(arrangement.families):
        notes = arrangement.notes[arrangement.notes[:, 4] == number][:, :4]
        if len(notes) == 0:
            continue
        family = family_of(name, notes)
        driven = family is Family.DISTORTED and rng.random() < AMPLIFIED_SHARE
        programs = (LOW_PROGRAMS if np.median(notes[:, 2]) < LOW_BELOW_PITCH else HIGH_PROGRAMS)[family]
        program = int(rng.choice(CLEAN_GUITARS if driven else programs))
        part = Part(notes, program, detuning_semitones=tuning + float(rng.normal(0, 0.04)))
        sung = family is Family.LEAD and rng.random() < SINGER_SHARE
        lead = cast.sung if sung else cast.leads
        (lead if family is Family.LEAD else cast.amplified if driven else cast.band).append(part)
    hits = arrangement.hits[arrangement.hits[:, 1] < len(DRUM_KEYS)]  # the rest are consonants, which singers have
    if len(hits):
        cast.drums.append(_drums(hits, rng))
    return cast


def family_of(family: str, notes: NDArray[np.float64]) -> Family:
    """What the arranger's family (`instruments.FAMILIES`) means for real sounds, given the part's notes."""
    pitch = float(np.median(notes[:, 2]))
    if family != "vocal":
        return Family.BASS if pitch < BASS_BELOW_PITCH else FAMILY_OF_NAME[family]
    singable = SUNG_ABOVE_PITCH < pitch < SUNG_BELOW_PITCH and _overlap(notes) < LARGEST_OVERLAP
    return Family.LEAD if singable else Family.SUSTAINED


def _overlap(notes: NDArray[np.float64]) -> float:
    """The share of notes that begin long before the one before them has ended: 0 for a singer."""
    ordered = notes[np.argsort(notes[:, 0], kind="stable")]
    gap = np.diff(ordered[:, 0])
    return float((gap < 0.6 * np.minimum(ordered[:-1, 1], 0.5)).mean()) if len(gap) else 0.0


def _drums(hits: NDArray[np.float64], rng: np.random.Generator) -> Part:
    keys = np.array([rng.choice(choices) for choices in DRUM_KEYS], float)
    notes = np.stack([hits[:, 0], np.full(len(hits), DRUM_SECONDS), keys[hits[:, 1].astype(int)], hits[:, 2]], 1)
    return Part(notes, int(rng.choice(DRUM_KITS)), is_drums=True)
