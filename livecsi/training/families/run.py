"""One run of a family from its plan: gather, train, release."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from livecsi.errors import FindingsError, SettingsError
from livecsi.training.calibrate_system import calibrate_release
from livecsi.training.families.material import gather, gather_trial
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.release import release_family
from livecsi.training.families.trainer import train_family
from livecsi.training.rehearsal import BACKGROUND_SONGS, Repertoire, Say
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener

FEWEST_TO_CALIBRATE_ON = BACKGROUND_SONGS + 20


def train_one(plan: FamilyPlan, sources: Sources, budget_seconds: float | None, listener: Listener) -> None:
    """Train the family of a plan into the folder of its run, resuming what is there."""
    if budget_seconds is not None:
        plan = replace(plan, budget_seconds=budget_seconds)
    trial = gather_trial(sources, "validation", plan.validation_works)
    if plan.validate_every and not trial.rendered:
        raise SettingsError("no work of these scores is held out for validation", "give more, or validate_every = 0")
    train_family(gather(plan, sources, listener), plan, sources.run, listener, trial)


def release_one(sources: Sources, models: Path, table: dict[str, Any], say: Say, int8: bool = False) -> None:
    """Release the run, in eight bits or not. A network that knows nothing yet is not calibrated, and said so."""
    name = release_family(sources, models, table, say, int8)
    held_out = sources.works("validation")
    if len(held_out) < FEWEST_TO_CALIBRATE_ON:
        say(f"{name}: not calibrated: {len(held_out)} held-out works are too few")
        return
    try:
        calibrate_release(models, name, Repertoire(held_out, sources.works("train"), []), say)
    except FindingsError as error:
        say(f"{name}: not calibrated: {error}")
