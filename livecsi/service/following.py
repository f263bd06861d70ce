"""The setlist while the night goes on: what lies well behind a pause is settled, only the rest is divided anew.

So a step costs the same at midnight as at nine. Settled are the edges; names are weighed against the whole night until
it ends (`identify.tonight`), and then the night is divided once more in one piece.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from livecsi.identify.performances import Stretch, hear_again
from livecsi.identify.setlist import divide
from livecsi.service.listener import Listener
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Performance, ScoredWindow, Segment

LAG_SECONDS = 120.0
"""Two windows: nothing heard later than that speaks about a moment."""
SHORTEST_PAUSE_SECONDS = 2.0
LONGEST_TAIL_SECONDS = 2700.0
"""Music without any pause is cut at a change of song after this long."""
REMEMBERED_SECONDS = 900.0
"""Windows this long before what is settled are kept: pieces are joined to songs, and none is longer."""

Moved = TypeVar("Moved", ScoredWindow, Segment)


class Following:
    """Follows what a listener hears; `settled` grows, `advance` may be called after every window."""

    def __init__(self, listener: Listener, tracking: TrackingSettings, settled: Sequence[Stretch] = ()) -> None:
        """`settled` is what a session that goes on had settled; the listener is told all of its windows."""
        self.settled = list(settled)
        self._since_seconds = settled[-1][1] if settled else 0.0
        self.answers: dict[Stretch, tuple[Candidate, ...]] = {}
        """Of what is settled, by the present catalogue."""
        self._older_answers: dict[Stretch, tuple[Candidate, ...]] = {}
        self._listener, self._tracking = listener, tracking

    @property
    def settled_seconds(self) -> float:
        """Lines that end before this moment keep their edges."""
        return self._since_seconds

    def advance(self, duration_seconds: float) -> list[Performance]:
        """The setlist of the session so far."""
        tail = self._divide(duration_seconds)
        self._settle(tail, float(int(duration_seconds - LAG_SECONDS)))
        open_tail = [stretch for stretch in tail if stretch[1] > self._since_seconds]
        setlist = hear_again([*self.settled, *open_tail], self._listen_again, self._tracking)
        self._listener.forget(self._since_seconds - REMEMBERED_SECONDS)
        return setlist

    def forget_lost_songs(self) -> None:
        """The catalogue was exchanged: what is settled keeps its answers, but for the songs that left."""
        older = {**self._older_answers, **self.answers}
        self._older_answers = {stretch: self._listener.known(answers) for stretch, answers in older.items()}
        self.answers = {}

    def _listen_again(self, start_seconds: float, end_seconds: float) -> tuple[Candidate, ...]:
        """What is settled is compared once in a night, while its windows are remembered."""
        stretch = (start_seconds, end_seconds)
        for known in (self.answers, self._older_answers):
            if stretch in known:
                return known[stretch]
        answers = self._listener.listen_again(start_seconds, end_seconds)
        if end_seconds <= self._since_seconds:
            self.answers[stretch] = answers
        return answers

    def _divide(self, duration_seconds: float) -> list[Stretch]:
        """What follows the settled part, as if the session began there."""
        since = self._since_seconds
        windows = [_moved(window, -since) for window in self._listener.windows() if window.end_seconds > since]
        segments = [_moved(segment, -since) for segment in self._listener.segments() if segment.end_seconds > since]
        return [(start + since, end + since) for start, end in divide(windows, segments, duration_seconds - since)]

    def _settle(self, tail: Sequence[Stretch], until_seconds: float) -> None:
        """Move the beginning of the tail to the newest pause that nothing can change any more, by whole seconds."""
        pauses = [(start, min(end, until_seconds)) for start, end in _pauses(self._since_seconds, tail)]
        ends = [end for start, end in pauses if end - start >= SHORTEST_PAUSE_SECONDS]
        if not ends and until_seconds - self._since_seconds > LONGEST_TAIL_SECONDS:
            ends = [end for _, end in tail if end <= until_seconds]
        if not ends:
            return
        self._since_seconds = max(ends)
        self.settled += [stretch for stretch in tail if stretch[1] <= self._since_seconds]


def _pauses(since_seconds: float, tail: Sequence[Stretch]) -> Iterator[Stretch]:
    """Where no music is, the last one without an end."""
    begin = since_seconds
    for start, end in tail:
        yield begin, start
        begin = end
    yield begin, float("inf")


def _moved(heard: Moved, seconds: float) -> Moved:
    return replace(heard, start_seconds=heard.start_seconds + seconds, end_seconds=heard.end_seconds + seconds)
