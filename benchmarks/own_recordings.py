"""What going on with one's own recordings is worth where the released model begins to fail: under ever louder crowds.

The recordings are those of `data/music` that no released training heard, searched half a minute at a time as in trial
(c), with the crowd at the music's loudness and above it. The network after is the one that

    python -m benchmarks.experiments --data DIR --pool DIR --only own-recordings

trained by the recipe of `models/own-recordings.toml`; then

    python -m benchmarks.own_recordings --data DIR [--cache runs]
"""

import argparse
from pathlib import Path

from benchmarks.real_retrieval import distractors
from benchmarks.report import write_table
from benchmarks.trials import RENDERED_DISTRACTORS, degraded
from livecsi.identify.sessions import ReleasedModel, find_model
from livecsi.training.run_folder import load_network
from livecsi.training.validation import Trial, exported_model, search

LEVELS_DECIBELS = (0.0, -6.0, -10.0)
RUN = Path("experiments/own-recordings")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    others = distractors(arguments.data, arguments.cache, RENDERED_DISTRACTORS)
    run = arguments.cache / RUN
    before, after = find_model("livecsi"), exported_model(load_network(run), run)
    rows = []
    for level in LEVELS_DECIBELS:
        trial = degraded(arguments.data, arguments.cache, others, level)
        rows.append([f"{level:.0f} dB", str(len(trial.queries)), *_cells(before, trial), *_cells(after, trial)])
    write_table(
        "own_recordings",
        "Going on with one's own recordings",
        "python -m benchmarks.own_recordings --data DIR",
        ["music above crowd", "queries", "top-1", "MAP", "top-1 after", "MAP after"],
        rows,
        "Seven recordings in six other keys, speeds and halls each, 30 s, among all real music and rendered songs. "
        "After: 150 steps with them (`models/own-recordings.toml`).",
    )


def _cells(model: ReleasedModel, trial: Trial) -> list[str]:
    figures = search(model, trial).figures()
    return [f"{figures.top1:.3f}", f"{figures.map:.3f}"]


if __name__ == "__main__":
    main()
