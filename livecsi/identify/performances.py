"""Each stretch of music heard again as a whole, free of its neighbours, and then called by its name, or unknown.

A name needs the windows of the stretch to say so (`support`), and the rest of the night not to speak against it
(`tonight`); otherwise the music is honestly unknown, with its alternatives. Pieces that turn out to be one song become
one performance.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from livecsi.identify.exactness import RECORDED_EXACTNESS
from livecsi.identify.tonight import weigh
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Kind, Performance

ALTERNATIVES = 5
LONGEST_PAUSE_SECONDS = 8.0
"""Within one song: a false ending, a breath, a word to the audience."""
PROBABLE = 0.5
"""From here on a piece is sure enough of its song to lend it to its neighbour."""
UNLIKELY_ODDS = -2.0
"""Log odds below which a piece says that it is not this song, though no other comes nearer."""

Stretch = tuple[float, float]
"""Start and end in seconds."""
ListenAgain = Callable[[float, float], tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class _Heard:
    """A stretch and what it sounds like."""

    start_seconds: float
    end_seconds: float
    candidates: tuple[Candidate, ...]

    @property
    def likeliest(self) -> Candidate | None:
        return max(self.candidates, key=lambda candidate: candidate.probability, default=None)

    @property
    def probability(self) -> float:
        return self.likeliest.probability if self.likeliest is not None else 0.0


def hear_again(
    stretches: Sequence[Stretch], listen_again: ListenAgain, tracking: TrackingSettings
) -> list[Performance]:
    """The performances of stretches of music, in order of time."""
    heard = [_Heard(start, end, listen_again(start, end)) for start, end in stretches]
    heard = _reunite(heard, listen_again)
    weighed = weigh([one.candidates for one in heard])
    performances = [
        _performance(replace(one, candidates=candidates), tracking)
        for one, candidates in zip(heard, weighed, strict=True)
    ]
    return [p for p in performances if p.best is not None or p.duration_seconds >= tracking.minimum_music_seconds]


def _reunite(heard: list[_Heard], listen_again: ListenAgain) -> list[_Heard]:
    """Pieces side by side that sound most like one song, which one of them probably is, are that song.

    A long solo or a rewritten verse looks unknown from window to window, and would make two lines of one performance.
    """
    reunited: list[_Heard] = []
    for piece in heard:
        before = reunited[-1] if reunited else None
        if before is not None and _are_one(before, piece):
            reunited[-1] = _joined(before, piece, listen_again)
        else:
            reunited.append(piece)
    return reunited


def _are_one(before: _Heard, after: _Heard) -> bool:
    near = after.start_seconds - before.end_seconds <= LONGEST_PAUSE_SECONDS
    probable = max(before.probability, after.probability) >= PROBABLE
    possible = min(_log_odds(before), _log_odds(after)) > UNLIKELY_ODDS
    return near and probable and possible and _work(before) == _work(after)


def _joined(before: _Heard, after: _Heard, listen_again: ListenAgain) -> _Heard:
    """Both as one song, as sure of it as the surest of its pieces, or of the whole where that says the same."""
    start, end = before.start_seconds, after.end_seconds
    whole = _Heard(start, end, listen_again(start, end))
    agreeing = [piece for piece in (whole, before, after) if _work(piece) == _work(before)]
    return _Heard(start, end, max(agreeing, key=lambda piece: piece.probability).candidates)


def _log_odds(heard: _Heard) -> float:
    return heard.likeliest.log_odds if heard.likeliest is not None else -math.inf


def _work(heard: _Heard) -> int | None:
    """The work that comes first, named or not."""
    return heard.likeliest.work_id if heard.likeliest is not None else None


def _performance(heard: _Heard, tracking: TrackingSettings) -> Performance:
    answers = _one_for_each_work(heard.candidates)
    first, second = [*(answer.probability for answer in answers), 0.0, 0.0][:2]
    named = first >= tracking.name_probability
    return Performance(
        start_seconds=heard.start_seconds,
        end_seconds=heard.end_seconds,
        kind=_kind(answers[0]) if named else Kind.UNKNOWN,
        confidence=first,
        margin=first - second,
        best=answers[0] if named else None,
        alternatives=tuple(answers[1 if named else 0 :][:ALTERNATIVES]),
    )


def _kind(named: Candidate) -> Kind:
    """A band that plays the song, or the recording itself from the loudspeakers."""
    return Kind.RECORDED if named.exactness >= RECORDED_EXACTNESS else Kind.SONG


def _one_for_each_work(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best candidate of each work, best first."""
    best: dict[int, Candidate] = {}
    for candidate in sorted(candidates, key=lambda c: -c.probability):
        best.setdefault(candidate.work_id, candidate)
    return list(best.values())
