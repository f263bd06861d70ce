"""The order in which a band plays the beats of a song: where it begins, what it leaves out, plays twice, or adds.

A real cover rarely keeps the form. Bars the band adds (an introduction, a solo) have the song's chords but not its
tune, so they are nobody's truth: `beat_of` is `NOWHERE` there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.variety import Variety
from livecsi.training.scores.score import Score

NOWHERE = -1
FEWEST_BARS = 12


@dataclass(frozen=True, slots=True)
class Form:
    """Beat k of the performance has the chord of beat `order[k]` of the score; `tune` says whether its tune sounds
    there, `solo` whether somebody improvises."""

    order: NDArray[np.int64]
    tune: NDArray[np.bool_]
    solo: NDArray[np.bool_]

    @property
    def beat_of(self) -> NDArray[np.int64]:
        return np.where(self.tune, self.order, NOWHERE)

    def first(self, beats: int) -> "Form":
        return Form(self.order[:beats], self.tune[:beats], self.solo[:beats])


def choose_form(score: Score, rng: np.random.Generator, variety: Variety) -> Form:
    """A form for one performance: perhaps a later beginning, cuts and repeats, an introduction, a solo."""
    bars = list(range(int(score.bar[-1]) + 1))
    if rng.random() < 0.4:
        bars = bars[int(rng.integers(0, max(1, min(17, len(bars) // 4)))) :]
    sizes = [2, 4, 4, 8, 8, 16] if variety.form else [2, 4, 4, 8, 8]
    for _ in range(int(rng.integers(0, 5 if variety.form else 3))):
        bars = _cut_or_repeat(bars, int(rng.choice(sizes)), rng)
    kinds = ["tune"] * len(bars)
    if variety.form and score.has_harmony:
        bars, kinds = _add_bars(bars, kinds, rng)
    return _beats(score, bars, kinds)


def _cut_or_repeat(bars: list[int], length: int, rng: np.random.Generator) -> list[int]:
    if len(bars) < length + FEWEST_BARS:
        return bars
    at = int(rng.integers(2, max(3, min(len(bars) - length, 60))))
    repeated = bars[at : at + length] * 2 if rng.random() < 0.5 else []
    return bars[:at] + repeated + bars[at + length :]


def _add_bars(bars: list[int], kinds: list[str], rng: np.random.Generator) -> tuple[list[int], list[str]]:
    """An introduction on some bars of the song, and a solo over some others."""
    if rng.random() < 0.3:
        length = min(len(bars), int(rng.choice([2, 4, 4, 8])))
        at = int(rng.integers(0, len(bars) - length + 1))
        bars, kinds = bars[at : at + length] + bars, ["introduction"] * length + kinds
    if rng.random() < 0.3:
        length = min(len(bars), int(rng.choice([8, 8, 16])))
        at, where = (int(rng.integers(0, len(bars) - length + 1)) for _ in range(2))
        bars = bars[:where] + bars[at : at + length] + bars[where:]
        kinds = kinds[:where] + ["solo"] * length + kinds[where:]
    return bars, kinds


def _beats(score: Score, bars: list[int], kinds: list[str]) -> Form:
    first_beat = np.searchsorted(score.bar, np.arange(score.bar[-1] + 2))
    order = np.concatenate([np.arange(first_beat[bar], first_beat[bar + 1]) for bar in bars])
    kind = np.repeat(kinds, [first_beat[bar + 1] - first_beat[bar] for bar in bars])
    return Form(order, kind == "tune", kind == "solo")
