"""Notes straight to constant-Q power, thousands of songs a minute: every partial is a small bump with an envelope.

Time runs at a quarter of the frame length (`STEP_SECONDS`); bins are semitones from C1 (MIDI 24), 72 of them.
"""

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from livecsi.training.rendering.instruments import FIRST_PARTIAL, PARTIALS

BINS = 72
LOWEST_PITCH = 24.0
STEPS_PER_FRAME = 4
FRAME_SECONDS = 6600 / 22050
STEP_SECONDS = FRAME_SECONDS / STEPS_PER_FRAME
GLIDE_SECONDS = 0.09
TAIL_RELEASES = 2.5
PITCH_JITTER = 0.15
HALF_WIDTH_BINS, SPREAD_A_PARTIAL, DECAY_A_PARTIAL = 2.0, 0.15, 0.2
"""A bump's half width without spread; how much faster than the first the higher partials spread and decay."""
KICK, SNARE, CYMBAL, CONSONANT = range(4)
DRUMS = np.array([
    (1.0, 0.0, 5.0, 0.0, 0.25), (0.25, 0.0, 16.0, 0.12, 0.35), (0.1, 74.0, 12.0, 0.01, 0.2), (0.1, 70.0, 7.0, 0.0, 0.2)
])  # fmt: skip
"""Power of each drum: height, centre bin (kick and snare have their own in every kit), width in bins, floor over all
bins, and what is left after one step."""
DRUM_STEPS = 3

Power = NDArray[np.float64]


@njit(cache=True)
def add_notes(power: Power, notes: NDArray[np.float64], timbres: NDArray[np.float64], seed: int) -> None:
    """Add notes (start s, duration s, pitch, amplitude, timbre) to `power` (BINS, steps) in place."""
    np.random.seed(seed)
    steps = power.shape[1]
    for n in range(notes.shape[0]):
        start, duration, timbre = notes[n, 0], notes[n, 1], timbres[int(notes[n, 4])]
        attack, decay, sustain, release, spread = timbre[0], timbre[1], timbre[2], timbre[3], timbre[4]
        jitter, glide, vibrato, vibrato_hertz = timbre[6], timbre[7], timbre[8], timbre[9]
        first = max(0, int(math.floor(start / STEP_SECONDS)))
        last = min(steps, int(math.ceil((start + duration + TAIL_RELEASES * release) / STEP_SECONDS)))
        pitch = notes[n, 2] - LOWEST_PITCH + timbre[5] + np.random.randn() * jitter * PITCH_JITTER
        phase = np.random.random() * 2 * math.pi
        glide *= np.random.random()
        for partial in range(PARTIALS):
            partial_bin = pitch + 12 * math.log2(partial + 1.0)
            if partial_bin > BINS + 1 or last <= first:
                break
            strength = notes[n, 3] * timbre[FIRST_PARTIAL + partial] * math.exp(np.random.randn() * jitter)
            width = HALF_WIDTH_BINS * (1 + spread * (1 + SPREAD_A_PARTIAL * partial))
            for step in range(first, last):
                since = (step + 0.5) * STEP_SECONDS - start
                if since <= 0:
                    level = max(0.0, 0.5 * (STEP_SECONDS + since) / STEP_SECONDS)
                else:
                    level = min(1.0, since / attack)
                    level *= sustain + (1 - sustain) * math.exp(-decay * (1 + DECAY_A_PARTIAL * partial) * since)
                    if since > duration:
                        level *= math.exp(-(since - duration) / release)
                bin_centre = partial_bin
                if glide != 0 or vibrato != 0:
                    bin_centre += glide * math.exp(-max(since, 0.0) / GLIDE_SECONDS)
                    bin_centre += vibrato * math.sin(phase + 2 * math.pi * vibrato_hertz * since)
                low, high = (
                    max(0, int(math.ceil(bin_centre - width))),
                    min(BINS - 1, int(math.floor(bin_centre + width))),
                )
                for q in range(low, high + 1):
                    bump = math.cos(math.pi * (q - bin_centre) / (2 * width))
                    power[q, step] += (bump * bump * level * strength) ** 2


@njit(cache=True)
def add_drums(power: Power, hits: NDArray[np.float64], kick_bin: float, snare_bin: float) -> None:
    """Add hits (start s, drum, amplitude): a low thump, a broad crack, a hiss at the top, a consonant."""
    for n in range(hits.shape[0]):
        step, drum = int(hits[n, 0] / STEP_SECONDS), int(hits[n, 1])
        if step < 0:
            continue
        height, centre, width, floor, fade = DRUMS[drum]
        centre = kick_bin if drum == KICK else (snare_bin if drum == SNARE else centre)
        for q in range(BINS):
            shape = height * math.exp(-(((q - centre) / width) ** 2)) + floor
            level = hits[n, 2] ** 2 * shape
            for after in range(min(DRUM_STEPS, power.shape[1] - step)):
                power[q, step + after] += level
                level *= fade


@njit(cache=True)
def reverberate(power: Power, gain: float, keep: NDArray[np.float64]) -> None:
    """An exponential tail per bin: `keep` (BINS,) is the part of the power left after one step."""
    for q in range(power.shape[0]):
        tail = 0.0
        for step in range(power.shape[1]):
            dry = power[q, step]
            power[q, step] = dry + gain * tail * (1 - keep[q])
            tail = tail * keep[q] + dry
