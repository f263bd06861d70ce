"""Pitch class profiles over time, as the untrained systems hear music, and the transposition that fits best.

Two house frames make one moment of 0.6 s, near the half second these methods were published with.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.features.hpcp import PITCH_CLASSES, hpcp
from livecsi.identify.systems.payload import Arrays
from livecsi.identify.systems.scored import Likeness, ScoredSystem
from livecsi.types import Frames

FRAMES_PER_MOMENT = 2
TRANSPOSITIONS = 2
"""How many of the likeliest transpositions are tried."""
COMPARED_AT_ONCE = 24
Array = NDArray[np.float32]


@dataclass(frozen=True)
class Chroma:
    """Profiles (12, moments) in 0..1; a moment lasts `moment_seconds`."""

    profiles: Array
    moment_seconds: float

    @property
    def duration_seconds(self) -> float:
        return self.profiles.shape[1] * self.moment_seconds

    def rotated(self, semitones: int) -> Array:
        """The profiles as they would be that many semitones lower."""
        return np.roll(self.profiles, -semitones, axis=0)


def profiles_of(frames: Frames) -> Array:
    """Neighbouring frames are averaged before they are folded."""
    moments = frames.shape[1] // FRAMES_PER_MOMENT
    pooled = frames[:, : moments * FRAMES_PER_MOMENT].reshape(len(frames), moments, FRAMES_PER_MOMENT).mean(2)
    return hpcp(pooled)


def best_rotations(query: Chroma, song: Chroma, count: int) -> list[int]:
    """By how many semitones the query is above the song, likeliest first: the optimal transposition of Serra (2008)."""
    mean = song.profiles.mean(1)
    fits = [float(query.rotated(k).mean(1) @ mean) for k in range(PITCH_CLASSES)]
    order: list[int] = np.argsort(-np.array(fits), kind="stable")[:count].tolist()
    return order


class ChromaSystem(ScoredSystem):
    """Systems that keep nothing but chroma of a song: 400 moments of twelve bytes for four minutes."""

    made: type[Chroma] = Chroma

    def encode(self, frames: Frames) -> Chroma:
        self.refuse_short(frames)
        return self.made(profiles_of(frames), FRAMES_PER_MOMENT * self.features.frame_seconds)

    def arrays(self, encoded: Chroma) -> Arrays:
        codes = np.round(encoded.profiles * 255).astype(np.uint8)
        return {"profiles": codes, "moment_seconds": np.array(encoded.moment_seconds)}

    def opened(self, arrays: Arrays) -> Chroma:
        return self.made(_from_bytes(arrays["profiles"]), float(arrays["moment_seconds"]))

    def middle(self, encoded: Chroma, seconds: float) -> Chroma:
        moments = encoded.profiles.shape[1]
        keep = min(moments, max(self.minimum_frames // FRAMES_PER_MOMENT, round(seconds / encoded.moment_seconds)))
        first = (moments - keep) // 2
        return self.made(encoded.profiles[:, first : first + keep], encoded.moment_seconds)


class TransposedChroma(ChromaSystem):
    """Systems that lay a query beside each song in its likeliest keys; the best of them counts."""

    @abstractmethod
    def prepared(self, profiles: Array) -> Array:
        """What is compared, made once of each song and of the query in each key."""

    @abstractmethod
    def beside(self, pairs: Sequence[tuple[Array, Array]], moment_seconds: float) -> list[Likeness]:
        """Query and song of each pair, in the key they have."""

    def likeness(self, query: Chroma, songs: Sequence[Chroma]) -> list[Likeness]:
        plans = [(index, k) for index, song in enumerate(songs) for k in best_rotations(query, song, TRANSPOSITIONS)]
        rotated = {k: self.prepared(query.rotated(k)) for k in {k for _, k in plans}}
        known = [self.prepared(song.profiles) for song in songs]
        best: dict[int, Likeness] = {}
        for first in range(0, len(plans), COMPARED_AT_ONCE):
            now = plans[first : first + COMPARED_AT_ONCE]
            found = self.beside([(rotated[k], known[index]) for index, k in now], query.moment_seconds)
            for (index, k), one in zip(now, found, strict=True):
                if index not in best or one.score > best[index].score:
                    best[index] = replace(one, rotation=k)
        return [best[index] for index in range(len(songs))]


def _from_bytes(codes: NDArray[Any]) -> Array:
    return np.asarray(codes.astype(np.float32) / 255)
