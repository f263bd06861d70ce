"""Scores to probabilities: how much a score speaks for its song, given how many songs could have made it by chance.

A logistic fit on held-out works gives the log likelihood ratio of a score, right song against wrong song. A song of a
catalogue of N works has a prior of `known_share` / N, so the same score means less in a larger catalogue. "None of
them" competes with the rest of the prior.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from livecsi.types import Candidate

LARGEST_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """log likelihood ratio = `slope` * score + `intercept`."""

    slope: float
    intercept: float
    known_share: float = 0.8

    @classmethod
    def from_manifest(cls, facts: Mapping[str, Any]) -> Self:
        return cls(float(facts["slope"]), float(facts["intercept"]), float(facts["known_share"]))

    def log_odds(self, score: float, works: int) -> float:
        """Log odds of this song against unknown music, in a catalogue of `works`."""
        ratio = self.slope * score + self.intercept
        prior = math.log(self.known_share / (1 - self.known_share) / max(1, works))
        return max(-LARGEST_LOG_ODDS, min(LARGEST_LOG_ODDS, ratio + prior))


def shares(log_odds: Sequence[float]) -> list[float]:
    """Probabilities of competing answers whose rival "none of them" has log odds 0."""
    top = max([0.0, *log_odds])
    weights = [math.exp(value - top) for value in log_odds]
    total = math.exp(-top) + sum(weights)
    return [weight / total for weight in weights]


def calibrated(candidates: Sequence[Candidate], calibration: Calibration, works: int) -> tuple[Candidate, ...]:
    """The candidates with their log odds and probabilities; several recordings of one work do not compete."""
    odds = [calibration.log_odds(candidate.score, works) for candidate in candidates]
    best: dict[int, float] = {}
    for candidate, value in zip(candidates, odds, strict=True):
        best[candidate.work_id] = max(value, best.get(candidate.work_id, -math.inf))
    share = dict(zip(best, shares(list(best.values())), strict=True))
    return tuple(
        replace(candidate, log_odds=value, probability=share[candidate.work_id] * math.exp(value - best[candidate.work_id]))
        for candidate, value in zip(candidates, odds, strict=True)
    )
