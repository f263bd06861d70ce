"""The system `fingerprint`: landmarks, pairs of peaks of the constant-Q frames, as Wang (2003) finds recordings.

It knows a recording in noise and no song in another performance: it is here to show the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.systems.payload import Arrays
from livecsi.identify.systems.scored import Likeness, ScoredSystem
from livecsi.types import Frames

PEAK_BINS, PEAK_FRAMES = 3, 2
"""A peak is the loudest within this many bins and frames to every side."""
PEAK_DECIBELS = 50.0
"""Peaks this far below the loudest one are left out."""
FARTHEST_FRAMES, FARTHEST_BINS, PARTNERS = 16, 24, 5
"""A peak is paired with the first few that follow it, no farther than this."""
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Landmarks:
    """Pairs of peaks as one number each, with the frame of the first peak, in the order of the numbers."""

    codes: Integers
    frames: Integers
    length_frames: int


class Fingerprint(ScoredSystem):
    """Score: the share of the query's landmarks that lie in the song at one distance in time."""

    kind = "fingerprint"

    def encode(self, frames: Frames) -> Landmarks:
        self.refuse_short(frames)
        return landmarks(*peaks(frames), frames.shape[1])

    def arrays(self, encoded: Landmarks) -> Arrays:
        narrow = {"codes": encoded.codes.astype(np.int32), "frames": encoded.frames.astype(np.int32)}
        return {**narrow, "length_frames": np.array(encoded.length_frames)}

    def opened(self, arrays: Arrays) -> Landmarks:
        codes, frames = (arrays[name].astype(np.int64) for name in ("codes", "frames"))
        return Landmarks(codes, frames, int(arrays["length_frames"]))

    def middle(self, encoded: Landmarks, seconds: float) -> Landmarks:
        keep = min(encoded.length_frames, max(self.minimum_frames, round(seconds / self.features.frame_seconds)))
        first = (encoded.length_frames - keep) // 2
        inside = (encoded.frames >= first) & (encoded.frames < first + keep)
        return Landmarks(encoded.codes[inside], encoded.frames[inside] - first, keep)

    def likeness(self, query: Landmarks, songs: Sequence[Landmarks]) -> list[Likeness]:
        return [self._likeness(query, song) for song in songs]

    def _likeness(self, query: Landmarks, song: Landmarks) -> Likeness:
        hits, offset = best_offset(query, song)
        seconds = self.features.frame_seconds
        first, last = max(0, -offset), min(query.length_frames, song.length_frames - offset)
        window, place = (first * seconds, last * seconds), ((first + offset) * seconds, (last + offset) * seconds)
        return Likeness(hits / max(1, len(query.codes)), 0, window, place)


def peaks(frames: Frames) -> tuple[Integers, Integers]:
    """Bins and frames of the peaks, in the order of time."""
    reach = ((PEAK_BINS, PEAK_BINS), (PEAK_FRAMES, PEAK_FRAMES))
    shape = (2 * PEAK_BINS + 1, 2 * PEAK_FRAMES + 1)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(frames, reach), shape).max((2, 3))
    loud = frames > frames.max() * 10 ** (-PEAK_DECIBELS / 20)
    time, bins = np.nonzero(((frames == around) & loud).T)
    return bins, time


def landmarks(bins: Integers, time: Integers, length_frames: int) -> Landmarks:
    """Each peak with the next `PARTNERS` within reach."""
    codes, frames = [], []
    for first in range(len(bins)):
        partners = 0
        for second in range(first + 1, len(bins)):
            apart = int(time[second] - time[first])
            if apart > FARTHEST_FRAMES or partners == PARTNERS:
                break
            if apart and abs(int(bins[second] - bins[first])) <= FARTHEST_BINS:
                partners += 1
                codes.append((int(bins[first]) * 128 + int(bins[second])) * 32 + apart)
                frames.append(int(time[first]))
    order = np.argsort(codes, kind="stable")
    return Landmarks(np.array(codes, np.int64)[order], np.array(frames, np.int64)[order], length_frames)


def best_offset(query: Landmarks, song: Landmarks) -> tuple[int, int]:
    """How many landmarks agree on one offset of the song or its neighbour, and that offset in frames."""
    starts, ends = (np.searchsorted(song.codes, query.codes, side) for side in ("left", "right"))
    counts = ends - starts
    if not counts.any():
        return 0, 0
    rows = np.repeat(np.arange(len(counts)), counts)
    columns = np.repeat(starts - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts) + np.arange(counts.sum())
    offsets = song.frames[columns] - query.frames[rows]
    votes = np.append(np.bincount(offsets - offsets.min()), 0)
    together = votes[:-1] + votes[1:]
    place = int(together.argmax())
    return int(together[place]), place + int(votes[place + 1] > votes[place]) + int(offsets.min())
