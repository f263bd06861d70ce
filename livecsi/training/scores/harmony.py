"""Finding the beat and the chords of a score that carries only notes.

Beats by autocorrelation of the onset histogram (50 bins a second), chords by the best of 72 templates per beat.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.training.scores.score import Role

ONSET_RATE_HERTZ = 50
BEATS_PER_BAR = 4
QUALITIES = ((0, 4, 7), (0, 3, 7), (0, 4, 7, 10), (0, 3, 7, 10), (0, 4, 7, 11), (0, 3, 6))


def _templates() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    weights, masks = np.zeros((72, 12)), np.zeros(72, np.int64)
    for root in range(12):
        for number, intervals in enumerate(QUALITIES):
            pitch_classes = [(root + interval) % 12 for interval in intervals]
            weights[root * 6 + number, pitch_classes] = len(intervals) ** -0.75
            masks[root * 6 + number] = sum(1 << pitch_class for pitch_class in pitch_classes)
    return weights, masks


TEMPLATE_WEIGHTS, TEMPLATE_MASKS = _templates()


def find_beats(onset_seconds: NDArray[np.float64], duration_seconds: float) -> NDArray[np.float64]:
    """An even beat grid: the period with the strongest onset self-similarity, in the phase that hits most onsets."""
    bins = np.clip((onset_seconds * ONSET_RATE_HERTZ).astype(int), 0, None)
    histogram = np.minimum(np.bincount(bins, minlength=int(duration_seconds * ONSET_RATE_HERTZ) + 2), 4).astype(float)
    spectrum = np.fft.rfft(histogram - histogram.mean(), 2 * len(histogram))
    similarity = np.fft.irfft(np.abs(spectrum) ** 2)[:400]
    lags = np.arange(18, 40)
    strength = similarity[lags] + 0.5 * similarity[2 * lags] + 0.5 * similarity[4 * lags]
    lag = lags[np.argmax(strength * np.exp(-(((lags - 27) / 14.0) ** 2)))]
    fine = np.arange(8 * lag - 8, min(8 * lag + 9, 399))
    period = fine[np.argmax(similarity[fine])] / 8 / ONSET_RATE_HERTZ
    phases = np.arange(16) * period / 16
    grid = np.arange(int(duration_seconds / period))[None] * period + phases[:, None]
    hits = histogram[np.clip((grid * ONSET_RATE_HERTZ).astype(int), 0, len(histogram) - 1)].sum(1)
    return np.arange(phases[int(hits.argmax())], duration_seconds, period)


def beat_chroma(notes: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much of each pitch class sounds on each beat, the bass counted twice and the melody half: (beats, 12)."""
    weight = np.minimum(1.0, notes[:, 1]) * np.choose(notes[:, 4].astype(int), [0.5, 1.0, 1.0, 2.0])
    first = np.searchsorted(beats, notes[:, 0] + 0.02) - 1
    last = np.searchsorted(beats, notes[:, 0] + notes[:, 1] - 0.02)
    chroma = np.zeros((len(beats), 12))
    for offset in range(9):
        beat = first + offset
        sounds = (beat >= 0) & (beat < np.minimum(last, len(beats) - 1))
        np.add.at(chroma, (beat[sounds], notes[sounds, 2].astype(int) % 12), weight[sounds])
    return chroma


def find_chords(
    notes: NDArray[np.float64], beats: NDArray[np.float64], melody_only: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Root and pitch-class mask per beat; a bare melody is harmonised bar by bar with major and minor triads."""
    chroma = beat_chroma(notes, beats)
    if melody_only:
        bars = -(-len(beats) // BEATS_PER_BAR)
        padded = np.pad(chroma, ((0, bars * BEATS_PER_BAR - len(beats)), (0, 0)))
        chroma = padded.reshape(bars, BEATS_PER_BAR, 12).sum(1).repeat(BEATS_PER_BAR, 0)[: len(beats)]
    fit = chroma @ TEMPLATE_WEIGHTS.T
    if melody_only:
        fit[:, [index for index in range(72) if index % 6 > 1]] = -1.0
    best = fit.argmax(1)
    silent = chroma.sum(1) < 1e-6
    return np.where(silent, -1, best // 6), np.where(silent, 0, TEMPLATE_MASKS[best])


def invent_melody(
    root: NDArray[np.int64], mask: NDArray[np.int64], beats: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """A singable line over a chord chart that has none: four motifs in a fixed order, bent to the chord of the beat."""
    motifs = [_motif(rng) for _ in range(4)]
    order = rng.integers(0, 4, 8)
    period, base = float(np.median(np.diff(beats))), int(rng.integers(60, 70))
    notes, current = [], base
    for bar_beat in range(0, len(beats) - BEATS_PER_BAR, BEATS_PER_BAR):
        for onset, length, step in motifs[order[(bar_beat // BEATS_PER_BAR) % 8]]:
            beat = min(bar_beat + int(onset), len(beats) - 2)
            tones = [p for p in range(base - 7, base + 12) if (mask[beat] >> (p % 12)) & 1]
            if root[beat] < 0 or not tones:
                continue
            current = min(tones, key=lambda pitch: abs(pitch - current - 2 * step))
            pitch = current + (int(rng.choice([-2, -1, 1, 2])) if rng.random() < 0.25 else 0)
            notes.append((beats[bar_beat] + onset * period, length * period * 0.9, pitch, 90.0, Role.MELODY))
    return np.array(notes, dtype=np.float64).reshape(-1, 5)


def _motif(rng: np.random.Generator) -> list[tuple[float, float, int]]:
    """One bar of (onset beats, length beats, contour step)."""
    notes, onset = [], 0.0
    while onset < BEATS_PER_BAR:
        length = float(rng.choice([0.5, 0.5, 1.0, 1.0, 1.5, 2.0]))
        if rng.random() < 0.85:
            notes.append((onset, min(length, BEATS_PER_BAR - onset), int(rng.integers(-2, 3))))
        onset += length
    return notes
