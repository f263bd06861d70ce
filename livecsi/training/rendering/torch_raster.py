"""Notes, drums and tails of many performances at once, in torch, on whatever device there is: the twin of `raster.py`.

A `Sheet` says on the host how many steps each note sounds, so that the device is never asked for a number. Partials are
added as whole numbers: many threads add in any order, and only whole numbers do not mind.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from livecsi.training.rendering.instruments import FIRST_PARTIAL, PARTIALS
from livecsi.training.rendering.raster import (
    BINS,
    CYMBAL,
    DECAY_A_PARTIAL,
    DRUM_STEPS,
    DRUMS,
    GLIDE_SECONDS,
    HALF_WIDTH_BINS,
    LOWEST_PITCH,
    PITCH_JITTER,
    SPREAD_A_PARTIAL,
    STEP_SECONDS,
    TAIL_RELEASES,
)

Array = NDArray[np.float64]
Part = tuple[Array, Array]
"""Notes (notes, 5) and the timbres they name."""

ONE = 2.0**40
"""A power of one as a whole number: room for eight millions, steps of 1e-12."""
LARGEST_JITTER_BINS = 1.0
HIGHEST_BIN = BINS + 1


@dataclass(frozen=True, slots=True)
class Sheet:
    """Notes of many performances, low ones first, on the host.

    Per note, all (notes,): `item` it belongs to, `first` step, `steps` it sounds, `since` its beginning s at the centre
    of the first step, `duration` s, `pitch` in bins, `amplitude`, and the row of `timbres` (any, FIRST_PARTIAL +
    PARTIALS).
    """

    item: NDArray[np.int64]
    first: NDArray[np.int64]
    steps: NDArray[np.int64]
    since: Array
    duration: Array
    pitch: Array
    amplitude: Array
    timbre: NDArray[np.int64]
    timbres: Array


@dataclass(frozen=True, slots=True)
class Jitter:
    """What players do not do on purpose, on the device: standard normal `pitch` (notes,) and `partials` (notes,
    PARTIALS), uniform `phase` of the vibrato and share of the `glide` (notes,)."""

    pitch: Tensor
    phase: Tensor
    glide: Tensor
    partials: Tensor

    @classmethod
    def draw(cls, notes: int, device: torch.device, generator: torch.Generator) -> "Jitter":
        """Fresh draws for so many notes."""
        normal = torch.randn(notes, 1 + PARTIALS, device=device, generator=generator)
        uniform = torch.rand(2, notes, device=device, generator=generator)
        return cls(normal[:, 0], uniform[0], uniform[1], normal[:, 1:])


def sheet_of(parts: Sequence[Part], steps: int) -> Sheet:
    """The notes of `parts`, item by item, that sound within `steps` steps."""
    notes = np.concatenate([notes for notes, _ in parts])
    item = np.repeat(np.arange(len(parts)), [len(notes) for notes, _ in parts])
    timbres = np.concatenate([timbres.reshape(-1, FIRST_PARTIAL + PARTIALS) for _, timbres in parts])
    before = np.cumsum([0, *(len(timbres) for _, timbres in parts)])
    timbre = notes[:, 4].astype(np.int64) + before[item]
    start, duration, pitch = notes[:, 0], notes[:, 1], notes[:, 2] - LOWEST_PITCH + timbres[timbre, 5]
    first = np.maximum(0, np.floor(start / STEP_SECONDS)).astype(np.int64)
    end = np.ceil((start + duration + TAIL_RELEASES * timbres[timbre, 3]) / STEP_SECONDS).astype(np.int64)
    sounding = np.minimum(steps, end) - first
    heard = np.flatnonzero((sounding > 0) & (pitch < HIGHEST_BIN + LARGEST_JITTER_BINS))
    order = heard[np.argsort(pitch[heard], kind="stable")]
    since = (first + 0.5) * STEP_SECONDS - start
    amplitude = notes[:, 3]
    return Sheet(
        item[order], first[order], sounding[order], since[order], duration[order], pitch[order], amplitude[order],
        timbre[order], timbres,
    )  # fmt: skip


def note_power(sheet: Sheet, items: int, steps: int, jitter: Jitter, device: torch.device) -> Tensor:
    """Constant-Q power (items, BINS, steps) of all notes, as `raster.add_notes` writes it."""
    total = torch.zeros(items * (BINS + 2) * steps, dtype=torch.int64, device=device)
    moments = _Moments(sheet, steps, jitter, device)
    ends = np.concatenate([[0], np.cumsum(sheet.steps)])
    for partial in range(PARTIALS):
        audible = HIGHEST_BIN + LARGEST_JITTER_BINS - 12 * math.log2(partial + 1)
        moments.add_partial(total, partial, int(ends[np.searchsorted(sheet.pitch, audible)]))
    return (total.view(items, BINS + 2, steps)[:, 1:-1] / ONE).float()


class _Moments:
    """Every step of every note, one after the other: all tensors (moments,), the lowest notes first."""

    def __init__(self, sheet: Sheet, steps: int, jitter: Jitter, device: torch.device) -> None:
        count, before = int(sheet.steps.sum()), np.cumsum(sheet.steps) - sheet.steps
        numbers, repeats = torch.arange(len(sheet.steps), device=device), torch.from_numpy(sheet.steps).to(device)
        self.note = note = torch.repeat_interleave(numbers, repeats, output_size=count)
        after = torch.arange(count, device=device) - torch.from_numpy(before).to(device)[note]
        timbres = _floats(sheet.timbres, device)[torch.from_numpy(sheet.timbre).to(device)]
        attack, self.decay, self.sustain, release, self.spread, _, _, glide, vibrato, hertz = (
            column[note] for column in timbres[:, :FIRST_PARTIAL].T
        )
        since = _floats(sheet.since, device)[note] + after * STEP_SECONDS
        self.sounding = since.clamp(min=0)
        rise = torch.where(since <= 0, (0.5 + 0.5 / STEP_SECONDS * since).clamp(min=0), (since / attack).clamp(max=1))
        ringing = (since - _floats(sheet.duration, device)[note]).clamp(min=0)
        self.level = rise * torch.exp(-ringing / release)
        pitch = _floats(sheet.pitch, device) + jitter.pitch * timbres[:, 6] * PITCH_JITTER
        tremble = torch.sin(2 * math.pi * (jitter.phase[note] + hertz * since))
        self.bin = pitch[note] + glide * jitter.glide[note] * torch.exp(-self.sounding / GLIDE_SECONDS)
        self.bin += vibrato * tremble
        self.strength = _floats(sheet.amplitude, device)[:, None] * timbres[:, FIRST_PARTIAL:]
        self.strength *= torch.exp(jitter.partials * timbres[:, 6:7])
        above = 12 * torch.log2(torch.arange(1, PARTIALS + 1, device=device))
        self.strength *= pitch[:, None] + above <= HIGHEST_BIN
        self.place = torch.from_numpy(sheet.item * (BINS + 2) * steps + sheet.first).to(device)[note] + after
        self.steps, self.widest = steps, float(sheet.timbres[:, 4].max(initial=0))

    def add_partial(self, total: Tensor, partial: int, count: int) -> None:
        """Add the bumps of one partial of the first `count` moments to `total`, whose first and last bin are waste."""
        decay = self.decay[:count] * (1 + DECAY_A_PARTIAL * partial)
        held = self.sustain[:count]
        level = self.level[:count] * (held + (1 - held) * torch.exp(-decay * self.sounding[:count]))
        level = level * self.strength[self.note[:count], partial]
        width = HALF_WIDTH_BINS * (1 + self.spread[:count] * (1 + SPREAD_A_PARTIAL * partial))
        centre = self.bin[:count] + 12 * math.log2(partial + 1)
        lowest = torch.ceil(centre - width)
        for above in range(int(2 * HALF_WIDTH_BINS * (1 + self.widest * (1 + SPREAD_A_PARTIAL * partial))) + 1):
            away = ((lowest + above - centre) / width).clamp(max=1)
            power = (torch.cos(math.pi / 2 * away) ** 2 * level) ** 2
            row = (lowest + above).clamp(-1, BINS).long() + 1
            total.index_add_(0, self.place[:count] + row * self.steps, (power * ONE).long())


def drum_activity(hits: Array, steps: int) -> Array:
    """Power of each drum of `DRUMS` at each step before its spectrum: (drums, steps), on the host."""
    step, drum = (hits[:, 0] / STEP_SECONDS).astype(np.int64), hits[:, 1].astype(np.int64)
    after = np.arange(DRUM_STEPS)
    level = hits[:, 2:] ** 2 * DRUMS[drum, 4:] ** after
    place = step[:, None] + after
    heard = (step[:, None] >= 0) & (place < steps)
    index = (drum[:, None] * steps + place)[heard]
    return np.bincount(index, level[heard], len(DRUMS) * steps).reshape(len(DRUMS), steps).astype(np.float64)


def drum_spectra(kick_bin: float, snare_bin: float) -> Array:
    """The shape over the bins of each drum of a kit: (drums, BINS)."""
    height, centre, width, floor, _ = DRUMS.T[:, :, None]
    centre = np.concatenate([[[kick_bin], [snare_bin]], centre[CYMBAL:]])
    return np.asarray(height * np.exp(-(((np.arange(BINS) - centre) / width) ** 2)) + floor)


def with_tails(power: Tensor, gain: Tensor, keep: Tensor) -> Tensor:
    """The exponential tail of `raster.reverberate`: power (n, BINS, steps), gain (n,), keep (n, BINS).

    A sum over all steps before is a product of (1 + keep^s shift by s) over s = 1, 2, 4, ...: eleven sweeps, not 1,900.
    """
    tail, left, stride = power.clone(), keep[:, :, None], 1
    while stride < power.shape[2]:
        tail[:, :, stride:] += left * tail[:, :, :-stride]
        left, stride = left * left, 2 * stride
    wet = power.clone()
    wet[:, :, 1:] += (gain[:, None] * (1 - keep))[:, :, None] * tail[:, :, :-1]
    return wet


def _floats(values: Array, device: torch.device) -> Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)
