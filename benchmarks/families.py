"""Every family trained one after another at the same budget, exported, and put into one table.

`python -m benchmarks.families --data DIR --budget 8m` on a GPU or through a night; the same command goes on where it
stopped. `--small` halves batches and segments to what a CPU core can step through, and says so in the table. Runs and
models stay in `runs/families/`, which is not committed; a model that is worth it is copied by hand.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import write_table
from livecsi.training.families.validation import VERSIONS, all_against_all
from livecsi.training.run_folder import BEST, CHECKPOINT
from livecsi.training.validation import real_features

CHEAPEST_FIRST = (
    "cqtnet-small", "hpcp-lstm", "hpcp-cnn", "hpcp-cnn-triplet", "hpcp-cnn-contrastive", "hakala-basic", "hakala-crowd",
    "hakala-chorus", "cqtnet", "hpcp-vit", "bytecover-baseline", "bytecover-ibn", "bytecover-bnneck", "bytecover",
    "bytecover-128", "bytecover-256", "caspernet",
)  # fmt: skip
CHANCE_DRAWS = 200
FIGURES = ("map", "p_at_10", "top1", "mr1")
SMALL_BATCH = {"works": 6, "versions": 2}
SMALL_FRAMES = 140
SMALL_WORKS = 100
SMALL_VALIDATION = {"validate_every": 50, "validation_works": 12, "workers": 0}


def small(table: dict[str, Any]) -> dict[str, Any]:
    """A configuration for one core: fewer and shorter items; what hakala needs stays as it is."""
    batch = dict(table["batch"])
    if table["family"] != "hakala":
        batch |= SMALL_BATCH | {"frames": [SMALL_FRAMES]}
    works = {"works": SMALL_WORKS} if "works" in table else {}
    return {**table, **works, **SMALL_VALIDATION, "batch": batch}


def as_toml(table: dict[str, Any]) -> str:
    """Numbers, words, switches and lists of them, and one level of tables below."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    tables = [f"\n[{key}]\n{as_toml(value)}" for key, value in table.items() if isinstance(value, dict)]
    return "\n".join(plain + tables)


def train_and_export(name: str, options: argparse.Namespace) -> None:
    """One family; what is already there is not done again."""
    config = Path("models") / f"{name}.toml"
    if options.small:
        table = small(tomllib.loads(config.read_text(encoding="utf-8")))
        config = options.out / f"{name}.toml"
        config.write_text(as_toml(table) + "\n", encoding="utf-8")
    run, data = options.out / name, ["--scores", str(options.data / "scores"), "--audio", str(options.data)]
    livecsi = [sys.executable, "-m", "livecsi.cli"]
    subprocess.run([*livecsi, "train", "--config", config, "--run", run, "--budget", options.budget, *data], check=True)
    if is_exported(run, options.out / "models" / name):
        return
    subprocess.run([*livecsi, "export", "--run", run, "--models", options.out / "models", *data], check=True)


def is_exported(run: Path, model: Path) -> bool:
    """Whether the graphs are younger than the network they were made of."""
    network = run / BEST if (run / BEST).is_file() else run / CHECKPOINT
    graphs = [path.stat().st_mtime for path in model.glob("*.onnx")]
    return bool(graphs) and min(graphs) > network.stat().st_mtime


def rows(models: Path) -> list[list[str]]:
    """A row for each model of the manifest."""
    found = []
    for entry in json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"]:
        rendered, real = entry["figures"]["rendered"], entry["figures"].get("real")
        size = sum(file["size_bytes"] for file in entry["files"].values())
        figures = [f"{rendered[key]:.3f}" for key in ("map", "p_at_10", "top1")] + [f"{rendered['mr1']:.1f}"]
        real_map = f"{real['map']:.3f}" if real else ""
        training = entry["training"]
        cost = [str(training["steps"]), str(training["seconds"])]
        found.append([entry["name"], *cost, *figures, real_map, f"{size / 1e6:.1f}"])
    return found


def by_chance(works: list[str]) -> dict[str, float]:
    """What a system reaches that knows nothing, with these versions of works: the mean of many draws."""
    rng, size = np.random.default_rng(0), len(works)
    draws = [all_against_all(rng.random((size, size)), works).as_dict() for _ in range(CHANCE_DRAWS)]
    return {name: float(np.mean([draw[name] for draw in draws])) for name in FIGURES}


def chance_row(models: Path, real: Path) -> list[str]:
    """The last row of the table."""
    entry = json.loads((models / "manifest.json").read_text(encoding="utf-8"))["models"][0]
    versions = entry["figures"]["rendered"]["references"]
    rendered = by_chance([str(number // VERSIONS) for number in range(versions)])
    real_map = f"{by_chance([work for work, _ in real_features(real)])['map']:.3f}" if real.is_dir() else ""
    figures = [f"{rendered[name]:.3f}" for name in FIGURES[:3]] + [f"{rendered['mr1']:.1f}"]
    return ["(by chance)", "", "", *figures, real_map, ""]


def write(options: argparse.Namespace) -> None:
    """The table of what is there so far."""
    write_table(
        "families",
        "The families of the papers, trained on the same works",
        f"python -m benchmarks.families --data DIR --budget {options.budget}{' --small' * options.small}",
        ["model", "steps", "seconds", "MAP", "P@10", "top-1", "MR1", "MAP real", "MB"],
        [*rows(options.out / "models"), chance_row(options.out / "models", options.data / "real_features")],
        "All against all, 120 s each, a studio and two live versions of held-out rendered works; `MAP real`: 27 "
        "recordings of 11 works by other ensembles, never trained on and chosen by nothing. Steps and seconds are "
        "those of the best network, which is the released one."
        + (" Small batches and 140 frames." if options.small else ""),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds scores/ and real_features/")
    parser.add_argument("--budget", default="8m", help="of each family, such as 8m or 2h")
    parser.add_argument("--only", default=",".join(CHEAPEST_FIRST), help="names of configurations, with commas")
    parser.add_argument("--small", action="store_true", help="smaller batches, for one core")
    parser.add_argument("--out", type=Path, default=Path("runs/families"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in options.only.split(","):
        train_and_export(name, options)
        write(options)


if __name__ == "__main__":
    main()
