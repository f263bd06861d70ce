"""What the rest of the night says about one song of it: how many are in the catalogue, and that few come twice.

Every stretch is heard by itself, as if a song of the catalogue were as likely as any other. A night tells better: where
most songs turn out to be known, the next one probably is as well (the prior is learned from the answers themselves, by
expectation maximisation after Saerens, Latinne and Decaestecker 2002), and a song that was clearly played at nine is
seldom played again at ten. Both only move odds; neither makes a name out of nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import replace

from livecsi.identify.calibration import shares
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
    weighed = []
    for place, (own, candidates) in enumerate(zip(fits, heard, strict=True)):
        others = [*fits[:place], *fits[place + 1 :]]
        shift = known_shift(others)
        odds = {
            work: value + shift + (REPEATED_ODDS if _fits_better_elsewhere(work, value, others) else 0.0)
            for work, value in own.items()
        }
        weighed.append(_with_odds(candidates, odds))
    return weighed


def known_shift(others: Sequence[Fits]) -> float:
    """How much likelier the other songs of the night make it that one is in the catalogue, in log odds."""
    shift = 0.0
    for _ in range(ITERATIONS):
        known = sum(sum(shares([odds + shift for odds in fit.values()])) for fit in others)
        share = (known + DOUBTING_SONGS / 2) / (len(others) + DOUBTING_SONGS)
        shift = max(-LARGEST_SHIFT, min(LARGEST_SHIFT, math.log(share / (1 - share))))
    return shift


def _fits_better_elsewhere(work: int, odds: float, others: Sequence[Fits]) -> bool:
    """Whether another stretch has this work as its best answer, with better odds than here."""
    return any(fit and max(fit, key=lambda w: fit[w]) == work and fit[work] > odds for fit in others)


def _with_odds(candidates: Heard, odds: Fits) -> Heard:
    share = dict(zip(odds, shares(list(odds.values())), strict=True))
    best = {c.work_id: c.log_odds for c in reversed(_best_first(candidates))}
    moved = [
        replace(
            c,
            log_odds=c.log_odds + odds[c.work_id] - best[c.work_id],
            probability=share[c.work_id] * math.exp(c.log_odds - best[c.work_id]),
        )
        for c in candidates
    ]
    return tuple(sorted(moved, key=lambda c: -c.log_odds))


def _best_first(candidates: Heard) -> list[Candidate]:
    return sorted(candidates, key=lambda c: -c.log_odds)
