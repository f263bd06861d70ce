"""What more works and more pairs bring: the results of `experiments` as a picture.

python -m benchmarks.learning_curves [--cache runs]
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from benchmarks.experiments import TRIALS
from benchmarks.report import RESULTS

WORKS = {"works-100": 100, "works-600": 600, "base": 2900}
PAIRS = {
    "short": 1_280, "base": 2_560, "double": 5_120, "livecsi-first": 71_520, "livecsi-varied": 103_520,
    "livecsi": 116_720,
}  # fmt: skip
LABELS = dict(
    zip(TRIALS, ("(a) held-out scores", "(b) real re-performances", "(c) real music badly heard"), strict=True)
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    folder = parser.parse_args().cache / "experiments"
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    _draw(axes[0], folder, WORKS, "works (160 steps of 16 pairs)")
    _draw(axes[1], folder, PAIRS, "pairs (2,900 works; stages from 71,520 on)")
    axes[0].set_ylabel("MAP, queries of 30 s")
    axes[0].legend(frameon=False)
    path = RESULTS / "learning_curves.png"
    figure.savefig(path, dpi=80, metadata={"Software": None})
    print(path)


def _draw(axis: Axes, folder: Path, runs: dict[str, int], label: str) -> None:
    """One line for each trial; runs without a result are left out."""
    there = {name: size for name, size in runs.items() if (folder / name / "result.json").is_file()}
    results = {name: json.loads((folder / name / "result.json").read_text()) for name in there}
    for trial, words in LABELS.items():
        points = [results[name][trial]["map"] for name in there]
        axis.plot(list(there.values()), points, marker="o", label=words)
    axis.set(xscale="log", xlabel=label, ylim=(0, 1.02))


if __name__ == "__main__":
    main()
