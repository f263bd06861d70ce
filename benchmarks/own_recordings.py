"""What one's own recordings are worth to a network that never heard them, under ever louder crowds.

The recordings are those of `data/music` that no released training heard, searched half a minute at a time as in trial
(c), with the crowd at the music's loudness and above it. Two small networks, one from scores alone and one that also
heard the recordings, and the released network before and after `models/own-recordings.toml`, are trained by

    python -m benchmarks.experiments --data DIR --only scores-alone --only scores-and-own --only own-recordings

and those that are there are judged by

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
NETWORKS = (
    ("320 steps, scores alone", "scores-alone"), ("320 steps, with the recordings", "scores-and-own"),
    ("released", ""), ("released, 150 steps on with the recordings", "own-recordings"),
)  # fmt: skip
"""What they are and the experiment that trained them; the released one is there already."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    others = distractors(arguments.data, arguments.cache, RENDERED_DISTRACTORS)
    trials = {level: degraded(arguments.data, arguments.cache, others, level) for level in LEVELS_DECIBELS}
    known = [(what, _model(arguments.cache / "experiments", run)) for what, run in NETWORKS]
    write_table(
        "own_recordings",
        "One's own recordings",
        "python -m benchmarks.own_recordings --data DIR",
        ["network", *(f"top-1, MAP at {level:.0f} dB" for level in LEVELS_DECIBELS)],
        [[what, *(_cell(model, trial) for trial in trials.values())] for what, model in known if model],
        f"{len(trials[0.0].queries)} queries: seven recordings in six other keys, speeds and halls each, 30 s, music "
        "so far above the crowd, among all real music and rendered songs.",
    )


def _model(experiments: Path, run: str) -> ReleasedModel | None:
    """The network of an experiment, or the released one; None where the experiment was not made."""
    if not run:
        return find_model("livecsi")
    folder = experiments / run
    return exported_model(load_network(folder), folder) if (folder / "result.json").is_file() else None


def _cell(model: ReleasedModel, trial: Trial) -> str:
    figures = search(model, trial).figures()
    return f"{figures.top1:.3f}, {figures.map:.3f}"


if __name__ == "__main__":
    main()
