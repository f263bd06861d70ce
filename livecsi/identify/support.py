"""What a performance is called, from the windows in it: a right name is heard again and again.

The stretch as a whole is one comparison, and one comparison can be lucky: it says which songs to think of and where the
performance lies in them. How likely they are is the mean of what its windows said, each by itself: where the name is
right most of them hold it for possible, in whatever part of the song they lie; a stranger that resembles a song as a
whole resembles another one from window to window. Beside that mean the whole comparison adds nothing, says a logistic
fit on rehearsed nights (`benchmarks.window_support`).
"""

from collections.abc import Sequence
from dataclasses import replace

from livecsi.identify.calibration import with_shares
from livecsi.types import Candidate, ScoredWindow, Support

ODDS_PER_MEAN, INTERCEPT = 1.42, 1.69
"""Log odds of a performance = `ODDS_PER_MEAN` * mean log odds of its windows + `INTERCEPT`: a window hears a part, so
it says too little."""
ABSENT_ODDS, LARGEST_ODDS = -4.0, 6.0
"""Log odds of a song that a window does not name, and the most that one window may say."""
LEAST_OVERLAP_SECONDS = 20.0
"""A window that has less of the stretch speaks of its neighbours."""
Spans = tuple[tuple[float, float], ...]
"""Start and end of windows in seconds."""


def supported(
    candidates: Sequence[Candidate], windows: Sequence[ScoredWindow], start_seconds: float, end_seconds: float
) -> tuple[Candidate, ...]:
    """The candidates of a stretch with the odds its windows give them, best first; unchanged where it has none.

    Each carries the windows it rests on, for whoever asks later why it has its name.
    """
    inside = [w for w in windows if overlap_seconds(w, start_seconds, end_seconds) >= LEAST_OVERLAP_SECONDS]
    if not inside:
        return tuple(candidates)
    best = {c.work_id: c.log_odds for c in sorted(candidates, key=lambda c: c.log_odds)}
    spans = tuple((window.start_seconds, window.end_seconds) for window in inside)  # one for all: a night has hundreds
    weighed = [_weighed(c, inside, spans, c.log_odds - best[c.work_id]) for c in candidates]
    return with_shares(sorted(weighed, key=lambda candidate: -candidate.log_odds))


def mean_log_odds(windows: Sequence[ScoredWindow], work_id: int) -> float:
    """What these windows say of a work on average."""
    return _mean([_log_odds(window, work_id) for window in windows])


def overlap_seconds(window: ScoredWindow, start_seconds: float, end_seconds: float) -> float:
    """How much of a stretch lies in a window; negative beside it."""
    return min(window.end_seconds, end_seconds) - max(window.start_seconds, start_seconds)


def log_odds_of(window_log_odds: Sequence[float]) -> float:
    """Log odds of a song in a performance, from those in each of its windows."""
    return ODDS_PER_MEAN * _mean(window_log_odds) + INTERCEPT


def _weighed(candidate: Candidate, windows: Sequence[ScoredWindow], spans: Spans, behind: float) -> Candidate:
    """The candidate as its windows see it; `behind` is how far it is behind the best recording of its work."""
    said = tuple(_log_odds(window, candidate.work_id) for window in windows)
    odds = log_odds_of(said) + behind
    return replace(candidate, log_odds=odds, support=Support(spans, said, candidate.log_odds, odds))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _log_odds(window: ScoredWindow, work_id: int) -> float:
    own = [candidate.log_odds for candidate in window.candidates if candidate.work_id == work_id]
    return min(LARGEST_ODDS, max([ABSENT_ODDS, *own]))
