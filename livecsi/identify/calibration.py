"""Scores to probabilities: how much a score speaks for its song, given how many songs could have made it by chance.

A logistic fit on held-out works asks how often the best answer of a catalogue of N works was right, given its score,
when the song was in the catalogue half of the time: the best of many impostors is better, so the same score means less
in a larger catalogue. "None of them" is always one of the competing answers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from livecsi.types import Candidate

LARGEST_LOG_ODDS = 30.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """log odds = `slope` * score + `per_log_work` * log(works) + `intercept`, for even odds before listening."""

    slope: float
    per_log_work: float
    intercept: float

    @classmethod
    def from_manifest(cls, facts: Mapping[str, Any]) -> Self:
        return cls(float(facts["slope"]), float(facts["per_log_work"]), float(facts["intercept"]))

    def log_odds(self, score: float, works: int) -> float:
        """Log odds of this song against unknown music, in a catalogue of `works`."""
        odds = self.slope * score + self.per_log_work * math.log(max(1, works)) + self.intercept
        return max(-LARGEST_LOG_ODDS, min(LARGEST_LOG_ODDS, odds))


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
        replace(
            candidate, log_odds=value, probability=share[candidate.work_id] * math.exp(value - best[candidate.work_id])
        )
        for candidate, value in zip(candidates, odds, strict=True)
    )
