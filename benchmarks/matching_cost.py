"""What one comparison costs: CPU time of the encoder, the quick ranking and the full comparison, and stored bytes.

A window of two minutes against songs of four, rendered or not: noise costs what music costs, so this needs no data.
CPU time of this one thread, the median of many runs, since other programs take their share of wall time.

    python -m benchmarks.matching_cost [--songs 64] [--models DIR]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.report import write_table
from livecsi.identify.alignment import align
from livecsi.identify.references import Reference
from livecsi.identify.sequences import Sequences, StoredSequences, pack
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings
from livecsi.types import Frames

WINDOW_SECONDS, SONG_SECONDS = 120.0, 240.0
RUNS = 40


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=64)
    parser.add_argument("--models", type=Path)
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    write_table(
        "matching_cost",
        f"A window of {WINDOW_SECONDS:.0f} s against songs of {SONG_SECONDS:.0f} s",
        f"python -m benchmarks.matching_cost --songs {arguments.songs}",
        ["what", "cost", "at most"],
        measure(ear, arguments.songs),
        f"Model {ear.model_id}. CPU milliseconds of one thread, median of {RUNS} runs; a full comparison is of a "
        f"shortlist of {arguments.songs} songs.",
    )


def measure(ear: Ear, songs: int) -> list[list[str]]:
    """The rows of the table."""
    rng = np.random.default_rng(0)
    window = _noise(ear, WINDOW_SECONDS, rng)
    payloads = [pack(ear.system.encode(_noise(ear, SONG_SECONDS, rng))) for _ in range(songs)]
    references = [Reference(number, number, StoredSequences(payload)) for number, payload in enumerate(payloads)]
    query = ear.system.encode(window)
    matcher = DeepSequences(ear.model, ear.settings.model.threads).matcher(references)
    similarity, rotations = matcher.quick_similarity(query), np.zeros(songs, np.int64)
    matrices = [_matrices(query, reference.sequences) for reference in references]
    return [
        ["encoder, per window", _milliseconds(lambda: ear.system.encode(window), 1), "25 ms"],
        ["quick ranking, per song", _milliseconds(lambda: matcher.quick_similarity(query), songs), ""],
        [
            "full comparison, per song",
            _milliseconds(lambda: matcher.compare_shortlist(query, references, similarity, rotations), songs),
            "1.0 ms",
        ],
        ["of which alignment", _milliseconds(lambda: [align(list(level)) for level in zip(*matrices, strict=True)], songs), ""],  # noqa: E501
        ["of which opening what is stored", _milliseconds(lambda: [r.sequences.levels for r in references], songs), ""],
        ["stored, per song", f"{np.mean([len(payload) for payload in payloads]) / 1000:.1f} kB", "60 kB"],
    ]  # fmt: skip


def _noise(ear: Ear, seconds: float, rng: np.random.Generator) -> Frames:
    return rng.gamma(0.5, 1.0, (72, round(seconds / ear.system.features.frame_seconds))).astype(np.float32)


def _matrices(query: Sequences, song: Sequences) -> list[np.ndarray]:
    """The fine and the middle matrix, as the graph makes them."""
    return [a.T @ b for a, b in zip(query.levels[:2], song.levels[:2], strict=True)]


def _milliseconds(run: Callable[[], object], share: int) -> str:
    """The median CPU time of `run`, divided by `share`."""
    seconds = []
    for _ in range(RUNS):
        began = time.thread_time()
        run()
        seconds.append(time.thread_time() - began)
    return f"{1000 * float(np.median(seconds)) / share:.2f} ms"


if __name__ == "__main__":
    main()
