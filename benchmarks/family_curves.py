"""What more time brings a family: the runs of `families` as a picture, MAP against the versions heard.

    python -m benchmarks.family_curves [--runs runs/families]

Whoever is still rising when its line ends was short of time; whoever is not, of something else.
"""

import argparse
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import RESULTS

PANELS = (("map", "validation works, rendered"), ("map_real", "27 real recordings"))
FEWEST_POINTS = 2
Curve = NDArray[np.void]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=Path, default=Path("runs/families"))
    curves = read_curves(parser.parse_args().runs)
    figure, axes = plt.subplots(1, len(PANELS), figsize=(8.4, 4.2), sharey=True, layout="constrained")
    for axis, (column, title) in zip(axes, PANELS, strict=True):
        for name, curve in curves.items():
            axis.plot(curve["versions"] / 1000, curve[column], marker=".", label=name)
        axis.set(xlabel="thousand versions heard", title=title, ylim=(0, 1))
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("MAP, 120 s")
    figure.legend(*axes[0].get_legend_handles_labels(), fontsize="small", loc="outside lower center", ncols=4)
    path = RESULTS / "family_curves.png"
    figure.savefig(path, dpi=80, metadata={"Software": None})
    print(path)


def read_curves(runs: Path) -> dict[str, Curve]:
    """The validations of every run that has more than one."""
    paths = sorted(runs.glob("*/validation.csv"))
    tables = {path.parent.name: np.genfromtxt(path, delimiter=",", names=True) for path in paths}
    return {name: table for name, table in tables.items() if table.size >= FEWEST_POINTS}


if __name__ == "__main__":
    main()
