"""Constants of any system: what its scores are worth, measured on rendered works it has not seen.

Those of the house's own network are in `constants.py`, and so is why they may have to be measured again.

First how impostors score (`scoring`), so that the scores of all systems mean about the same; then what the background
songs score among each other; then a logistic fit on the answers of a rehearsal (`calibrate.py`). The background songs
are magnitudes that every system encodes for itself, in one file for all.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from livecsi.errors import FindingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.sessions import MANIFEST_NAME, ReleasedModel, find_model
from livecsi.identify.systems.registry import UNTRAINED, system_of
from livecsi.identify.systems.scored import ScoredSystem, codes_of, with_means
from livecsi.training.calibrate import fit_calibration, spec_facts
from livecsi.training.constants import recalibrate
from livecsi.training.rehearsal import (
    BACKGROUND_SONGS,
    Repertoire,
    Say,
    Stage,
    rehearse,
    set_the_stage,
    spread,
)
from livecsi.training.release import file_facts, write_entry
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score

HOUSE = "livecsi"
BACKGROUND_FILE = "background/background.npz"
BACKGROUND_FRAMES = 400
HELD_OUT_SONGS, OTHER_SONGS = 88, 40
"""Fewer than the house's own system is rehearsed with: an untrained one needs milliseconds for every pair."""
SIZES_DRAWS_STEPS = ((2, 60, 1), (20, 4, 1), (80, 1, 1))
"""As in a rehearsal; the catalogues of two, one song inside and one not, are there for `catalogue check`."""
SCORED_WINDOWS = 40
CHANCE_MAP = 0.08
"""What chance hardly reaches among three versions of each test work (.063); a rehearsal of pairs would take hours."""
SEED = 20_240_601
BENCHMARK_ONLY = ("fourier-2d",)


def calibrate_release(folder: Path, name: str, repertoire: Repertoire, say: Say) -> None:
    """Measure the constants of a model of this folder on held-out works and write them into its manifest entry.

    Raises FindingsError when the answers are too few to calibrate on, or those of its release no better than chance.
    """
    model = find_model(name, folder)
    if model.family == HOUSE:
        write_entry(folder, {**model.facts, "calibration": recalibrate(model, repertoire, say)})
        return
    found = model.facts.get("figures", {}).get("rendered")
    if found and found["map"] < CHANCE_MAP:
        raise FindingsError(f"MAP {found['map']:.3f} on works it has not heard is chance", "train it longer")
    if not (folder / BACKGROUND_FILE).is_file():
        _write_background(folder, repertoire.held_out)
    write_entry(folder, {**model.facts, **measured_facts(model, repertoire, say)})


def add_untrained(folder: Path) -> None:
    """Entries for the systems that need no training; constants come with `calibrate_release`."""
    path = folder / MANIFEST_NAME
    known = {entry["name"] for entry in json.loads(path.read_text(encoding="utf-8"))["models"]}
    for name in sorted(set(UNTRAINED) - known):
        entry = {"name": name, "family": name, "licence": "Apache-2.0", "preprocessing": spec_facts(ConstantQSpec())}
        write_entry(folder, {**entry, "files": {}, "benchmark_only": name in BENCHMARK_ONLY})


def measured_facts(model: ReleasedModel, repertoire: Repertoire, say: Say) -> dict[str, Any]:
    """The entries `scoring`, `background_impostor_means`, `calibration` and `files`."""
    files = {**model.facts["files"], "background": file_facts(model.directory, BACKGROUND_FILE)}
    facts: dict[str, Any] = {**model.facts, "files": files, "background_impostor_means": [0.0] * BACKGROUND_SONGS}
    facts.pop("scoring", None)
    system = _system(model, facts)
    held_out, others = spread(repertoire.held_out, HELD_OUT_SONGS), spread(repertoire.others, OTHER_SONGS)
    stage = set_the_stage(system, Repertoire(held_out, others, repertoire.music), SEED, say)
    facts["scoring"] = _scoring(system, stage)
    system = _system(model, facts)
    background = system.background()
    facts["background_impostor_means"] = [round(m, 6) for m in system.impostor_means(background, background)]
    system = _system(model, facts)
    background = system.background()
    means = system.impostor_means(stage.songs, choose_impostors([*stage.songs, *background]))
    measured = replace(stage, songs=with_means(stage.songs, means), background=background)
    answers = rehearse(system.matcher, measured, SIZES_DRAWS_STEPS, SEED, say)
    calibration = fit_calibration(answers)
    wanted = ("scoring", "background_impostor_means", "files")
    return {**{name: facts[name] for name in wanted}, "calibration": calibration}


def _system(model: ReleasedModel, facts: dict[str, Any]) -> ScoredSystem:
    system = system_of(replace(model, facts=facts), 1)
    if not isinstance(system, ScoredSystem):
        raise TypeError(f"{model.name} has constants of its own kind")
    return system


def _scoring(system: ScoredSystem, stage: Stage) -> dict[str, float]:
    """Mean and deviation over windows and songs that do not belong together."""
    rng = np.random.default_rng(SEED)
    chosen = rng.choice(len(stage.windows), min(SCORED_WINDOWS, len(stage.windows)), replace=False)
    scores: list[float] = []
    for window in (stage.windows[index] for index in chosen):
        others: list[Reference] = [song for song in stage.songs if song.work_id != window.work]
        found = system.likeness(window.sequences, [song.sequences for song in others])
        scores += [one.score for one in found]
    return {"mean": float(np.mean(scores)), "deviation": float(np.std(scores))}


def _write_background(folder: Path, held_out: Sequence[Score]) -> None:
    """Studio versions of two dozen works, which the rehearsal keeps off its stage."""
    rng = np.random.default_rng(SEED)
    works = spread(spread(held_out, HELD_OUT_SONGS), BACKGROUND_SONGS)
    songs = [render_performance(score, rng, live=False, frames=BACKGROUND_FRAMES).magnitude for score in works]
    (folder / BACKGROUND_FILE).parent.mkdir(parents=True, exist_ok=True)
    arrays = {f"{number:02d}": codes_of(frames) for number, frames in enumerate(songs)}
    np.savez_compressed(folder / BACKGROUND_FILE, allow_pickle=False, **arrays)
