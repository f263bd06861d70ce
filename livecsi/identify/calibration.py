"""Scores to probabilities: how much a score speaks for its song, given how many songs could have made it by chance.

A logistic fit on held-out works asks how often the best answer of a catalogue of N works was right, given its score and
its lead over the next work, when the song was in the catalogue half of the time: the best of many impostors is better,
so the same score means less in a larger catalogue, and a song on the same chords scores high but does not lead.
"None of them" is always one of the competing answers.

Among thousands of songs a good score and a clear lead mean more than the straight line of smaller catalogues says, and
poor ones less. So a model may carry a second fit for those; in between the odds go from one to the other.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from livecsi.types import Candidate

LARGEST_LOG_ODDS = 30.0
EVEN_ODDS_WORKS = 100
"""From how many works on a song of the night is as likely inside the catalogue as outside of it, before listening. A
catalogue of ten cannot expect half of a night to be its own."""
LARGE_FROM_WORKS = 1000
"""From how many works on a catalogue begins to be a large one."""
LARGEST_LEAD = 6.0
"""A lead beyond this says no more; also the lead of an answer that has no rival."""


@dataclass(frozen=True, slots=True)
class AmongMany:
    """log odds = `slope` * score + `per_lead` * lead + `intercept` among `works` songs and more."""

    works: int
    slope: float
    per_lead: float
    intercept: float

    def log_odds(self, score: float, lead: float) -> float:
        return self.slope * score + self.per_lead * clipped(lead) + self.intercept

    def share(self, works: int) -> float:
        """How much of a catalogue is a large one, 0 to 1: straight in the logarithm of its works."""
        return max(0.0, min(1.0, math.log(max(1, works) / LARGE_FROM_WORKS) / math.log(self.works / LARGE_FROM_WORKS)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """log odds = `slope` * score + `per_lead` * lead + `per_log_work` * log(works) + `intercept`, for even odds before
    listening; from a thousand works on more and more those of `among_many`, where that was measured."""

    slope: float
    per_lead: float
    per_log_work: float
    intercept: float
    among_many: AmongMany | None = None

    @classmethod
    def from_manifest(cls, facts: Mapping[str, Any]) -> Self:
        """Models released before leads counted have no `per_lead`."""
        return cls(
            float(facts["slope"]),
            float(facts.get("per_lead", 0.0)),
            float(facts["per_log_work"]),
            float(facts["intercept"]),
            AmongMany(**facts["among_many"]) if "among_many" in facts else None,
        )

    def log_odds(self, score: float, lead: float, works: int) -> float:
        """Log odds of this song against unknown music, leading its best rival by `lead`, in a catalogue of `works`."""
        odds = self.slope * score + self.per_lead * clipped(lead)
        odds += self.per_log_work * math.log(max(1, works)) + self.intercept
        if self.among_many is not None:
            odds += self.among_many.share(works) * (self.among_many.log_odds(score, lead) - odds)
        return max(-LARGEST_LOG_ODDS, min(LARGEST_LOG_ODDS, odds))


def expected_odds(works: int) -> float:
    """Log odds that a song is in a catalogue of this size, before listening: never better than even."""
    return min(0.0, math.log(max(1, works) / EVEN_ODDS_WORKS))


def clipped(lead: float) -> float:
    return max(-LARGEST_LEAD, min(LARGEST_LEAD, lead))


def shares(log_odds: Sequence[float]) -> list[float]:
    """Probabilities of competing answers whose rival "none of them" has log odds 0."""
    top = max([0.0, *log_odds])
    weights = [math.exp(value - top) for value in log_odds]
    total = math.exp(-top) + sum(weights)
    return [weight / total for weight in weights]


def with_shares(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Candidates with the probabilities that follow from their log odds; recordings of one work do not compete."""
    best: dict[int, float] = {}
    for candidate in candidates:
        best[candidate.work_id] = max(candidate.log_odds, best.get(candidate.work_id, -math.inf))
    share = dict(zip(best, shares(list(best.values())), strict=True))
    return tuple(replace(c, probability=share[c.work_id] * math.exp(c.log_odds - best[c.work_id])) for c in candidates)


def leads(work_scores: Mapping[int, float], background_score: float = -math.inf) -> dict[int, float]:
    """How far each work is ahead of the best other one, background songs included; negative for all but one."""
    first, second = sorted([*work_scores.values(), background_score, -math.inf], reverse=True)[:2]
    return {work: score - (second if score == first else first) for work, score in work_scores.items()}


def calibrated(
    candidates: Sequence[Candidate],
    calibration: Calibration,
    works: int,
    background_score: float = -math.inf,
    before: Mapping[int, float] | None = None,
) -> tuple[Candidate, ...]:
    """The candidates with their log odds and probabilities; several recordings of one work do not compete.

    `background_score` is the best score of a song that nobody plays. `before` holds the log odds of each work before
    listening; the odds of one that is not in it are even.
    """
    scores: dict[int, float] = {}
    for candidate in candidates:
        scores[candidate.work_id] = max(candidate.score, scores.get(candidate.work_id, -math.inf))
    lead = leads(scores, background_score)
    prior = {work: (before or {}).get(work, 0.0) for work in scores}
    odds = [calibration.log_odds(c.score, lead[c.work_id], works) + prior[c.work_id] for c in candidates]
    return with_shares([replace(c, log_odds=value) for c, value in zip(candidates, odds, strict=True)])
