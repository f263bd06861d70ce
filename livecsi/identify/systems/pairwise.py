"""Systems that look at a pair with a network of two inputs, after Hakala et al.: dear, so a shortlist comes first.

The encoder hears 401 frames and gives four levels of features over time; the matcher scores the levels of two songs.
A pair costs about 20 ms in either order, and the score is not symmetric, so both orders are averaged. The shortlist
asks only the deepest level: how near each of its moments is to some moment of the other song.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.features.chorus import from_chorus
from livecsi.identify.encoder import network_input
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.payload import Arrays
from livecsi.identify.systems.scored import Likeness, ScoredSystem
from livecsi.types import Frames

LEVELS = 4
MOST_PAIRS = 24
"""Pairs of one window: a second of work in ten."""
CERTAIN = 1e-6
"""Probabilities are kept this far from 0 and 1 before their log odds are taken."""
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FourLevels:
    """Feature maps (channels, moments), shallow first, and how many frames they were made of."""

    maps: tuple[Array, ...]
    length_frames: int


class PairwiseSystem(ScoredSystem):
    """Score: the log odds that the network gives, the mean of both orders."""

    kind = "pairwise"

    def __init__(self, model: ReleasedModel, threads: int) -> None:
        super().__init__(model)
        self._frames = int(model.facts["pairwise"]["frames"])
        self._from_chorus = model.facts["pairwise"]["feature"] == "chorus"
        self._encoder, self._matcher = model.session("encoder", threads), model.session("matcher", threads)

    def encode(self, frames: Frames) -> FourLevels:
        """The first frames of a song, or those from its first chorus on; silence after a short one."""
        self.refuse_short(frames)
        heard = from_chorus(frames, self._frames) if self._from_chorus else frames[:, : self._frames]
        padded = np.pad(heard, ((0, 0), (0, self._frames - heard.shape[1])))
        maps = self._encoder.run(magnitude=network_input(padded))
        return FourLevels(tuple(level[0] for level in maps), heard.shape[1])

    def arrays(self, encoded: FourLevels) -> Arrays:
        maps = {f"level{number}": level.astype(np.float16) for number, level in enumerate(encoded.maps, 1)}
        return {**maps, "length_frames": np.array(encoded.length_frames)}

    def opened(self, arrays: Arrays) -> FourLevels:
        maps = tuple(arrays[f"level{number}"].astype(np.float32) for number in range(1, LEVELS + 1))
        return FourLevels(maps, int(arrays["length_frames"]))

    def middle(self, encoded: FourLevels, seconds: float) -> FourLevels:
        """The network sees one length only: nothing to cut."""
        return encoded

    def nearest(self, query: FourLevels, songs: Sequence[FourLevels], count: int) -> Sequence[int]:
        likely = [deepest_likeness(query.maps[-1], song.maps[-1]) for song in songs]
        order: list[int] = np.argsort(-np.array(likely), kind="stable")[: min(count, MOST_PAIRS)].tolist()
        return order

    def likeness(self, query: FourLevels, songs: Sequence[FourLevels]) -> list[Likeness]:
        seconds = self.features.frame_seconds
        ends = 0.0, query.length_frames * seconds
        return [
            Likeness((self._one_way(query, s) + self._one_way(s, query)) / 2, 0, ends, (0.0, s.length_frames * seconds))
            for s in songs
        ]

    def _one_way(self, one: FourLevels, other: FourLevels) -> float:
        """Log odds: probabilities crowd together at both ends, and what crowds cannot be told apart."""
        feeds = {f"{side}{number}": level[None] for side, maps in (("a", one.maps), ("b", other.maps))
                 for number, level in enumerate(maps, 1)}  # fmt: skip
        probability = float(np.clip(self._matcher.run(**feeds)[0].item(), CERTAIN, 1 - CERTAIN))
        return float(np.log(probability / (1 - probability)))


def deepest_likeness(query: Array, song: Array) -> float:
    """The mean of the largest cosines of rows and columns of two maps (channels, moments)."""
    one, other = (level / np.maximum(np.linalg.norm(level, axis=0), 1e-9) for level in (query, song))
    cosines = one.T @ other
    return float(cosines.max(0).mean() + cosines.max(1).mean()) / 2
