"""What phrases learn from: works of a pool as the released encoder hears them.

The encoder is not changed, so every work is heard once and kept as levels in the folder of the run, and a step of the
training (`phrases.py`) costs no rendering.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.encoder import Encoder
from livecsi.identify.phrases import moments_of
from livecsi.training.augmentation import augment
from livecsi.training.rehearsal import rough_window
from livecsi.training.rendering.performance import RenderedPerformance, render_performance
from livecsi.training.rendering.pool import read_pool
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.training.trainer import Listener

WINDOW_FRAMES = 401
SAY_EVERY = 250
Moments = NDArray[np.float16]
"""(24, 12, coarse moments)"""


@dataclass(frozen=True, slots=True)
class PhraseWork:
    """Moments of one work: live windows that ask, whole performances to be found (a studio version first), a twin."""

    windows: Sequence[Moments]
    songs: Sequence[Moments]
    twin: Moments | None


def gather_works(
    encoder: Encoder, scores: Sequence[Score], pool: Path, folder: Path, seed: int, listener: Listener
) -> list[PhraseWork]:
    """Every work of the pool as the encoder hears it, kept in `folder`, so that the same call again goes on there."""
    folder.mkdir(parents=True, exist_ok=True)
    by_cluster = {score.cluster_id: score for score in scores}
    heard = {int(path.stem) for path in folder.glob("*.npz")}
    for cluster, performances in read_pool(pool, heard):
        if cluster in by_cluster:
            _hear(encoder, by_cluster[cluster], performances, folder, np.random.default_rng([seed, cluster]))
            heard.add(cluster)
            if len(heard) % SAY_EVERY == 0:
                listener.say(f"{len(heard)} works heard")
    return [_read(folder / f"{cluster}.npz") for cluster in sorted(heard)]


def _hear(
    encoder: Encoder, score: Score, performances: Sequence[RenderedPerformance], folder: Path, rng: np.random.Generator
) -> None:
    """Half of the live performances ask, the others and the studio version are found; a twin where there are chords."""
    studio, *live = [performance.magnitude for performance in performances]
    asking = live[: max(1, len(live) // 2)]
    windows = [rough_window(one, min(WINDOW_FRAMES, one.shape[1]), rng) for one in asking]
    songs = [augment(studio, rng, False), *(augment(one, rng, True) for one in live[len(asking) :])]
    twin = chord_twin(score, int(rng.integers(2**31)))
    twins = [augment(render_performance(twin, rng, False, studio.shape[1]).magnitude, rng, False)] if twin else []
    arrays = {
        f"{kind}-{number}": _moments(encoder, frames)
        for kind, many in (("window", windows), ("song", songs), ("twin", twins))
        for number, frames in enumerate(many)
    }
    unfinished = folder / f"{score.cluster_id}.part"
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    unfinished.replace(folder / f"{score.cluster_id}.npz")


def _read(path: Path) -> PhraseWork:
    with np.load(path, allow_pickle=False) as archive:
        windows, songs, twins = (
            [archive[name] for name in sorted(archive.files) if name.startswith(kind)]
            for kind in ("window", "song", "twin")
        )
    return PhraseWork(windows, songs, twins[0] if twins else None)


def _moments(encoder: Encoder, magnitude: NDArray[np.float32]) -> Moments:
    _, middle, coarse = encoder.encode(magnitude).levels
    return moments_of(middle, coarse)[0].astype(np.float16)
