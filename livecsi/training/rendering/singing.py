"""How a tune is sung: freely in time, ornamented, sometimes with other notes, sometimes by the whole room.

Notes are arrays of shape (notes, 4 or more): start seconds, duration seconds, MIDI pitch, amplitude.
"""

import numpy as np

from livecsi.training.rendering.accompaniment import Array, Chart

PHRASE_BARS = 2
NEAREST_FIRST = (0, -1, 1, -2, 2, -3, 3)


def interpret(melody: Array, chart: Chart, rng: np.random.Generator) -> Array:
    """Freedom of the singer: timing, syncopation, ornaments, repeated syllables, passing notes, notes left out."""
    if len(melody) == 0 or rng.random() < 0.35:
        return melody
    melody, freedom = melody.copy(), rng.uniform(0, 1)
    period = float(np.median(chart.duration_seconds))
    melody[:, 0] += rng.normal(0, 0.04 * freedom, len(melody))
    moved = rng.random(len(melody)) < 0.25 * freedom
    melody[moved, 0] += rng.choice([-0.5, 0.5], moved.sum()) * period
    ornament = melody[rng.random(len(melody)) < 0.15 * freedom]
    ornament = ornament + np.eye(melody.shape[1])[0] * -0.1
    ornament[:, 1] = 0.1
    ornament[:, 2] += rng.choice([-2, -1, 1, 2], len(ornament))
    split = melody[rng.random(len(melody)) < 0.15 * freedom].copy()
    split[:, 0] += split[:, 1] / 2
    split[:, 1] /= 2
    split[:, 2] += rng.choice([-2, 0, 0, 2], len(split))
    return np.concatenate([melody[rng.random(len(melody)) >= 0.12 * freedom], ornament, split])


def rewrite_phrases(melody: Array, chart: Chart, rng: np.random.Generator) -> Array:
    """Some phrases sung otherwise: a third away, flattened to chord tones, half as busy, or left to the band."""
    if len(melody) == 0 or rng.random() < 0.4:
        return melody
    beat = np.clip(np.searchsorted(chart.start_seconds, melody[:, 0] + 0.05, side="right") - 1, 0, None)
    phrase = np.cumsum(chart.position == 0)[beat] // PHRASE_BARS
    manners = rng.choice(5, int(phrase.max()) + 1, p=_shares(rng.uniform(0, 0.5)))[phrase]
    melody = melody.copy()
    melody[manners == 1, 2] += rng.choice([-4, -3, 3, 4])
    bent = (manners == 1) | (manners == 2)
    melody[bent, 2] = to_chord_tones(melody[bent, 2], chart.mask[beat[bent]])
    thinned = (manners == 3) & (rng.random(len(melody)) < 0.5)
    return melody[~thinned & (manners != 4)]


def to_chord_tones(pitch: Array, mask: np.ndarray) -> Array:
    """The nearest tone of the chord; unchanged where the chord has none within a minor third."""
    nearest, found = pitch.copy(), np.zeros(len(pitch), bool)
    for step in NEAREST_FIRST:
        fits = ((mask >> ((pitch.astype(np.int64) + step) % 12)) & 1 == 1) & ~found
        nearest[fits] = pitch[fits] + step
        found |= fits
    return nearest


def sing_along(melody: Array, rng: np.random.Generator) -> Array:
    """The audience: late, not together, an octave up or down, and not for every note."""
    sung = melody[rng.random(len(melody)) < rng.uniform(0.5, 1.0)].copy()
    sung[:, 0] += rng.uniform(0.02, 0.15) + rng.normal(0, 0.05, len(sung))
    sung[:, 1] *= rng.uniform(0.9, 1.4)
    sung[:, 2] += 12 * rng.choice([-1, 0, 0, 1]) + rng.normal(0, 0.25, len(sung))
    return sung


def consonants(melody: Array, rng: np.random.Generator) -> Array:
    """What is hissed before a sung note, as drum hits of kind 3: (hits, 3)."""
    hissed = melody[rng.random(len(melody)) < 0.6]
    loudness = rng.uniform(0.1, 0.5) * rng.uniform(0.5, 1.5, len(hissed))
    return np.stack([hissed[:, 0] - 0.05, np.full(len(hissed), 3.0), loudness], 1)


def _shares(changed: float) -> list[float]:
    """Chances of the five manners: as written, a third away, chord tones, thinned, left out."""
    return [1 - changed, 0.25 * changed, 0.35 * changed, 0.25 * changed, 0.15 * changed]
