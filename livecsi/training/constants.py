"""Constants of the house's own model: how its opinions are weighed, and what a score is worth.

A release measures all of them. What a score is worth also depends on who else is asked: when the list of candidates
changes and the network does not, `recalibrate` rehearses the released files again. These stay what they are, and with
them every catalogue that was made with them.
"""

from dataclasses import replace
from typing import Any

import numpy as np

from livecsi.identify.matcher import Matcher
from livecsi.identify.scoring import OPINIONS
from livecsi.identify.sessions import ReleasedModel, Session
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.training.calibrate import fit_calibration
from livecsi.training.rehearsal import (
    SIZES_DRAWS_STEPS,
    Repertoire,
    Say,
    Stage,
    rehearse,
    set_the_stage,
    with_impostors,
)

SEED = 20_240_501
SCORED_WINDOWS, SCORED_SONGS = 80, 40
WEIGHTS = {"middle_alignment": 0.5}
"""Opinions that count less than the others: on half minutes of real music this one is the weakest of the four."""
Scoring = dict[str, dict[str, float]]


def measured_constants(model: ReleasedModel, repertoire: Repertoire, say: Say) -> tuple[dict[str, Any], Stage]:
    """The entries `scoring`, `calibration` and `background_impostor_means` of new graphs, and the stage they were
    measured on, whose background songs belong to the release."""
    system = DeepSequences(model, 1)
    stage = set_the_stage(system, repertoire, SEED, say)
    scoring = measured_scoring(system.session, stage, SEED)
    system = DeepSequences(replace(model, facts={**model.facts, "scoring": scoring}), 1)
    stage = with_impostors(system, stage)
    means = [round(song.impostor_mean, 6) for song in stage.background]
    calibration = _calibration(system, stage, say)
    return {"scoring": scoring, "calibration": calibration, "background_impostor_means": means}, stage


def recalibrate(model: ReleasedModel, repertoire: Repertoire, say: Say) -> dict[str, float]:
    """The entry `calibration` of a released model, measured again with its files as they are."""
    system = DeepSequences(model, 1)
    released = system.background()
    stage = with_impostors(system, replace(set_the_stage(system, repertoire, SEED, say), background=released))
    return _calibration(system, replace(stage, background=released), say)


def measured_scoring(session: Session, stage: Stage, seed: int) -> Scoring:
    """Mean and deviation of each opinion over windows and songs that do not belong together, and its weight."""
    rng, matcher = np.random.default_rng(seed), Matcher(session, {}, [])
    opinions = []
    for index in rng.choice(len(stage.windows), min(SCORED_WINDOWS, len(stage.windows)), replace=False):
        window = stage.windows[index]
        others = [song for song in [*stage.songs, *stage.background] if song.work_id != window.work]
        chosen = rng.choice(len(others), min(SCORED_SONGS, len(others)), replace=False)
        opinions.append(matcher.opinions(window.sequences, [others[number] for number in chosen])[0])
    table = np.concatenate(opinions)
    return {
        opinion: {
            "mean": float(table[:, i].mean()),
            "deviation": float(table[:, i].std()),
            "weight": WEIGHTS.get(opinion, 1.0),
        }
        for i, opinion in enumerate(OPINIONS)
    }


def _calibration(system: DeepSequences, stage: Stage, say: Say) -> dict[str, float]:
    return fit_calibration(rehearse(system.matcher, stage, SIZES_DRAWS_STEPS, SEED, say))
