"""The eight forms of CQT-Net in Li's study: {normal, small} x {whole, pruned, int8, both}, on the same held-out works.

    python -m benchmarks.compression --data DIR --runs runs/families --models runs/families/models [--steps 400]

Needs the runs `cqtnet` and `cqtnet-small`, or those of `--networks`; makes what forms are missing, with the works of
`--pool` where they were trained from a pool. Figures come from the graphs alone. Memory and time are those of a fresh
process that loads the graph and describes 120 s of music with one thread; the difference to a process that loads
nothing is what the model takes.
"""

import argparse
import io
import json
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import write_table
from livecsi.identify.sessions import Session

FORMS = (("", ()), ("-pruned", ("--prune",)), ("-int8", ("--quantise",)), ("-pruned-int8", ("--prune", "--quantise")))
NETWORKS = "cqtnet,cqtnet-small"
FRAMES, BINS, PITCH_CLASSES = 401, 72, 12
REPEATS = 15


def make(network: str, suffix: str, switches: tuple[str, ...], options: argparse.Namespace) -> None:
    """Release one form with the commands anybody has."""
    data = ["--scores", options.data / "scores", "--models", options.models]
    data += ["--pool", options.pool, "--audio", options.data] if suffix and options.pool else []
    run, livecsi = options.runs / network, [sys.executable, "-m", "livecsi.cli"]
    what = ["compress", run, *switches, "--steps", str(options.steps)] if suffix else ["export", "--run", run]
    subprocess.run([*map(str, [*livecsi, *what, *data])], check=True)


def cost(graph: Path | None, hears: str = "") -> tuple[float, float]:
    """Peak memory of a process in MB and the median time of one description in ms."""
    command = [sys.executable, "-m", "benchmarks.compression", "--measure", str(graph or ""), "--hears", hears]
    peak, milliseconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(peak), float(milliseconds)


def measure(graph: str, hears: str) -> None:
    """Inside the fresh process."""
    seconds = [0.0]
    if graph:
        session, rows = Session(Path(graph), 1), PITCH_CLASSES if hears == "hpcp" else BINS
        frames = np.random.default_rng(0).random((1, rows, FRAMES), np.float32)
        feed = {"hpcp" if hears == "hpcp" else "magnitude": frames}
        for _ in range(REPEATS):
            began = time.perf_counter()
            session.run(**feed)
            seconds.append(time.perf_counter() - began)
        seconds = seconds[2:]
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1000 * float(np.median(seconds)))


def zipped_bytes(graph: Path) -> int:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.write(graph, graph.name)
    return buffer.tell()


def row(entry: dict[str, Any], models: Path, nothing_mb: float) -> list[str]:
    """One form in the table."""
    graph, figures = models / entry["files"]["embedder"]["file"], entry["figures"]["rendered"]
    peak, milliseconds = cost(graph, entry["embedding"]["input"])
    retrieval = [f"{figures['map']:.3f}", f"{figures['p_at_10']:.3f}", f"{figures['mr1']:.1f}"]
    sizes = [f"{size / 1e6:.2f}" for size in (graph.stat().st_size, zipped_bytes(graph))]
    return [entry["name"], *retrieval, *sizes, f"{peak - nothing_mb:.0f}", f"{milliseconds:.0f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="holds scores/ and real_features/")
    parser.add_argument("--runs", type=Path, default=Path("runs/families"))
    parser.add_argument("--models", type=Path, default=Path("runs/families/models"))
    parser.add_argument("--networks", default=NETWORKS)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--steps", type=int, default=400, help="of pruning")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--hears", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure is not None:
        measure(options.measure, options.hears)
        return
    manifest = options.models / "manifest.json"
    networks = options.networks.split(",")
    for network in networks:
        for suffix, switches in FORMS:
            known = json.loads(manifest.read_text(encoding="utf-8"))["models"] if manifest.is_file() else []
            if (options.runs / network).is_dir() and network + suffix not in {entry["name"] for entry in known}:
                make(network, suffix, switches, options)
    entries = {entry["name"]: entry for entry in json.loads(manifest.read_text(encoding="utf-8"))["models"]}
    nothing_mb, _ = cost(None)
    names = [network + suffix for network in networks for suffix, _ in FORMS if network + suffix in entries]
    write_table(
        "compression",
        "Smaller forms",
        f"python -m benchmarks.compression --data DIR --networks {options.networks} --steps {options.steps}",
        ["model", "MAP", "P@10", "MR1", "MB", "MB zipped", "MB of memory", "ms for 120 s"],
        [row(entries[name], options.models, nothing_mb) for name in names],
        "All against all on held-out rendered works, 120 s each; with three versions of a work P@10 is 0.2 at best.",
    )


if __name__ == "__main__":
    main()
