"""The Qmax measure of Serra, Serra and Andrzejak (2009), from their paper: recurrences of one song in another.

Each moment is embedded with those before it; two embedded moments recur when each is among the nearest of the other.
Qmax is the length of the longest curve of recurrences, bent by changes of tempo and allowed small breaks.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSION = 8
"""Moments of an embedding: 4.8 s, where the paper has 10 of 0.46 s."""
NEIGHBOURS = 0.1
"""Share of the other song's moments that count as near."""
ONSET, EXTENSION = 5.0, 0.5
"""What a break costs when it begins and for as long as it goes on."""
WALL = 2
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Curve:
    """The longest curve of a recurrence plot: its length and its first and last cell."""

    length: float
    first_row: int
    last_row: int
    first_column: int
    last_column: int


def embedded(profiles: Array, dimension: int = DIMENSION) -> Array:
    """Profiles (12, moments) to (moments - dimension + 1, 12 * dimension): each moment with those that follow."""
    windows = np.lib.stride_tricks.sliding_window_view(profiles, dimension, axis=1)
    return np.ascontiguousarray(windows.transpose(1, 0, 2).reshape(windows.shape[1], -1))


def recurrence(query: Array, song: Array, neighbours: float = NEIGHBOURS) -> NDArray[np.bool_]:
    """Which embedded moments (rows of both) are among the nearest of each other, (query, song)."""
    distance = np.square(query).sum(1)[:, None] + np.square(song).sum(1)[None] - 2 * query @ song.T
    rows, columns = distance.shape
    in_row, in_column = (max(1, round(neighbours * length)) - 1 for length in (columns, rows))
    row_limit = np.partition(distance, in_row, axis=1)[:, in_row, None]
    column_limit = np.partition(distance, in_column, axis=0)[None, in_column]
    return np.asarray((distance <= row_limit) & (distance <= column_limit))


def longest_curves(plots: Sequence[NDArray[np.bool_]]) -> list[Curve]:
    """The longest curve of each plot (rows, columns); all have the same rows and are swept side by side."""
    widths = [WALL + plot.shape[1] for plot in plots]
    starts = np.cumsum([WALL, *widths[:-1]]).tolist()
    wide, inside = np.zeros((len(plots[0]), sum(widths)), bool), np.zeros(sum(widths), np.float32)
    for plot, start in zip(plots, starts, strict=True):
        wide[:, start : start + plot.shape[1]] = plot
        inside[start : start + plot.shape[1]] = 1.0
    table = cumulated(wide, inside)
    return [_longest(table[:, s : s + plot.shape[1]]) for plot, s in zip(plots, starts, strict=True)]


def cumulated(recurs: NDArray[np.bool_], inside: Array) -> Array:
    """The matrix Q, row by row; it is zero where `inside` is, and in what lies before the first row and columns."""
    table = np.zeros(recurs.shape, np.float32)
    last = second = last_broken = second_broken = np.zeros(recurs.shape[1], np.float32)
    for row, here in zip(table, recurs, strict=True):
        reach = np.maximum(np.maximum(last[1:-1], second[1:-1]), last[:-2])
        broken = np.maximum(np.maximum(last_broken[1:-1], second_broken[1:-1]), last_broken[:-2])
        row[2:] = np.where(here[2:], reach + 1, np.maximum(broken, 0)) * inside[2:]
        second, last = last, row
        second_broken, last_broken = last_broken, row - np.where(here, np.float32(ONSET), np.float32(EXTENSION))
    return table


def _longest(table: Array) -> Curve:
    """Back from the largest cell to where its curve began."""
    last_row, last_column = (int(place) for place in np.unravel_index(table.argmax(), table.shape))
    row, column = last_row, last_column
    while row > 0 and column > 0:
        before = [
            (r, c) for r, c in ((row - 1, column - 1), (row - 2, column - 1), (row - 1, column - 2)) if min(r, c) >= 0
        ]
        best = max(before, key=lambda cell: table[cell])
        if table[best] <= 0:
            break
        row, column = best
    return Curve(float(table[last_row, last_column]), row, last_row, column, last_column)
