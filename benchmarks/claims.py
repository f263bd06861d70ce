"""What the papers claim about their own parts, asked again of the families trained side by side.

    python -m benchmarks.claims [--models runs/families/models]

Reads the figures of `benchmarks.families`; a claim whose two models are not both there is left out.
"""

import argparse
import json
from pathlib import Path

from benchmarks.report import write_table
from livecsi.training.calibrate_system import CHANCE_MAP

CLAIMS = (
    ("crowd noise helps live songs", "hakala-basic", "hakala-crowd"),
    ("aligning choruses hurts", "hakala-chorus", "hakala-basic"),
    ("IBN adds", "bytecover-baseline", "bytecover-ibn"),
    ("BNNeck adds", "bytecover-ibn", "bytecover-bnneck"),
    ("GeM adds", "bytecover-bnneck", "bytecover"),
    ("2,048 numbers are better than 256", "bytecover-256", "bytecover"),
    ("256 are better than 128", "bytecover-128", "bytecover-256"),
    ("stitching and centres add", "bytecover", "caspernet"),
    ("angular beats triplet loss", "hpcp-cnn-triplet", "hpcp-cnn"),
    ("angular beats contrastive loss", "hpcp-cnn-contrastive", "hpcp-cnn"),
    ("convolutions beat an LSTM", "hpcp-lstm", "hpcp-cnn"),
    ("convolutions beat a transformer", "hpcp-vit", "hpcp-cnn"),
    ("depthwise costs little", "cqtnet", "cqtnet-small"),
    ("a teacher helps an hpcp-cnn", "hpcp-cnn-alone", "hpcp-cnn"),
    ("a teacher helps ByteCover", "bytecover-alone", "bytecover"),
    ("five times as long helps a small CQT-Net", "cqtnet-small", "cqtnet-small-long"),
    ("five times as long helps ByteCover", "bytecover", "bytecover-long"),
    ("pruning helps", "cqtnet", "cqtnet-pruned"),
    ("pruning helps a small CQT-Net", "cqtnet-small", "cqtnet-small-pruned"),
    ("pruning helps an hpcp-cnn", "hpcp-cnn-contrastive", "hpcp-cnn-contrastive-pruned"),
    ("eight bits cost little", "cqtnet-small", "cqtnet-small-int8"),
    ("eight bits cost an hpcp-cnn little", "hpcp-cnn-contrastive", "hpcp-cnn-contrastive-int8"),
)
"""What is claimed, the model without it, the model with it."""
SMALLEST = 0.05
"""A smaller difference 32 works do not show: the standard error of their MAP is as large."""
CHANCE = ("chance: another seed", "hpcp-cnn", "hpcp-cnn-seed2")


Figures = dict[str, float]


def figures_of(models: Path) -> dict[str, Figures]:
    """MAP of each model on every set it was measured on."""
    entries = json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"]
    return {entry["name"]: {part: found["map"] for part, found in entry["figures"].items()} for entry in entries}


def difference(without: Figures, within: Figures, part: str) -> str:
    """Before, after, and what lies between them on one set; nothing where one of them was not measured."""
    if part not in without or part not in within:
        return ""
    return f"{without[part]:.3f} -> {within[part]:.3f} ({within[part] - without[part]:+.3f})"


def verdict(without: Figures, within: Figures, chance: float) -> str:
    """What rendered works say: `yes` and `no` only for networks that have learned, and beyond another seed."""
    before, after = without["rendered"], within["rendered"]
    if max(before, after) < CHANCE_MAP:
        return "neither has learned"
    return "within chance" if abs(after - before) <= chance else "yes" if after > before else "no"


def by_chance(known: dict[str, Figures]) -> float:
    """How far two seeds of one network are apart, if both were trained, and no less than what the works can show."""
    _, one, other = CHANCE
    seeds = abs(known[one]["rendered"] - known[other]["rendered"]) if known.keys() >= {one, other} else 0.0
    return max(seeds, SMALLEST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, default=Path("runs/families/models"))
    known = figures_of(parser.parse_args().models)
    chance = by_chance(known)
    asked = [claim for claim in (*CLAIMS, CHANCE) if known.keys() >= set(claim[1:])]
    write_table(
        "claims",
        "What the papers claim, on our data",
        "python -m benchmarks.claims",
        ["claim", "without", "with", "MAP, rendered works", "MAP, real re-performances", "so"],
        [
            [
                *claim,
                *(difference(known[claim[1]], known[claim[2]], part) for part in ("rendered", "real")),
                verdict(known[claim[1]], known[claim[2]], chance) if claim != CHANCE else "the yardstick",
            ]
            for claim in asked
        ],
        f"Models, budget and sets are those of `families.md`. Rendered works decide: a difference below {chance:.2f} "
        f"(or another seed's) says nothing, nor does one of networks below MAP {CHANCE_MAP}.",
    )


if __name__ == "__main__":
    main()
