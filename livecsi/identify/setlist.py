"""From windows to performances: the whole night is decoded as one sequence of songs, unknown music and no music.

Time is cut into one-second cells. A window speaks for a song in the cells its alignment covers and against songs it
does not hear; the gate speaks for and against music. The likeliest sequence is found with a cost for every change
(Viterbi), so a name needs sustained evidence and a single stray window changes nothing. A performance gets its name
only when the pooled probability says so; otherwise it is honestly unknown, with its alternatives.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.features.gate import viterbi
from livecsi.identify.calibration import shares
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Kind, Performance, ScoredWindow, Segment

CELL_SECONDS = 1.0
SWITCH_COST = 12.0
LARGEST_EVIDENCE = 6.0
ABSENT_EVIDENCE = -4.0
OUTSIDE_ALIGNMENT_EVIDENCE = -1.5
GATE_EVIDENCE = 2.5
STATES_BEFORE_SONGS = 2
NO_MUSIC, UNKNOWN_MUSIC = 0, 1
ALTERNATIVES = 5
LONGEST_EDGE_SECONDS = 40.0
LONGEST_BREAK_SECONDS = 25.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Run:
    """Consecutive cells of one state."""

    first: int
    last: int
    state: int


def follow(
    windows: Sequence[ScoredWindow], segments: Sequence[Segment], duration_seconds: float, tracking: TrackingSettings
) -> list[Performance]:
    """The setlist of everything heard so far, in order of time."""
    cells = int(np.ceil(duration_seconds / CELL_SECONDS))
    if cells == 0:
        return []
    music = _music_cells(segments, cells)
    songs = _songs(windows)
    evidence = np.stack(
        [
            np.where(music, -GATE_EVIDENCE, GATE_EVIDENCE),
            np.where(music, 0.0, -GATE_EVIDENCE),
            *(_song_evidence(windows, song, music) for song in songs),
        ]
    )
    runs = _runs(viterbi(evidence, SWITCH_COST))
    runs = _stretch_to_music(_join_repeats(runs), music)
    performances = [_performance(run, songs, windows, tracking) for run in runs if run.state != NO_MUSIC]
    return [p for p in performances if p.kind is Kind.SONG or p.duration_seconds >= tracking.minimum_music_seconds]


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


def _stretch_to_music(runs: list[_Run], music: NDArray[np.bool_]) -> list[_Run]:
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


def _performance(
    run: _Run, songs: list[int], windows: Sequence[ScoredWindow], tracking: TrackingSettings
) -> Performance:
    answers = _pooled_answers(run, windows, songs)
    best = answers[0] if answers else None
    second = answers[1].probability if len(answers) > 1 else 0.0
    own = (
        best is not None and run.state >= STATES_BEFORE_SONGS and best.work_id == songs[run.state - STATES_BEFORE_SONGS]
    )
    named = own and best is not None and best.probability >= tracking.name_probability
    return Performance(
        start_seconds=run.first * CELL_SECONDS,
        end_seconds=run.last * CELL_SECONDS,
        kind=Kind.SONG if named else Kind.UNKNOWN,
        confidence=best.probability if best else 0.0,
        margin=best.probability - second if best else 0.0,
        best=best if named else None,
        alternatives=tuple(answers[1 if named else 0 :][:ALTERNATIVES]),
    )


def _pooled_answers(run: _Run, windows: Sequence[ScoredWindow], songs: list[int]) -> list[Candidate]:
    """All songs heard in this stretch with the probability of their mean log odds over its windows, best first.

    A window that lies half in another song weighs little.
    """
    weights = [max(0.0, _overlap(w, run)) / (w.end_seconds - w.start_seconds) for w in windows]
    inside = [(weight**2, w) for weight, w in zip(weights, windows, strict=True) if weight > 0.2]
    total = sum(weight for weight, _ in inside)
    answers, odds = [], []
    for work_id in songs:
        heard = [(weight, c) for weight, w in inside if (c := _best_of_work(w.candidates, work_id)) is not None]
        if heard:
            silent = total - sum(weight for weight, _ in heard)
            odds.append((sum(weight * c.log_odds for weight, c in heard) + silent * ABSENT_EVIDENCE) / total)
            answers.append(max((c for _, c in heard), key=lambda candidate: candidate.score))
    pooled = [replace(a, log_odds=o, probability=p) for a, o, p in zip(answers, odds, shares(odds), strict=True)]
    return sorted(pooled, key=lambda candidate: -candidate.log_odds)


def _overlap(window: ScoredWindow, run: _Run) -> float:
    """Seconds a window and a run share."""
    last, first = min(window.end_seconds, run.last * CELL_SECONDS), max(window.start_seconds, run.first * CELL_SECONDS)
    return last - first
