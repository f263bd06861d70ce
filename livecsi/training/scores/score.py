"""The one shape in which every score reaches the arranger, whatever file it came from."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Role(IntEnum):
    """What a note does in its song."""

    MELODY = 0
    COUNTER_MELODY = 1
    ACCOMPANIMENT = 2
    BASS = 3


@dataclass(frozen=True, slots=True)
class Score:
    """A song as notes on a beat grid with one chord per beat.

    `notes` has shape (notes, 5): start seconds, duration seconds, MIDI pitch, velocity 0..127, `Role`; sorted by start.
    `beat_seconds` has one more entry than there are beats. `chord_root` is a pitch class or -1 where no chord sounds;
    `chord_mask` has bit p set when pitch class p belongs to the chord. `bar` counts bars from zero.
    """

    name: str
    cluster_id: int
    source: str
    notes: NDArray[np.float64]
    beat_seconds: NDArray[np.float64]
    chord_root: NDArray[np.int64]
    chord_mask: NDArray[np.int64]
    bar: NDArray[np.int64]

    @property
    def has_harmony(self) -> bool:
        return bool((self.chord_root >= 0).mean() > 0.3)

    def notes_of(self, role: Role) -> NDArray[np.float64]:
        return self.notes[self.notes[:, 4] == role]
