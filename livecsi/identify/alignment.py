"""Walking along a cross-similarity matrix: Smith and Waterman (1981) on learned similarities.

A path may step (1, 1), (2, 1) or (1, 2), so it bends between half and double speed. No step stays in its row, so a row
follows from the two before it and whole catalogues are swept at once, side by side with walls between the songs.
The path gives the score, and the position and speed in the studio song.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

THRESHOLD = 1.0
WALL = -1e6
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Path:
    """Where the best path begins and ends, in moments of the query (rows) and of the reference (columns)."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int


def standardise(matrix: Array) -> Array:
    """Centre rows and columns, divide by the standard deviation: what is left stands out of its surroundings."""
    centred = matrix - matrix.mean(1, keepdims=True) - matrix.mean(0, keepdims=True) + matrix.mean()
    return np.asarray(centred / (centred.std() + 1e-6), dtype=np.float32)


def align(matrices: Sequence[Array]) -> tuple[NDArray[np.float64], list[Path]]:
    """Score and path of each (rows, columns) matrix; all have the same rows.

    The score is log(best / sqrt(shorter side) + 0.1): well behaved for any length.
    """
    walled, starts = _side_by_side([standardise(matrix) for matrix in matrices])
    table = _sweep(walled)
    scores, paths = np.empty(len(matrices)), []
    for index, matrix in enumerate(matrices):
        part = table[:, starts[index] : starts[index] + matrix.shape[1]]
        row, column = np.unravel_index(int(part.argmax()), part.shape)
        scores[index] = np.log(part[row, column] / np.sqrt(min(matrix.shape)) + 0.1)
        paths.append(_trace(part, int(row), int(column)))
    return scores, paths


def _side_by_side(matrices: Sequence[Array]) -> tuple[Array, list[int]]:
    """One wide matrix with two columns of wall before each part, and where the parts begin."""
    rows = matrices[0].shape[0]
    wall = np.full((rows, 2), WALL, np.float32)
    pieces, starts, width = [], [], 0
    for matrix in matrices:
        pieces += [wall, matrix]
        starts.append(width + 2)
        width += 2 + matrix.shape[1]
    return np.concatenate(pieces, 1), starts


def _sweep(similarity: Array) -> Array:
    """The Smith-Waterman table, row by row."""
    table = np.zeros_like(similarity)
    before = np.zeros((2, similarity.shape[1]), np.float32)
    for row in range(len(similarity)):
        last, second_last = before
        reach = np.maximum(last[1:-1], second_last[1:-1])
        np.maximum(reach, last[:-2], out=reach)
        reach += similarity[row, 2:]
        reach -= THRESHOLD
        np.maximum(reach, 0, out=table[row, 2:])
        before = np.stack([table[row], last])
    return table


def _trace(table: Array, row: int, column: int) -> Path:
    """Back from the best cell to where its path began."""
    last_row, last_column = row, column
    while True:
        steps = [(row - 1, column - 1), (row - 2, column - 1), (row - 1, column - 2)]
        inside = [(table[r, c], r, c) for r, c in steps if r >= 0 and c >= 0]
        best, r, c = max(inside, default=(0.0, 0, 0))
        if best <= 0:
            return Path(row, last_row, column, last_column)
        row, column = r, c
