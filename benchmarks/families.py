"""Every family trained at the same budget, exported, and put into one table.

`python -m benchmarks.families --data DIR --budget 8m` on a GPU or through a night; the same command goes on where it
stopped. `--small` makes it a matter of hours on a processor, and says so in the table: batches and segments that one
core steps through in a second or less, from works rendered once for all families (or from `--pool`, which `livecsi pool
--features` made), and a teacher beside every paper's own loss. Runs and models stay in `runs/families/`, which is not
committed; a model that is worth it is copied by hand.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import write_table
from livecsi.training.families.validation import VERSIONS, all_against_all
from livecsi.training.families.versions import WHOLE_SONG_FRAMES
from livecsi.training.rendering.pool import render_pool
from livecsi.training.run_folder import BEST, CHECKPOINT
from livecsi.training.scores.corpus import load_scores, works_of
from livecsi.training.validation import real_features

CHEAPEST_FIRST = (
    "cqtnet-small", "hpcp-lstm", "hpcp-cnn", "hpcp-cnn-triplet", "hpcp-cnn-contrastive", "hakala-basic", "hakala-crowd",
    "hakala-chorus", "cqtnet", "hpcp-vit", "bytecover-baseline", "bytecover-ibn", "bytecover-bnneck", "bytecover",
    "bytecover-128", "bytecover-256", "caspernet", "hpcp-cnn-seed2", "hpcp-cnn-alone", "bytecover-alone",
    "cqtnet-small-long", "bytecover-long", "livecsi-vector",
)  # fmt: skip
ALONE, LONG, SEED = "-alone", "-long", "-seed"
"""Endings of names: without a teacher, for a longer time, and as another chance would have it."""
CHANCE_DRAWS = 200
FIGURES = ("map", "p_at_10", "top1", "mr1")
SMALL_BATCH = {"works": 8, "versions": 2, "recorded": 8, "masks": 0, "speed": [1.0, 1.0]}
"""With masked bands and other speeds a thousand steps teach nothing; the renderer's own variety is enough for them."""
SMALL_FRAMES = 140
SMALL_WORKS, PERFORMANCES = 1200, 6
SMALL_RUN = {
    "works": SMALL_WORKS, "schedule": "cosine", "validate_every": 200, "validation_works": 16,
    "workers": 0, "bfloat16": True,
}  # fmt: skip
CLASS_RATE = 4e-4
"""At 1e-3, right for 32 items, batches of 16 teach a classifier nothing."""
FEWER_CLASSES = 0.1
"""What classification counts when a class is seen three times: at its full weight a teacher is not understood."""
DISTILLATION, TEACHER = 10.0, "livecsi-vector"
"""Without a teacher minutes on one core teach next to nothing."""
POOL_SEED = 11
SMALL_NOTE = (
    f" Batches of 16 items of 42 s (hakala: 8 of 120 s) of {SMALL_WORKS} works and of real recordings paired with "
    f"themselves. Beside each paper's own loss (classes at {FEWER_CLASSES}) stands {DISTILLATION:.0f} times the "
    f"distance to what `{TEACHER}` says; names in `{ALONE}` did without. Trained two at a time, a core each."
)


def small(table: dict[str, Any], is_taught: bool) -> dict[str, Any]:
    """A configuration for one core: fewer and shorter items, all from the pool; hakala's pairs stay what they are."""
    is_hakala = table["family"] == "hakala"
    batch = {"recorded": table["batch"]["works"]} if is_hakala else SMALL_BATCH | {"frames": [SMALL_FRAMES]}
    loss = {"distillation": DISTILLATION, "teacher": TEACHER} if is_taught and table["family"] != TEACHER else {}
    losses = table.get("loss", {}) | loss
    if is_taught and losses.get("classification", 1.0) > 0:
        losses["classification"] = FEWER_CLASSES
    rate = {"learning_rate": min(CLASS_RATE, table["learning_rate"])} if losses.get("classification", 1.0) else {}
    return {**table, **SMALL_RUN, **rate, "batch": table["batch"] | batch, "loss": losses}


def pool_of(options: argparse.Namespace) -> Path:
    """The works all families learn from, rendered once."""
    if options.pool:
        return Path(options.pool)
    folder: Path = options.out / "pool"
    scores = load_scores(options.data / "scores", options.out / "corpus.pickle")
    works = works_of(scores, "train")[:SMALL_WORKS]
    render_pool(works, folder, PERFORMANCES, WHOLE_SONG_FRAMES, POOL_SEED, None, options.jobs, print)
    return folder


def as_toml(table: dict[str, Any]) -> str:
    """Numbers, words, switches and lists of them, and one level of tables below."""
    plain = [f"{key} = {json.dumps(value)}" for key, value in table.items() if not isinstance(value, dict)]
    tables = [f"\n[{key}]\n{as_toml(value)}" for key, value in table.items() if isinstance(value, dict)]
    return "\n".join(plain + tables)


def configuration_of(name: str) -> tuple[str, str]:
    """The configuration a row is trained by, and the seed where it has one of its own."""
    base, _, seed = name.removesuffix(ALONE).removesuffix(LONG).partition(SEED)
    return base, seed


def train(options: argparse.Namespace, more: list[str], name: str) -> str:
    """One family, going on where it stopped; its name, which may end in `-seed2`, in `-long` or in `-alone`."""
    base, seed = configuration_of(name)
    budget = options.long if name.endswith(LONG) else options.budget
    table = tomllib.loads((Path("models") / f"{base}.toml").read_text(encoding="utf-8"))
    table |= {"seed": int(seed)} if seed else {}
    config = options.out / f"{name}.toml"
    table = small(table, is_taught=not name.endswith(ALONE)) if options.small else table
    config.write_text(as_toml(table) + "\n", encoding="utf-8")
    call("train", "--config", str(config), "--run", str(options.out / name), "--budget", budget, *more)
    return name


def export(options: argparse.Namespace, name: str) -> None:
    """The network of a run as a model, unless that is done already."""
    run, models = options.out / name, options.out / "models"
    if not is_exported(run, models / name):
        scores, real = str(options.data / "scores"), str(options.data)
        call("export", "--run", str(run), "--models", str(models), "--scores", scores, "--audio", real)


def call(*words: str) -> None:
    """A command of livecsi, as anybody would give it."""
    subprocess.run([sys.executable, "-m", "livecsi.cli", *words], check=True)


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
        f"python -m benchmarks.families --data DIR --budget {options.budget} --long {options.long}"
        f"{' --small --jobs 2' * options.small}"
        f"{' --pool POOL' * bool(options.pool)}",
        ["model", "steps", "seconds", "MAP", "P@10", "top-1", "MR1", "MAP real", "MB"],
        [*rows(options.out / "models"), chance_row(options.out / "models", options.data / "real_features")],
        "All against all, 120 s each, a studio and two live versions of held-out rendered works; `MAP real`: 27 "
        "recordings of 11 works by other ensembles, never trained on and chosen by nothing. Steps and seconds are "
        "those of the best network, which is the released one." + SMALL_NOTE * options.small,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds scores/ and real_features/")
    parser.add_argument("--budget", default="8m", help="of each family, such as 8m or 2h")
    parser.add_argument("--long", default="40m", help="of a family whose name ends in -long")
    parser.add_argument("--only", default=",".join(CHEAPEST_FIRST), help="names of configurations, with commas")
    parser.add_argument("--small", action="store_true", help="smaller batches and a teacher, for one core")
    parser.add_argument("--pool", help="with --small: works rendered before, by `livecsi pool --features`")
    parser.add_argument("--jobs", type=int, default=1, help="so many families at a time")
    parser.add_argument("--out", type=Path, default=Path("runs/families"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    more = ["--scores", str(options.data / "scores")]
    if options.small:
        more += ["--pool", str(pool_of(options)), "--audio", str(options.data)]
    with ThreadPoolExecutor(options.jobs) as pool:
        for name in pool.map(partial(train, options, more), options.only.split(",")):
            export(options, name)
            write(options)


if __name__ == "__main__":
    main()
