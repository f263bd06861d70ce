"""What each part of the recipe is worth: short trainings that differ in one thing, judged by the same three trials.

Below them the stages of the real training, and the last one's opinions one by one, with and without the cohort.
Every experiment is 160 steps of 16 pairs from scratch, two thirds of the length of real training, one seed; the first
row is repeated with another seed, which says how much of a difference is chance. Resumable: finished ones are read
from the cache.

    python -m benchmarks.experiments --data DIR [--cache runs] [--pool DIR] [--only NAME]...
"""

import argparse
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import write_table
from benchmarks.trials import all_trials
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.scoring import OPINIONS
from livecsi.training.dataset import BatchShape, Material
from livecsi.training.recordings import cached_features, impostor_recordings, training_recordings
from livecsi.training.rendering.pool import read_pool
from livecsi.training.rendering.variety import FULL, PLAIN, Variety
from livecsi.training.run_folder import load_network
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.trainer import Listener, TrainingPlan, train
from livecsi.training.validation import Trial, exported_model, search
from livecsi.types import Frames

Figures = dict[str, dict[str, float]]
SHAPE = BatchShape(reference_frames=320, query_frames=(100, 160), hard_from_step=60)
PLAN = TrainingPlan(steps=160, workers=0, checkpoint_every=80, shape=SHAPE)


@dataclass(frozen=True, slots=True)
class Experiment:
    """One thing changed: fields of the plan, of the batch or of the variety; fewer works, or the user's recordings."""

    name: str
    question: str
    plan: dict[str, Any] = field(default_factory=dict)
    shape: dict[str, Any] = field(default_factory=dict)
    variety: Variety = FULL
    works: int | None = None
    own: bool = False


EXPERIMENTS = (
    Experiment("base", "everything on"),
    Experiment("other-seed", "how much is chance", {"seed": 2}),
    Experiment("plain", "without the varied arrangements", variety=PLAIN),
    Experiment("no-form", "without changed forms, introductions, solos", variety=replace(FULL, form=False)),
    Experiment("no-melody", "without rewritten phrases", variety=replace(FULL, melody=False)),
    Experiment("no-voices", "without gliding voices and singing crowds",
               variety=replace(FULL, gliding=False, crowd_sings=False)),
    Experiment("no-band", "without riffs, pushes, choirs, driven guitars", variety=replace(FULL, band=False)),
    Experiment("sound", "4 of 16 works played as audio", shape={"sounded": 4}),
    Experiment("long-queries", "queries of 95 s instead of 30 to 48 s", shape={"query_frames": (320,)}),
    Experiment("no-alignment", "without the alignment loss", {"alignment_weight": 0.0}),
    Experiment("more-alignment", "alignment loss five times as heavy", {"alignment_weight": 1.0}),
    Experiment("no-maxsim", "without the loss on MaxSim", {"similarity_weight": 0.0}),
    Experiment("no-recordings", "without real recordings (self-training)", shape={"recorded": 0}),
    Experiment("no-twins", "without songs on the same chords", shape={"twins": 0}),
    Experiment("no-hard", "no hard negatives for the head", {"hard_negatives": 0}),
    Experiment("half-width", "width 12", {"width": 12}),
    Experiment("wide", "width 40", {"width": 40}),
    Experiment("works-100", "100 works instead of 2,900", works=100),
    Experiment("works-600", "600 works", works=600),
    Experiment("short", "80 steps instead of 160", {"steps": 80}),
    Experiment("double", "320 steps", {"steps": 320}),
    Experiment("own-recordings", "the released model, 150 steps on, half of each batch the recordings of (c)",
               {"start_from": "livecsi", "steps": 150, "learning_rate": 4e-4},
               {"recorded": 8, "hard_from_step": 0, "twins": 2}, own=True),
    Experiment("scores-alone", "320 steps, without real recordings", {"steps": 320}, {"recorded": 0}),
    Experiment("scores-and-own", "320 steps, from the 60th on 4 of 16 the recordings of (c)", {"steps": 320},
               {"recorded": 4}, own=True),
    Experiment("scores-alone-2", "the same two with seed 2", {"steps": 320, "seed": 2}, {"recorded": 0}),
    Experiment("scores-and-own-2", "", {"steps": 320, "seed": 2}, {"recorded": 4}, own=True),
    Experiment("scores-alone-3", "and with seed 3", {"steps": 320, "seed": 3}, {"recorded": 0}),
    Experiment("scores-and-own-3", "", {"steps": 320, "seed": 3}, {"recorded": 4}, own=True),
)  # fmt: skip


STAGES = ("livecsi-first", "livecsi-varied", "livecsi")
LAST_STAGE_HEARD: dict[str, dict[str, Any]] = {
    **{f"{name} alone": {"opinions": (name,)} for name in OPINIONS},
    **{f"without {name}": {"opinions": tuple(o for o in OPINIONS if o != name)} for name in OPINIONS},
    "without the cohort": {"cohort": False},
}
TRIALS = ("rendered", "real", "degraded")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--only", action="append", default=[])
    arguments = parser.parse_args()
    material = _material(arguments.data, arguments.cache, arguments.pool)
    trials = all_trials(arguments.data, arguments.cache)
    own = _features(impostor_recordings(arguments.data), arguments.cache)
    chosen = [e for e in EXPERIMENTS if not arguments.only or e.name in arguments.only]
    for experiment in chosen:
        _run(experiment, material, own, trials, arguments.cache / "experiments" / experiment.name)
    for stage in STAGES:
        if (arguments.cache / stage).is_dir() and not arguments.only:
            _judge_stage(arguments.cache / stage, trials, arguments.cache / "experiments" / stage)
    _write(arguments.cache / "experiments")


def _material(data: Path, cache: Path, pool: Path | None) -> Material:
    scores = [s for s in load_scores(data / "scores", cache / "corpus.pickle") if split_of(s.cluster_id) == "train"]
    sounded = [performances for _, performances in read_pool(pool)] if pool is not None else []
    return Material(scores, _features(training_recordings(data), cache), sounded)


def _features(paths: list[Path], cache: Path) -> list[Frames]:
    return list(cached_features(paths, ConstantQSpec(), cache / "features").values())


def _run(experiment: Experiment, material: Material, own: list[Frames], trials: dict[str, Trial], folder: Path) -> None:
    result = folder / "result.json"
    if result.is_file():
        return
    scores = material.scores
    if experiment.works is not None:
        chosen = np.random.default_rng(0).permutation(len(scores))[: experiment.works]
        scores = [scores[index] for index in chosen]
    plan = replace(PLAN, shape=replace(SHAPE, **experiment.shape), variety=experiment.variety, **experiment.plan)
    recordings = own if experiment.own else material.recordings
    train(Material(scores, recordings, material.sounded), plan, folder, Listener())
    model = exported_model(load_network(folder), folder)
    _keep(result, {name: search(model, trial).figures().as_dict() for name, trial in trials.items()})


def _judge_stage(run: Path, trials: dict[str, Trial], folder: Path) -> None:
    """A stage by all opinions, and the last one by each of them."""
    if (folder / "result.json").is_file():
        return
    model = exported_model(load_network(run), folder)
    found = {name: search(model, trial) for name, trial in trials.items()}
    _keep(folder / "result.json", {name: made.figures().as_dict() for name, made in found.items()})
    if run.name == STAGES[-1]:
        for heard, how in LAST_STAGE_HEARD.items():
            figures = {name: made.figures(**how).as_dict() for name, made in found.items()}
            _keep(folder.parent / heard / "result.json", figures)


def _keep(path: Path, figures: Figures) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures))
    print(path.parent.name, {name: round(values["map"], 3) for name, values in figures.items()}, flush=True)


def _write(folder: Path) -> None:
    rows = [(e.name, e.question) for e in EXPERIMENTS]
    rows += [(stage, "a stage of the released model, at full length") for stage in STAGES]
    rows += [(heard, f"what {STAGES[-1]} hears with less") for heard in LAST_STAGE_HEARD]
    write_table(
        "experiments",
        "One change at a time, short trainings",
        "python -m benchmarks.experiments --data DIR --pool runs/audio_pool",
        ["experiment", "what", "(a) MAP", "(a) top-1", "(b) MAP", "(b) top-1", "(c) MAP", "(c) top-1"],
        [[name, what, *_cells(json.loads(path.read_text()))] for name, what in rows if (path := _result(folder, name))],
        f"{PLAN.steps} steps of {SHAPE.batch} pairs each. (a) held-out scores, (b) real re-performances, (c) real "
        "music badly heard; queries of 30 s.",
    )


def _result(folder: Path, name: str) -> Path | None:
    path = folder / name / "result.json"
    return path if path.is_file() else None


def _cells(figures: Figures) -> list[str]:
    return [f"{figures[trial][key]:.3f}" for trial in TRIALS for key in ("map", "top1")]


if __name__ == "__main__":
    main()
