"""What the rest of the night says about one song of it: how many are in the catalogue, and that few come twice.

Every stretch is heard by itself, as if a song of the catalogue were as likely as any other. A night tells better: where
most songs turn out to be known, the next one probably is as well (the prior is learned from the answers themselves, by
expectation maximisation after Saerens, Latinne and Decaestecker 2002), and a song that was clearly played at nine is
seldom played again at ten. Both only move odds; neither makes a name out of nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from livecsi.identify.calibration import with_shares
from livecsi.types import Candidate

DOUBTING_SONGS = 4.0
"""How many songs, half of them known, are imagined beside those of the night, so that two answers prove nothing."""
LARGEST_SHIFT = 1.5
REPEATED_ODDS = -2.0
"""Log odds that a song which fits better elsewhere in the night is played here, too."""
ITERATIONS = 20

Heard = tuple[Candidate, ...]
Fits = dict[int, float]
"""Works and the log odds of their best recording."""


def weigh(heard: Sequence[Heard]) -> list[Heard]:
    """The candidates of each stretch with their odds in this night, best first."""
    fits = [{c.work_id: c.log_odds for c in reversed(_best_first(candidates))} for candidates in heard]
    best_fits = _best_fits(fits)
    weighed = []
    for own, candidates, shift in zip(fits, heard, known_shifts(fits), strict=True):
        odds = {
            work: value + shift + (REPEATED_ODDS if best_fits.get(work, -math.inf) > value else 0.0)
            for work, value in own.items()
        }
        weighed.append(_with_odds(candidates, odds))
    return weighed


def known_shifts(fits: Sequence[Fits]) -> list[float]:
    """For each song, how much likelier the others make it that it is in the catalogue, in log odds.

    All songs are weighed side by side: a long night has hundreds, and each step of it asks for all of them.
    """
    totals = np.array([sum(math.exp(odds) for odds in fit.values()) for fit in fits])
    shifts = np.zeros(len(fits))
    for _ in range(ITERATIONS):
        weights = np.exp(shifts)[:, None] * totals
        known = weights / (1.0 + weights)
        others = known.sum(1) - known.diagonal()
        share = (others + DOUBTING_SONGS / 2) / (len(fits) - 1 + DOUBTING_SONGS)
        shifts = np.clip(np.log(share / (1 - share)), -LARGEST_SHIFT, LARGEST_SHIFT)
    return [float(shift) for shift in shifts]


def _best_fits(fits: Sequence[Fits]) -> Fits:
    """Works that come first in some stretch, with the best odds they have as a first."""
    best: Fits = {}
    for fit in fits:
        if fit:
            work = max(fit, key=lambda candidate: fit[candidate])
            best[work] = max(fit[work], best.get(work, -math.inf))
    return best


def _with_odds(candidates: Heard, odds: Fits) -> Heard:
    best = {c.work_id: c.log_odds for c in reversed(_best_first(candidates))}
    moved = [replace(c, log_odds=c.log_odds + odds[c.work_id] - best[c.work_id]) for c in candidates]
    return with_shares(_best_first(moved))


def _best_first(candidates: Sequence[Candidate]) -> list[Candidate]:
    return sorted(candidates, key=lambda c: -c.log_odds)
