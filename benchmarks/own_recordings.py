"""What one's own recordings are worth to a network that never heard them, under ever louder crowds.

The recordings are those of `data/music` that no released training heard, searched half a minute at a time as in trial
(c), with the crowd at the music's loudness and above it. Small networks, from scores alone and with the recordings
beside them, three seeds each, and the released network before and after `models/own-recordings.toml`, are trained by

    python -m benchmarks.experiments --data DIR --only scores-alone --only scores-and-own --only scores-alone-2 \
        --only scores-and-own-2 --only scores-alone-3 --only scores-and-own-3 --only own-recordings

and those that are there are judged by

    python -m benchmarks.own_recordings --data DIR [--cache runs]
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from benchmarks.real_retrieval import distractors
from benchmarks.report import write_table
from benchmarks.trials import DRAWS, RENDERED_DISTRACTORS, degraded
from livecsi.identify.sessions import ReleasedModel, find_model
from livecsi.training.run_folder import load_network
from livecsi.training.validation import Trial, exported_model, search

LEVELS_DECIBELS = (0.0, -6.0, -10.0)
NETWORKS = {
    "320 steps, scores alone": ("scores-alone", "scores-alone-2", "scores-alone-3"),
    "320 steps, with the recordings": ("scores-and-own", "scores-and-own-2", "scores-and-own-3"),
    "released": ("",),
    "released, 150 steps on with the recordings": ("own-recordings",),
}
"""What they are and the experiments that trained them, one for each seed; the released one is there already."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    others = distractors(arguments.data, arguments.cache, RENDERED_DISTRACTORS)
    trials = {level: degraded(arguments.data, arguments.cache, others, level) for level in LEVELS_DECIBELS}
    rows = []
    for what, runs in NETWORKS.items():
        models = [model for run in runs if (model := _model(arguments.cache / "experiments", run))]
        if models:
            rows.append([what, str(len(models)), *(_cell(models, trial) for trial in trials.values())])
            print(*rows[-1], flush=True)
    write_table(
        "own_recordings",
        "One's own recordings",
        "python -m benchmarks.own_recordings --data DIR",
        ["network", "seeds", *(f"top-1, MAP at {level:.0f} dB" for level in LEVELS_DECIBELS)],
        rows,
        f"{len(trials[0.0].queries)} queries: seven recordings in {DRAWS} other keys, speeds and halls each, 30 s, "
        "music so far above the crowd, among all real music and rendered songs. In brackets the top-1 of each seed.",
    )


def _model(experiments: Path, run: str) -> ReleasedModel | None:
    """The network of an experiment, or the released one; None where the experiment was not made."""
    if not run:
        return find_model("livecsi")
    folder = experiments / run
    return exported_model(load_network(folder), folder) if (folder / "result.json").is_file() else None


def _cell(models: Sequence[ReleasedModel], trial: Trial) -> str:
    """Means over the seeds, and each top-1 by itself where there are several."""
    found = [search(model, trial).figures() for model in models]
    each = f" ({', '.join(f'{figures.top1:.3f}' for figures in found)})" if len(found) > 1 else ""
    return f"{fmean(figures.top1 for figures in found):.3f}{each}, {fmean(figures.map for figures in found):.3f}"


if __name__ == "__main__":
    main()
