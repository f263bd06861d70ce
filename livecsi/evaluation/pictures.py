"""A comparison as something to look at: five pictures, drawn without a screen.

Needs matplotlib and scikit-learn, the extra `compare`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from sklearn.manifold import TSNE

from livecsi.evaluation.compare import Comparison, Labelled, same_work

INCHES = 4.2
SHOWN_WORKS = 20
"""Works that get a colour in the map; the others are grey."""


def draw(folder: Path, name: str, comparisons: Sequence[Comparison], recordings: Sequence[Labelled]) -> list[Path]:
    """`NAME-roc.png`, `-precision.png`, `-lengths.png`, `-scores.png` and `-map.png` in `folder`."""
    same = same_work(recordings)
    pictures: dict[str, Figure] = {
        "roc": _curves(comparisons, "false_positive_rate", "recall", "false positives", "true positives"),
        "precision": _curves(comparisons, "recall", "precision", "recall", "precision"),
        "lengths": _lengths(comparisons),
        "scores": _grid(comparisons, lambda axes, one: _scores(axes, one, same)),
        "map": _grid(comparisons, lambda axes, one: _map(axes, one, recordings)),
    }
    paths = []
    for kind, figure in pictures.items():
        paths.append(folder / f"{name}-{kind}.png")
        figure.savefig(paths[-1], dpi=80, metadata={"Software": None})
    return paths


def _curves(comparisons: Sequence[Comparison], across: str, upward: str, x: str, y: str) -> Figure:
    figure = Figure((2 * INCHES, INCHES), layout="constrained")
    for place, title in enumerate(("balanced", "all pairs")):
        axes = figure.add_subplot(1, 2, place + 1, title=title, xlabel=x, ylabel=y)
        for one in comparisons:
            curve = one.all_pairs if place else one.balanced_pairs
            axes.plot(getattr(curve, across), getattr(curve, upward), label=one.model)
        axes.grid(alpha=0.3)
    _legend(figure, axes)
    return figure


def _lengths(comparisons: Sequence[Comparison]) -> Figure:
    figure = Figure((2 * INCHES, INCHES), layout="constrained")
    accuracy = figure.add_subplot(1, 2, 1, xlabel="seconds of the query", ylabel="MAP")
    latency = figure.add_subplot(
        1, 2, 2, xlabel="seconds of the query", ylabel="processor milliseconds a query", yscale="log"
    )
    for one in comparisons:
        known = [at for at in one.by_length if at.figures.queries]
        seconds = [at.seconds for at in known]
        accuracy.plot(seconds, [at.figures.map for at in known], "o-", label=one.model)
        latency.plot(seconds, [at.encode_milliseconds + at.rank_milliseconds for at in known], "o-")
    _legend(figure, accuracy)
    for axes in (accuracy, latency):
        axes.grid(alpha=0.3)
    return figure


def _legend(figure: Figure, axes: Any) -> None:
    """Which line is which model, below what it would hide."""
    figure.legend(*axes.get_legend_handles_labels(), fontsize="small", loc="outside lower center", ncols=4)


def _grid(comparisons: Sequence[Comparison], paint: Callable[[Any, Comparison], None]) -> Figure:
    columns = min(3, len(comparisons))
    rows = -(-len(comparisons) // columns)
    figure = Figure((columns * INCHES, rows * 0.8 * INCHES), layout="tight")
    for place, one in enumerate(comparisons, 1):
        paint(figure.add_subplot(rows, columns, place, title=one.model), one)
    return figure


def _scores(axes: Any, one: Comparison, same: np.ndarray) -> None:
    """Distributions of the normalised scores of same and different songs."""
    different = ~same & ~np.eye(len(same), dtype=bool)
    edges = np.histogram_bin_edges(one.scores[same | different], 40)
    for label, chosen in (("different", different), ("same", same)):
        axes.hist(one.scores[chosen], edges, density=True, alpha=0.6, label=label)
    axes.legend(fontsize="small")


def _map(axes: Any, one: Comparison, recordings: Sequence[Labelled]) -> None:
    """Neighbourhoods after van der Maaten and Hinton (2008), the distance being how far a score is from the best."""
    symmetric = (one.scores + one.scores.T) / 2
    distance = np.where(np.isfinite(symmetric), symmetric[np.isfinite(symmetric)].max() - symmetric, 0.0)
    perplexity = min(15.0, (len(recordings) - 1) / 3)
    places = TSNE(metric="precomputed", init="random", random_state=0, perplexity=perplexity).fit_transform(distance)
    works = sorted({recording.work for recording in recordings})
    shown = {work: number for number, work in enumerate(works[:: max(1, len(works) // SHOWN_WORKS)][:SHOWN_WORKS])}
    colours = mpl.colormaps["tab20"]
    axes.scatter(*places.T, s=14, c=[colours(shown[r.work]) if r.work in shown else "0.85" for r in recordings])
    axes.set_xticks([])
    axes.set_yticks([])
