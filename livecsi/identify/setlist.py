"""From windows to performances: the whole night is decoded as one sequence of songs, unknown music and no music.

Time is cut into one-second cells. A window speaks for a song in the cells its alignment covers and against songs it
does not hear; the gate speaks for and against music. The likeliest sequence is found with a cost for every change
(Viterbi), so sustained evidence divides the night and a single stray window changes nothing; where the music pauses a
change costs little, for there songs begin and end. What each stretch is called is decided in `performances`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.features.gate import viterbi
from livecsi.identify.performances import ListenAgain, Stretch, hear_again
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Performance, ScoredWindow, Segment

# Evidence and costs are log odds for one cell.
CELL_SECONDS = 1.0
SWITCH_COST = 12.0
BREAK_COST = 3.0
"""What a change costs beside a cell without music: songs begin and end there."""
LARGEST_EVIDENCE = 6.0
ABSENT_EVIDENCE = -4.0
OUTSIDE_ALIGNMENT_EVIDENCE = -1.5
GATE_EVIDENCE = 2.5
STATES_BEFORE_SONGS = 2
NO_MUSIC, UNKNOWN_MUSIC = 0, 1
LONGEST_EDGE_SECONDS = 70.0
LONGEST_BREAK_SECONDS = 25.0

Array = NDArray[np.float64]


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
    return hear_again(divide(windows, segments, duration_seconds), listen_again, tracking)


def divide(windows: Sequence[ScoredWindow], segments: Sequence[Segment], duration_seconds: float) -> list[Stretch]:
    """Stretches of music that are one song each, known or not, start and end in seconds, in order of time.

    What began before second 0 counts from there on.
    """
    cells = int(np.ceil(duration_seconds / CELL_SECONDS))
    if cells == 0:
        return []
    music = _music_cells(segments, cells)
    songs = _songs(windows)
    no_music = np.where(music, -GATE_EVIDENCE, GATE_EVIDENCE)
    unknown_music = np.where(music, 0.0, -GATE_EVIDENCE)
    evidence = np.stack([no_music, unknown_music, *(_song_evidence(windows, song, music) for song in songs)])
    runs = _stretch_to_music(_join_repeats(_runs(viterbi(evidence, _switch_costs(music)))))
    return [(run.first * CELL_SECONDS, run.last * CELL_SECONDS) for run in runs if run.state != NO_MUSIC]


def worth_following(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates of a window that can matter to `divide`: to it the others are as good as absent."""
    return tuple(candidate for candidate in candidates if candidate.log_odds > ABSENT_EVIDENCE)


def _music_cells(segments: Sequence[Segment], cells: int) -> NDArray[np.bool_]:
    music = np.zeros(cells, bool)
    for segment in segments:
        if segment.kind.is_music:
            first, last = _cells(segment.start_seconds, segment.end_seconds)
            music[first:last] = True
    return music


def _switch_costs(music: NDArray[np.bool_]) -> Array:
    """What a change before each cell costs."""
    beside_a_break = ~music | ~np.concatenate([music[:1], music[:-1]])
    return np.where(beside_a_break, BREAK_COST, SWITCH_COST)


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
    return max(0, round(start_seconds / CELL_SECONDS)), max(0, round(end_seconds / CELL_SECONDS))


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
    stretched: list[_Run] = []
    for index, run in enumerate(runs):
        before = stretched[-1] if stretched else None
        after = runs[index + 1] if index + 1 < len(runs) else None
        ends_song, begins_song = _belongs_to(run, before), _belongs_to(run, after)
        if not (ends_song or begins_song):
            stretched.append(runs[index])
            continue
        middle = (run.first + run.last) // 2 if ends_song and begins_song else run.last if ends_song else run.first
        if before is not None and ends_song:
            stretched[-1] = replace(before, last=middle)
        if after is not None and begins_song:
            runs[index + 1] = replace(after, first=middle)
    return stretched


def _belongs_to(run: _Run, song: _Run | None) -> bool:
    """Whether `run` is unknown music that goes on from `song`, or into it, without a pause."""
    if song is None or run.state != UNKNOWN_MUSIC or song.state < STATES_BEFORE_SONGS:
        return False
    touches = song.last == run.first or run.last == song.first
    return touches and CELL_SECONDS * (run.last - run.first) <= LONGEST_EDGE_SECONDS
