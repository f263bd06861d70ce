"""What a run leaves on disk: a checkpoint that survives a kill, the best network so far, curves as tables and picture.

`checkpoint.pt` is replaced atomically; `best.pt` exists only where a run is validated; `curve.csv`, `validation.csv`
and `curve.png` are for people.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from livecsi.errors import InputError
from livecsi.training.networks.livecsi import LivecsiNetwork
from livecsi.training.scores.corpus import CORPUS_VERSION

CHECKPOINT, BEST, CURVE, VALIDATION = "checkpoint.pt", "best.pt", "curve.csv", "validation.csv"
NO_LOSSES = ("step", "seconds", "learning_rate", "top1")
"""Columns of a curve beside its losses and its second one, which counts what was seen."""


@dataclass(slots=True)
class Progress:
    """How far a run is, how its validations went, and how often a plateau lowered its rate."""

    step: int = 0
    seconds: float = 0.0
    best: float = -1.0
    since_best: int = 0
    drops: int = 0

    def judge(self, figure: float) -> bool:
        """Whether this validation is the best so far."""
        better = figure > self.best
        self.best, self.since_best = (figure, 0) if better else (self.best, self.since_best + 1)
        return better


def save(
    path: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    progress: Progress,
    plan: Mapping[str, Any],
) -> None:
    """Write everything a run needs to go on as if nothing had happened."""
    state = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "step": progress.step,
        "seconds": progress.seconds,
        "best": progress.best,
        "since_best": progress.since_best,
        "drops": progress.drops,
        "plan": dict(plan),
    }
    unfinished = path.with_suffix(".new")
    torch.save(state, unfinished)
    unfinished.replace(path)


def resume(folder: Path, network: nn.Module, optimiser: torch.optim.Optimizer, device: torch.device) -> Progress:
    """Put the run back where its checkpoint left it."""
    path = folder / CHECKPOINT
    if not path.is_file():
        return Progress()
    state = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"].cpu())
    return Progress(
        int(state["step"]),
        float(state["seconds"]),
        float(state.get("best", -1)),
        int(state.get("since_best", 0)),
        int(state.get("drops", 0)),
    )


def released_state(folder: Path) -> dict[str, Any]:
    """The state to release: the best one of a validated run, else the last; raises InputError where there is none."""
    path = folder / BEST if (folder / BEST).is_file() else folder / CHECKPOINT
    if not path.is_file():
        raise InputError(f"{folder}: holds no trained run", "train it first with `livecsi train`")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


def cost_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a released run took, as the manifest has it."""
    return {"steps": state["step"], "seconds": round(state["seconds"]), "corpus_version": CORPUS_VERSION}


def load_network(folder: Path) -> LivecsiNetwork:
    """The network a run would release."""
    state = released_state(folder)
    network = LivecsiNetwork(state["plan"]["width"])
    network.load_state_dict(state["network"])
    return network.eval()


def log(path: Path, row: Mapping[str, float]) -> None:
    """One more row of a table, with its header where the table is new."""
    fresh = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def last_step(path: Path) -> int:
    """The step of the last row of a table; 0 where there is none."""
    rows = _read(path) if path.is_file() else []
    return int(rows[-1]["step"]) if rows else 0


def forget_after(path: Path, step: int) -> None:
    """Take rows out of a table that a run will write again, because it was killed after its last checkpoint."""
    if last_step(path) <= step:
        return
    kept = [line for line in path.read_text(encoding="utf-8").splitlines() if not _is_after(line, step)]
    path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _is_after(line: str, step: int) -> bool:
    first = line.partition(",")[0]
    return first.isdigit() and int(first) > step


def draw_curves(folder: Path) -> Path | None:
    """`curve.png`: the losses over what was seen, smoothed, and the validations where there are any."""
    if not (folder / CURVE).is_file():
        return None
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
    rows = _read(folder / CURVE)
    seen = list(rows[0])[1]
    for name in [name for name in rows[0] if name not in NO_LOSSES and name != seen]:
        left.semilogy([row[seen] for row in rows], _smooth([row[name] for row in rows]), label=name)
    left.set(xlabel=seen, title="losses")
    left.legend()
    right.plot([row[seen] for row in rows], _smooth([row["top1"] for row in rows]), label="top-1 in the batch")
    if (folder / VALIDATION).is_file():
        validations = _read(folder / VALIDATION)
        for name in [name for name in validations[0] if name.startswith("map")]:
            right.plot([row[seen] for row in validations], [row[name] for row in validations], "o-", label=name)
    right.set(xlabel=seen, title="how often right")
    right.legend()
    figure.savefig(folder / "curve.png", dpi=90)
    pyplot.close(figure)
    return folder / "curve.png"


def _read(path: Path) -> list[dict[str, float]]:
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def _smooth(values: list[float], keep: float = 0.9) -> list[float]:
    smoothed, last = [], values[0]
    for value in values:
        last = keep * last + (1 - keep) * value
        smoothed.append(last)
    return smoothed
