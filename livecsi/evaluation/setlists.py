"""A heard setlist against the truth: what was found, what was invented, and how far the edges are off.

A song counts as found when a performance with its name overlaps it at all (Yesiler et al. 2021), each truth matching
one performance; `f1_10s` wants both edges within ten seconds as well. A false performance is a name that was not played
there, or a performance where nobody played at all. Unknown songs count as recalled when no name was put on them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.evaluation.tables import TrueSegment
from livecsi.types import Kind, Performance

FRAME_SECONDS = 0.1
EDGE_SECONDS = 10.0
TOUCH_SECONDS = 10.0
NO_MUSIC, UNNAMED = "", "?"


@dataclass(frozen=True, slots=True)
class SetlistFigures:
    """The figures of one concert."""

    precision: float
    recall: float
    f1: float
    f1_10s: float
    boundary_median_s: float
    frame_accuracy: float
    false_performances_per_hour: float
    unknown_recall: float
    songs: int
    named: int
    found: int
    found_10s: int
    false_performances: int

    def as_dict(self) -> dict[str, float | int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Heard:
    """A performance reduced to what is judged; `work` is empty where it was left unknown."""

    start_seconds: float
    end_seconds: float
    work: str


def heard_of(performances: Sequence[Performance], work_names: dict[int, str]) -> list[Heard]:
    """Performances with the truth's names of works; a recording from the loudspeakers is no song of the setlist."""
    return [
        Heard(p.start_seconds, p.end_seconds, work_names[p.best.work_id] if p.best and p.kind is Kind.SONG else "")
        for p in performances
    ]


def setlist_figures(heard: Sequence[Heard], truth: Sequence[TrueSegment], duration_seconds: float) -> SetlistFigures:
    """Judge a concert of `duration_seconds`."""
    songs = [segment for segment in truth if segment.is_live_song and segment.work]
    named = [performance for performance in heard if performance.work]
    pairs = _match(named, songs)
    errors = [_edge_errors(performance, song) for performance, song in pairs]
    precise = sum(max(pair) <= EDGE_SECONDS for pair in errors)
    false = _false_performances(heard, truth)
    strangers = [segment for segment in truth if segment.is_live_song and not segment.work]
    left = sum(not any(_overlap(p, s) >= TOUCH_SECONDS for p in named) for s in strangers)
    precision, recall = _share(len(pairs), len(named)), _share(len(pairs), len(songs))
    return SetlistFigures(
        precision,
        recall,
        _f1(precision, recall),
        _f1(_share(precise, len(named)), _share(precise, len(songs))),
        float(np.median([error for pair in errors for error in pair])) if errors else 0.0,
        _frame_accuracy(heard, truth, duration_seconds),
        false / max(duration_seconds / 3600, 1e-9),
        _share(left, len(strangers)),
        len(songs),
        len(named),
        len(pairs),
        precise,
        false,
    )


def _match(named: Sequence[Heard], songs: Sequence[TrueSegment]) -> list[tuple[Heard, TrueSegment]]:
    """Pairs of the same work with the largest overlaps first, each used once."""
    options = [(_overlap(p, s), i, j) for i, p in enumerate(named) for j, s in enumerate(songs) if p.work == s.work]
    used: tuple[set[int], set[int]] = set(), set()
    pairs = []
    for overlap, i, j in sorted(options, reverse=True):
        if overlap > 0 and i not in used[0] and j not in used[1]:
            used[0].add(i)
            used[1].add(j)
            pairs.append((named[i], songs[j]))
    return pairs


def _false_performances(heard: Sequence[Heard], truth: Sequence[TrueSegment]) -> int:
    count = 0
    for performance in heard:
        played = [s for s in truth if s.kind.is_music and _overlap(performance, s) > 0]
        if performance.work:
            count += not any(segment.work == performance.work for segment in played)
        else:
            music = sum(_overlap(performance, segment) for segment in played)
            count += music < 0.5 * (performance.end_seconds - performance.start_seconds)
    return count


def _frame_accuracy(heard: Sequence[Heard], truth: Sequence[TrueSegment], duration_seconds: float) -> float:
    said = _frames([(p.start_seconds, p.end_seconds, p.work or UNNAMED) for p in heard], duration_seconds)
    true = _frames(
        [
            (s.start_seconds, s.end_seconds, (s.work if s.is_live_song else "") or UNNAMED)
            for s in truth
            if s.kind.is_music
        ],
        duration_seconds,
    )
    return float(np.mean(said == true)) if len(true) else 0.0


def _frames(stretches: Sequence[tuple[float, float, str]], duration_seconds: float) -> NDArray[np.object_]:
    labels = np.full(round(duration_seconds / FRAME_SECONDS), NO_MUSIC, object)
    for start, end, label in stretches:
        labels[round(start / FRAME_SECONDS) : round(end / FRAME_SECONDS)] = label
    return labels


def _edge_errors(performance: Heard, song: TrueSegment) -> tuple[float, float]:
    return abs(performance.start_seconds - song.start_seconds), abs(performance.end_seconds - song.end_seconds)


def _overlap(performance: Heard, segment: TrueSegment) -> float:
    return max(
        0.0, min(performance.end_seconds, segment.end_seconds) - max(performance.start_seconds, segment.start_seconds)
    )


def _share(part: int, whole: int) -> float:
    """Nothing to find and nothing claimed is perfect."""
    return part / whole if whole else 1.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
