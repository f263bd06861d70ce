"""Telling music from speech, crowd and silence, frame by frame, so that talk is never searched for a song.

The decision looks at a few seconds of constant-Q around each frame: music has lines that stay, speech has lines that
glide and stop, a crowd has none. A small network (`gate.onnx`, run by the identify side) gives the probabilities;
this module holds what surrounds it: the silence threshold and the smoothing over time.
"""

import numpy as np
from numpy.typing import NDArray

from livecsi.types import Frames, Kind, Segment

KINDS = (Kind.UNKNOWN, Kind.SPEECH, Kind.CROWD, Kind.SILENCE)
"""What a row of the probabilities means; music is `UNKNOWN` until it has a name."""
MUSIC, SILENCE = 0, 3
SILENCE_DBFS = -55.0
STEADY_FRAMES = 50
HUM_STEADINESS = 0.98
SWITCH_COST = 8.0
LARGEST_EVIDENCE = 4.0

Probabilities = NDArray[np.float32]


def with_silence(sound: Probabilities, levels_dbfs: NDArray[np.float32]) -> Probabilities:
    """Add the row of silence to (3, frames) probabilities of music, speech, crowd: (4, frames)."""
    silent = 1 / (1 + np.exp((levels_dbfs - SILENCE_DBFS) / 2.0))
    return np.concatenate([sound * (1 - silent), silent[None]]).astype(np.float32)


def without_hum(kinds: Probabilities, magnitudes: Frames) -> Probabilities:
    """Take (4, frames) of music, speech, crowd, silence for silence where (bins, frames) hold one unchanging spectrum.

    Mains hum and idle amplifiers have lines that stay, as music has, but nothing ever happens in them: the spectra of a
    quarter of a minute correlate with their mean at 0.98 and more, those of real music at 0.97 in one case of a
    thousand.
    """
    result = kinds.copy()
    for first in range(0, magnitudes.shape[1] - STEADY_FRAMES + 1, STEADY_FRAMES):
        stretch = slice(first, first + STEADY_FRAMES)
        if steadiness(magnitudes[:, stretch]) > HUM_STEADINESS:
            result[:, stretch] = 0
            result[SILENCE, stretch] = 1
    return result


def steadiness(magnitudes: Frames) -> float:
    """Mean correlation of the logarithmic spectra of (bins, frames) with their mean: 1 when nothing changes."""
    logarithm = np.log1p(10 * magnitudes / max(float(magnitudes.mean()), 1e-9))
    centred = logarithm - logarithm.mean(0)
    mean = centred.mean(1)
    lengths = np.linalg.norm(centred, axis=0) * np.linalg.norm(mean)
    return float((mean @ centred / np.maximum(lengths, 1e-9)).mean())


def smooth_kinds(probabilities: Probabilities) -> NDArray[np.int64]:
    """The likeliest sequence of kinds when every change costs `SWITCH_COST`: row index per frame (Viterbi)."""
    evidence = np.clip(np.log(probabilities + 1e-6), -LARGEST_EVIDENCE, 0)
    return viterbi(evidence, SWITCH_COST)


def viterbi(evidence: NDArray[np.floating], switch_cost: float | NDArray[np.floating]) -> NDArray[np.int64]:
    """Best state per column of (states, columns) log evidence; a change of state before column c costs
    `switch_cost[c]`, or the same everywhere."""
    states, columns = evidence.shape
    cost = np.broadcast_to(switch_cost, columns)
    stayed = np.zeros((states, columns), bool)
    best_before = np.zeros(columns, np.int64)
    score = evidence[:, 0].astype(np.float64) if columns else np.zeros(states)
    for column in range(1, columns):
        best_before[column] = int(score.argmax())
        switch = score[best_before[column]] - cost[column]
        stayed[:, column] = score >= switch
        score = np.maximum(score, switch) + evidence[:, column]
    path = np.zeros(columns, np.int64)
    state = int(score.argmax())
    for column in range(columns - 1, -1, -1):
        path[column] = state
        if column and not stayed[state, column]:
            state = int(best_before[column])
    return path


def segments(kinds: NDArray[np.int64], frame_seconds: float, first_frame: int = 0) -> list[Segment]:
    """Runs of one kind in the frames from `first_frame` on, in seconds."""
    edges = np.flatnonzero(np.diff(kinds, prepend=-1, append=-1))
    return [
        Segment((first_frame + first) * frame_seconds, (first_frame + last) * frame_seconds, KINDS[kinds[first]])
        for first, last in zip(edges[:-1], edges[1:], strict=True)
    ]
