"""How many training pairs a minute: with numba as a worker does it, and with torch on one CPU core or on a GPU.

Both renderers get the same works. Torch is timed in its two parts, because they run in different places: scripts are
written by workers, rendered and roughened by the process that trains. Without a GPU its row says so.

    python -m benchmarks.rendering_speed [--scores DIR] [--pairs 32] [--batch 16]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import torch

from benchmarks.report import write_table
from livecsi.training.dataset import BatchShape, Material, RenderedPairs
from livecsi.training.scores.corpus import load_scores
from livecsi.training.scores.score import Score
from livecsi.training.scripted_pairs import ScriptedBatch, ScriptedPairs, rendered

SEED = 1
COLUMNS = ["part", "where", "pairs a minute", "milliseconds a pair"]
CPU = torch.device("cpu")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scores", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=32)
    parser.add_argument("--batch", type=int, default=16)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    steps = -(-arguments.pairs // arguments.batch)
    write_table(
        "rendering_speed",
        "Rendering pairs for training",
        f"python -m benchmarks.rendering_speed --scores DIR --pairs {arguments.pairs} --batch {arguments.batch}",
        COLUMNS,
        measure(load_scores(arguments.scores), arguments.batch, steps),
        f"A pair is a studio reference of {BatchShape().reference_frames} frames (144 s) and a live query cut from as "
        f"long a performance, both roughened, from works of the corpus; {steps * arguments.batch} pairs in batches of "
        f"{arguments.batch}. On the CPU seconds are CPU seconds of one core, since other programs take their share of "
        f"wall time; on a GPU they are wall seconds. A training on a GPU is held up by the slower of its workers "
        f"(scripts, divided among them) and the device. {_gpu()}",
    )


def measure(scores: list[Score], batch: int, steps: int) -> list[list[str]]:
    """The rows of the table."""
    shape = BatchShape(batch=batch, hard_from_step=steps + 2)
    pairs = RenderedPairs(Material(scores), shape, SEED, steps + 1)
    scripted = ScriptedPairs(pairs)
    scripts, count = [scripted[step] for step in range(steps)], steps * batch
    _ = pairs[steps]  # compiled before it is timed
    rows = [
        ["notes to finished pairs", "one core, numba", *_speed(lambda: _every(pairs, steps), count)],
        ["scripts only", "one core, numpy", *_speed(lambda: _every(scripted, steps), count)],
        ["scripts to finished pairs", "one core, torch", *_speed(lambda: _render(scripts, CPU), count)],
    ]
    if not torch.cuda.is_available():
        return [*rows, ["scripts to finished pairs", "GPU, torch", "not measured", "no GPU"]]
    gpu = torch.device("cuda")
    _render(scripts[:1], gpu)
    return [*rows, ["scripts to finished pairs", "GPU, torch", *_speed(lambda: _render(scripts, gpu), count, True)]]


def _every(source: RenderedPairs | ScriptedPairs, steps: int) -> None:
    for step in range(steps):
        source[step]


def _render(scripts: list[ScriptedBatch], device: torch.device) -> None:
    for batch in rendered(scripts, device):
        batch["query"].sum().item()


def _speed(run: Callable[[], None], pairs: int, wall: bool = False) -> list[str]:
    clock = time.perf_counter if wall else time.thread_time
    began = clock()
    run()
    seconds = (clock() - began) / pairs
    return [f"{60 / seconds:,.0f}", f"{1000 * seconds:.1f}"]


def _gpu() -> str:
    return f"GPU: {torch.cuda.get_device_name()}." if torch.cuda.is_available() else "No GPU was there."


if __name__ == "__main__":
    main()
