"""Walking along a cross-similarity matrix: Smith and Waterman (1981) on learned similarities.

A path may step (1, 1), (2, 1) or (1, 2), so it bends between half and double speed. No step stays in its row, so a row
follows from the two before it and many songs are swept at once, side by side with walls between them. Rows and columns
are centred, so that what is left stands out of its surroundings, and a cell counts as far as it exceeds one standard
deviation. The path gives the score, and the position and speed in the studio song.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 1.0
WALL = -1e6
WALL_COLUMNS = 2
ALIGNED_AT_ONCE = 24
"""Matrices swept together: more of them cost memory and save no time."""
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Path:
    """Where the best path begins and ends, in moments of the query (rows) and of the reference (columns)."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


@dataclass(frozen=True, slots=True)
class Alignment:
    """The best path of one matrix: its score, its last cell, and the table it is traced in when somebody asks."""

    score: float
    last_row: int
    last_column: int
    table: Array

    def path(self) -> Path:
        """Back from the best cell to where its path began."""
        table = memoryview(self.table.data)  # reads single cells three times as fast as the array does
        row, column = self.last_row, self.last_column
        while row > 0 and column > 0:
            straight = table[row - 1, column - 1]
            slow = table[row - 2, column - 1] if row > 1 else 0.0
            fast = table[row - 1, column - 2] if column > 1 else 0.0
            if straight <= 0 and slow <= 0 and fast <= 0:
                break
            if straight >= slow and straight >= fast:
                row, column = row - 1, column - 1
            elif slow >= fast:
                row, column = row - 2, column - 1
            else:
                row, column = row - 1, column - 2
        return Path(row, self.last_row, column, self.last_column)


def align(matrices: Sequence[Array]) -> list[Alignment]:
    """The alignment of each (rows, columns) matrix; all have the same rows.

    The score is log(best / sqrt(shorter side) + 0.1), best being counted in standard deviations: well behaved for any
    length.
    """
    table, starts, deviations = _side_by_side(matrices)
    _sweep(table)
    highest = table.max(0)
    alignments = []
    for matrix, start, deviation in zip(matrices, starts, deviations, strict=True):
        part = table[:, start : start + matrix.shape[1]]
        column = int(highest[start : start + matrix.shape[1]].argmax())
        row = int(part[:, column].argmax())
        score = np.log(part[row, column] / deviation / np.sqrt(min(matrix.shape)) + 0.1)
        alignments.append(Alignment(float(score), row, column, part))
    return alignments


def _side_by_side(matrices: Sequence[Array]) -> tuple[Array, list[int], list[float]]:
    """One wide matrix, each part centred, less its threshold and with a wall before it; starts and deviations."""
    widths = [WALL_COLUMNS + matrix.shape[1] for matrix in matrices]
    wide = np.full((matrices[0].shape[0], sum(widths)), WALL, np.float32)
    starts = np.cumsum([WALL_COLUMNS, *widths[:-1]]).tolist()
    deviations = [
        _centre(matrix, wide[:, start : start + matrix.shape[1]])
        for matrix, start in zip(matrices, starts, strict=True)
    ]
    return wide, starts, deviations


def _centre(matrix: Array, into: Array) -> float:
    """Write the centred matrix less its threshold, return its standard deviation.

    Sums of squares are exact enough here, and products are faster than means: similarities are no larger than one.
    """
    rows, columns = matrix.shape
    row_means = matrix @ np.full(columns, 1 / columns, np.float32)
    column_means = np.full(rows, 1 / rows, np.float32) @ matrix
    mean = float(row_means.mean())
    flat = matrix.reshape(-1)
    variance = float(flat @ flat) / flat.size - float(row_means @ row_means) / rows
    variance -= float(column_means @ column_means) / columns - mean**2
    deviation = np.sqrt(max(variance, 0.0)) + 1e-6
    np.subtract(matrix, row_means[:, None], out=into)
    into -= column_means - np.float32(mean - THRESHOLD * deviation)
    return float(deviation)


def _sweep(table: Array) -> None:
    """Turn similarities into the Smith-Waterman table, row by row and in place; walls become zero."""
    reach, nothing = np.empty(table.shape[1] - 2, np.float32), np.zeros(table.shape[1], np.float32)
    last = second_last = nothing
    for row in table:
        np.maximum(last[1:-1], second_last[1:-1], out=reach)
        np.maximum(reach, last[:-2], out=reach)
        row[2:] += reach
        np.maximum(row, nothing, out=row)
        second_last, last = last, row
