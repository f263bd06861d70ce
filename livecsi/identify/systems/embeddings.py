"""Systems that make one vector of a stretch of music: segments of a song are indexed, a window is one of them or a few.

The manifest says how long a segment is (`segment_frames`), how far apart they begin (`hop_frames`), how few frames the
graph can take (`shortest_frames`) and what it hears (`input`). A window as long as a segment is one vector, a longer
one is cut as a song is, and the best song segment of each part counts. The best one also says where in the song we are.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.features.hpcp import hpcp
from livecsi.identify.encoder import network_input
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.payload import Arrays
from livecsi.identify.systems.scored import Likeness, ScoredSystem
from livecsi.types import Frames

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Segments:
    """Unit vectors (segments, dimensions), the frame each begins at, and frames of a segment and of the whole."""

    vectors: Array
    first_frames: NDArray[np.int64]
    segment_frames: int
    length_frames: int


class EmbeddingSystem(ScoredSystem):
    """Score: the cosine of the best segment, averaged over the parts of the query."""

    kind = "embedding"

    def __init__(self, model: ReleasedModel, threads: int) -> None:
        super().__init__(model)
        facts = model.facts["embedding"]
        self._segment_frames, self._hop_frames = int(facts["segment_frames"]), int(facts["hop_frames"])
        self.minimum_frames = max(ScoredSystem.minimum_frames, int(facts["shortest_frames"]))
        self._hears_profiles = facts["input"] == "hpcp"
        self._session = model.session("embedder", threads)

    def encode(self, frames: Frames) -> Segments:
        self.refuse_short(frames)
        length = min(frames.shape[1], self._segment_frames)
        starts = segment_starts(frames.shape[1], length, self._hop_frames)
        vectors = np.stack([self._vector(frames[:, start : start + length]) for start in starts])
        return Segments(vectors, starts, length, frames.shape[1])

    def _vector(self, frames: Frames) -> Array:
        if self._hears_profiles:
            return self._session.run(hpcp=network_input(hpcp(frames)))[0][0]
        return self._session.run(magnitude=network_input(frames))[0][0]

    def arrays(self, encoded: Segments) -> Arrays:
        lengths = np.array([encoded.segment_frames, encoded.length_frames])
        return {"vectors": encoded.vectors.astype(np.float16), "first_frames": encoded.first_frames, "lengths": lengths}

    def opened(self, arrays: Arrays) -> Segments:
        segment, length = (int(value) for value in arrays["lengths"])
        return Segments(arrays["vectors"].astype(np.float32), arrays["first_frames"], segment, length)

    def middle(self, encoded: Segments, seconds: float) -> Segments:
        """The segments that lie in the middle, the nearest one where none fits."""
        keep = round(seconds / self.features.frame_seconds)
        first = (encoded.length_frames - keep) // 2
        chosen = (encoded.first_frames >= first) & (encoded.first_frames + encoded.segment_frames <= first + keep)
        if not chosen.any():
            middles = encoded.first_frames + encoded.segment_frames / 2
            chosen[np.argmin(np.abs(middles - encoded.length_frames / 2))] = True
        starts = encoded.first_frames[chosen]
        length = int(starts[-1] + encoded.segment_frames - starts[0])
        return Segments(encoded.vectors[chosen], starts - starts[0], encoded.segment_frames, length)

    def likeness(self, query: Segments, songs: Sequence[Segments]) -> list[Likeness]:
        if not songs:
            return []
        counts = [len(song.vectors) for song in songs]
        cosines = query.vectors @ np.concatenate([song.vectors for song in songs]).T
        parts = np.split(cosines, np.cumsum(counts)[:-1], axis=1)
        return [self._likeness(query, song, part) for song, part in zip(songs, parts, strict=True)]

    def _likeness(self, query: Segments, song: Segments, cosines: Array) -> Likeness:
        """The best part of the query tells where we are."""
        part, segment = (int(place) for place in np.unravel_index(cosines.argmax(), cosines.shape))
        seconds = self.features.frame_seconds
        window, place = int(query.first_frames[part]), int(song.first_frames[segment])
        return Likeness(
            float(cosines.max(1).mean()),
            0,
            (window * seconds, (window + query.segment_frames) * seconds),
            (place * seconds, (place + song.segment_frames) * seconds),
        )


def segment_starts(length_frames: int, segment_frames: int, hop_frames: int) -> NDArray[np.int64]:
    """First frames of the segments: every hop, and once more so that the end is heard too."""
    last = length_frames - segment_frames
    return np.unique(np.append(np.arange(0, last + 1, hop_frames), last)).astype(np.int64)
