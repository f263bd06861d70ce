"""The sets that systems are compared on: held-out works rendered twice, and real re-performances (validation only)."""

from pathlib import Path

import numpy as np

from livecsi.evaluation.compare import Labelled
from livecsi.training.rehearsal import spread
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.validation import real_features

FRAMES = 640
"""Three minutes."""
SEED = 77


def rendered(data: Path, cache: Path, works: int, split: str = "test") -> list[Labelled]:
    """A studio and a live version of each of `works` works of a split; rendered once, then read from `cache`."""
    kept = cache / f"compare-{split}-{works}-{SEED}.npz"
    if not kept.is_file():
        scores = load_scores(data / "scores", cache / "corpus.pickle")
        chosen = spread([score for score in scores if split_of(score.cluster_id) == split], works)
        rng = np.random.default_rng(SEED)
        versions = {
            f"{number:04d}:{'live' if live else 'studio'}": render_performance(score, rng, live, FRAMES).magnitude
            for number, score in enumerate(chosen)
            for live in (False, True)
        }
        np.savez_compressed(kept, allow_pickle=False, **versions)
    with np.load(kept) as archive:
        return [Labelled(name.split(":")[0], name, archive[name]) for name in sorted(archive.files)]


def real(data: Path) -> list[Labelled]:
    """27 recordings of 11 works by different ensembles."""
    recordings = real_features(data / "real_features")
    return [Labelled(work, f"{work} {number}", frames) for number, (work, frames) in enumerate(recordings)]
