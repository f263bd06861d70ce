"""From windows to performances: the whole night is decoded as one sequence of songs, unknown music and no music.

Time is cut into one-second cells. A window speaks for a song in the cells its alignment covers and against songs it
does not hear; the gate speaks for and against music. The likeliest sequence is found with a cost for every change
(Viterbi), so sustained evidence divides the night and a single stray window changes nothing. Then each performance is
listened to again as a whole, free of its neighbours: it gets a name only when that comparison says so; otherwise it is
honestly unknown, with its alternatives. Neighbours that turn out to be one song become one performance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.features.gate import viterbi
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Kind, Performance, ScoredWindow, Segment

# Evidence and costs are log odds for one cell.
CELL_SECONDS = 1.0
SWITCH_COST = 12.0
LARGEST_EVIDENCE = 6.0
ABSENT_EVIDENCE = -4.0
OUTSIDE_ALIGNMENT_EVIDENCE = -1.5
GATE_EVIDENCE = 2.5
STATES_BEFORE_SONGS = 2
NO_MUSIC, UNKNOWN_MUSIC = 0, 1
ALTERNATIVES = 5
LONGEST_EDGE_SECONDS = 70.0
LONGEST_BREAK_SECONDS = 25.0

Array = NDArray[np.float64]
ListenAgain = Callable[[float, float], tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive cells of one state."""

    first: int
    last: int
    state: int


def follow(
    windows: Sequence[ScoredWindow],
    segments: Sequence[Segment],
    duration_seconds: float,
    tracking: TrackingSettings,
    listen_again: ListenAgain,
) -> list[Performance]:
    """The setlist of everything heard so far, in order of time.

    `listen_again(start_seconds, end_seconds)` compares exactly that stretch with the catalogue.
    """
    cells = int(np.ceil(duration_seconds / CELL_SECONDS))
    if cells == 0:
        return []
    music = _music_cells(segments, cells)
    songs = _songs(windows)
    no_music = np.where(music, -GATE_EVIDENCE, GATE_EVIDENCE)
    unknown_music = np.where(music, 0.0, -GATE_EVIDENCE)
    evidence = np.stack([no_music, unknown_music, *(_song_evidence(windows, song, music) for song in songs)])
    runs = _stretch_to_music(_join_repeats(_runs(viterbi(evidence, SWITCH_COST))))
    heard = [_performance(run, listen_again, tracking) for run in runs if run.state != NO_MUSIC]
    performances = _reunite(heard, listen_again, tracking)
    return [p for p in performances if p.best is not None or p.duration_seconds >= tracking.minimum_music_seconds]


def _music_cells(segments: Sequence[Segment], cells: int) -> NDArray[np.bool_]:
    music = np.zeros(cells, bool)
    for segment in segments:
        if segment.kind.is_music:
            music[round(segment.start_seconds / CELL_SECONDS) : round(segment.end_seconds / CELL_SECONDS)] = True
    return music


def _songs(windows: Sequence[ScoredWindow]) -> list[int]:
    """Works that some window holds for more likely than not to be worth following."""
    return sorted({c.work_id for window in windows for c in window.candidates if c.log_odds > -LARGEST_EVIDENCE / 2})


def _song_evidence(windows: Sequence[ScoredWindow], work_id: int, music: NDArray[np.bool_]) -> Array:
    """Mean evidence per cell of all windows that cover it."""
    total, count = np.zeros(len(music)), np.zeros(len(music))
    for window in windows:
        first, last = _cells(window.start_seconds, window.end_seconds)
        candidate = _best_of_work(window.candidates, work_id)
        count[first:last] += 1
        if candidate is None:
            total[first:last] += ABSENT_EVIDENCE
            continue
        value = float(np.clip(candidate.log_odds, ABSENT_EVIDENCE, LARGEST_EVIDENCE))
        total[first:last] += min(value, OUTSIDE_ALIGNMENT_EVIDENCE)
        begin, end = _cells(
            window.start_seconds + candidate.window_start_seconds,
            min(window.end_seconds, window.start_seconds + candidate.window_end_seconds),
        )
        total[begin:end] += value - min(value, OUTSIDE_ALIGNMENT_EVIDENCE)
    covered = np.where(count > 0, total / np.maximum(count, 1), ABSENT_EVIDENCE)
    return np.asarray(covered - np.where(music, 0.0, GATE_EVIDENCE))


def _cells(start_seconds: float, end_seconds: float) -> tuple[int, int]:
    return round(start_seconds / CELL_SECONDS), round(end_seconds / CELL_SECONDS)


def _best_of_work(candidates: Sequence[Candidate], work_id: int) -> Candidate | None:
    own = [candidate for candidate in candidates if candidate.work_id == work_id]
    return max(own, key=lambda candidate: candidate.score, default=None)


def _runs(states: NDArray[np.int64]) -> list[_Run]:
    edges = np.flatnonzero(np.diff(states, prepend=-1, append=-1))
    return [_Run(int(a), int(b), int(states[a])) for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _join_repeats(runs: list[_Run]) -> list[_Run]:
    """One song with a short break in it is one performance."""
    longest = LONGEST_BREAK_SECONDS / CELL_SECONDS
    joined: list[_Run] = []
    for run in runs:
        before = _last_song(joined)
        if before is not None and joined[before].state == run.state and run.first - joined[before].last <= longest:
            joined[before:] = [replace(joined[before], last=run.last)]
        else:
            joined.append(run)
    return joined


def _last_song(runs: list[_Run]) -> int | None:
    return next((i for i in reversed(range(len(runs))) if runs[i].state >= STATES_BEFORE_SONGS), None)


def _stretch_to_music(runs: list[_Run]) -> list[_Run]:
    """Unknown music beside a song, too short to be one itself, is the song's own beginning or end."""
    limit = round(LONGEST_EDGE_SECONDS / CELL_SECONDS)
    stretched: list[_Run] = []
    for index, run in enumerate(runs):
        short = run.state == UNKNOWN_MUSIC and run.last - run.first <= limit
        after = runs[index + 1] if index + 1 < len(runs) else None
        if short and stretched and stretched[-1].state >= STATES_BEFORE_SONGS and stretched[-1].last == run.first:
            follows_song = after is not None and after.state >= STATES_BEFORE_SONGS
            last = (run.first + run.last) // 2 if follows_song else run.last
            stretched[-1] = replace(stretched[-1], last=last)
            if follows_song and after is not None:
                runs[index + 1] = replace(after, first=last)
        elif short and after is not None and after.state >= STATES_BEFORE_SONGS:
            runs[index + 1] = replace(after, first=run.first)
        else:
            stretched.append(runs[index])
    return stretched


def _performance(run: _Run, listen_again: ListenAgain, tracking: TrackingSettings) -> Performance:
    start_seconds, end_seconds = run.first * CELL_SECONDS, run.last * CELL_SECONDS
    candidates = listen_again(start_seconds, end_seconds)
    answers = [best for best in (_best_of_work(candidates, work) for work in _works(candidates)) if best is not None]
    first, second = [*(answer.probability for answer in answers), 0.0, 0.0][:2]
    named = first >= tracking.name_probability
    return Performance(
        start_seconds=start_seconds,
        end_seconds=end_seconds,
        kind=Kind.SONG if named else Kind.UNKNOWN,
        confidence=first,
        margin=first - second,
        best=answers[0] if named else None,
        alternatives=tuple(answers[1 if named else 0 :][:ALTERNATIVES]),
    )


def _reunite(heard: list[Performance], listen_again: ListenAgain, tracking: TrackingSettings) -> list[Performance]:
    """Pieces that touch and sound most like one song are that song, where the whole of them gets its name.

    A long solo or a rewritten verse looks unknown from window to window, and would make two lines of one performance.
    """
    reunited: list[Performance] = []
    for performance in heard:
        before = reunited[-1] if reunited else None
        if before is not None and before.end_seconds == performance.start_seconds and _may_be_one(before, performance):
            first, last = (round(s / CELL_SECONDS) for s in (before.start_seconds, performance.end_seconds))
            whole = _performance(_Run(first, last, UNKNOWN_MUSIC), listen_again, tracking)
            if whole.best is not None and whole.best.work_id == _likeliest(performance):
                reunited[-1] = whole
                continue
        reunited.append(performance)
    return reunited


def _may_be_one(before: Performance, after: Performance) -> bool:
    named = before.best is not None or after.best is not None
    return named and _likeliest(before) == _likeliest(after)


def _likeliest(performance: Performance) -> int | None:
    """The work that comes first, named or not."""
    first = performance.best or next(iter(performance.alternatives), None)
    return first.work_id if first is not None else None


def _works(candidates: Sequence[Candidate]) -> list[int]:
    """The works among the candidates, best first."""
    return list(dict.fromkeys(c.work_id for c in sorted(candidates, key=lambda c: -c.score)))
