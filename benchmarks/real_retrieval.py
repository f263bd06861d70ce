"""Real versions among distractors, validation only: 27 recordings of 11 works by different ensembles
(`real_features/`), and the recordings of `music_more/` that are versions of one another.

Each recording is searched among all the others, all real music of the data folder and rendered studio versions of
held-out works. Figures for whole recordings and for cuts of their middle, with a bootstrap over queries.

    python -m benchmarks.real_retrieval --data DIR [--rendered 300] [--models DIR]
"""

import argparse
import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import write_table
from livecsi.evaluation.metrics import average_precision, retrieval_figures
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.cohort import choose_impostors, middle_of
from livecsi.identify.references import Reference
from livecsi.identify.sequences import Sequences
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings
from livecsi.training.recordings import cached_features
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.validation import real_features
from livecsi.types import Frames

CUTS_SECONDS = (300.0, 120.0, 60.0, 30.0)
SHORTLIST = 100
TRUE_GROUPS = ("ocarina-overture", "cube-waltz", "come-and-find-me", "calmed-cube", "dangerous-voyage")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--rendered", type=int, default=300)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    real = [(work, ear.system.encode(frames)) for work, frames in real_features(arguments.data / "real_features")]
    real += [(work, ear.system.encode(frames)) for work, frames in versions(arguments.data, arguments.cache)]
    others = [ear.system.encode(frames) for frames in distractors(arguments.data, arguments.cache, arguments.rendered)]
    rows = figures(ear, real, others)
    write_table(
        "real_retrieval",
        "Real re-performances among distractors",
        f"python -m benchmarks.real_retrieval --data DIR --rendered {arguments.rendered}",
        [
            "query",
            "references",
            "top-1",
            "top-5",
            "MAP",
            "MAP 90 % interval",
            "MRR",
            "1 % absent accepted: right / wrong",
        ],
        rows,
        f"Model {ear.model_id}. Shortlist {SHORTLIST}. Distractors: {len(others)}.",
    )


def versions(data: Path, cache: Path) -> list[tuple[str, Frames]]:
    """Group and magnitudes of the recordings that really are versions of one another."""
    with (data / "music_more" / "music.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["group"] in TRUE_GROUPS]
    paths = [data / "music_more" / row["path"] for row in rows]
    features = cached_features(paths, ConstantQSpec(), cache / "features")
    return [(row["group"], features[path]) for row, path in zip(rows, paths, strict=True)]


def distractors(data: Path, cache: Path, rendered: int) -> list[Frames]:
    """All real music of the data folder, `music/` first, then rendered studio versions of test works."""
    with (data / "music_more" / "music.csv").open(newline="", encoding="utf-8") as file:
        more = sorted(data / "music_more" / row["path"] for row in csv.DictReader(file) if not row["group"])
    paths = sorted((data / "music").glob("*.ogg")) + more
    music = [f for f in cached_features(paths, ConstantQSpec(), cache / "features").values() if f.shape[1] > 60]
    scores = [s for s in load_scores(data / "scores", cache / "corpus.pickle") if split_of(s.cluster_id) == "test"]
    rng = np.random.default_rng(11)
    return music + [render_performance(score, rng, live=False, frames=640).magnitude for score in scores[:rendered]]


def figures(ear: Ear, real: list[tuple[str, Sequences]], distractors: list[Sequences]) -> list[list[str]]:
    works = np.array([work for work, _ in real] + [f"distractor {i}" for i in range(len(distractors))])
    references = [Reference(i, i, s) for i, s in enumerate([s for _, s in real] + distractors)]
    means = ear.system.impostor_means(references, choose_impostors(references[len(real) :], 32))
    references = [replace(r, impostor_mean=mean) for r, mean in zip(references, means, strict=True)]
    return [_row(ear, real, references, works, seconds) for seconds in CUTS_SECONDS]


def _row(
    ear: Ear, real: list[tuple[str, Sequences]], references: list[Reference], works: np.ndarray, seconds: float
) -> list[str]:
    scores = np.full((len(real), len(references)), -np.inf)
    for row, (_, whole) in enumerate(real):
        others = [reference for reference in references if reference.recording_id != row]
        for match in ear.system.matcher(others).rank(middle_of(whole, seconds), SHORTLIST):
            scores[row, match.reference.recording_id] = match.score
    relevant = works[None] == works[None, : len(real)].T
    relevant[np.arange(len(real)), np.arange(len(real))] = False
    floor = np.where(np.isfinite(scores), scores, -1e6)
    floor[np.arange(len(real)), np.arange(len(real))] = -np.inf
    result = retrieval_figures(floor, relevant)
    low, high = _interval(floor, relevant)
    right, wrong = _open_set(floor, relevant)
    return [
        f"{seconds:.0f} s",
        str(len(references) - 1),
        f"{result.top1:.3f}",
        f"{result.top5:.3f}",
        f"{result.map:.3f}",
        f"{low:.3f}-{high:.3f}",
        f"{result.mrr:.3f}",
        f"{right:.2f} / {wrong:.3f}",
    ]


def _interval(scores: np.ndarray, relevant: np.ndarray) -> tuple[float, float]:
    order = np.argsort(-scores, axis=1, kind="stable")
    precisions = np.array([average_precision(row) for row in np.take_along_axis(relevant, order, 1)])
    rng = np.random.default_rng(0)
    means = precisions[rng.integers(0, len(precisions), (2000, len(precisions)))].mean(1)
    return float(np.quantile(means, 0.05)), float(np.quantile(means, 0.95))


def _open_set(scores: np.ndarray, relevant: np.ndarray) -> tuple[float, float]:
    """With the threshold that accepts 1 % of queries whose work is absent: share accepted right, and wrong."""
    absent = np.where(relevant, -np.inf, scores).max(1)
    threshold = np.quantile(absent, 0.99)
    best = scores.argmax(1)
    right = relevant[np.arange(len(scores)), best]
    accepted = scores.max(1) > threshold
    return float((accepted & right).mean()), float((accepted & ~right).mean())


if __name__ == "__main__":
    main()
