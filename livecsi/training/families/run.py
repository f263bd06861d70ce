"""One run of a family from its plan: gather, train."""

from dataclasses import replace

from livecsi.errors import SettingsError
from livecsi.training.families.material import Sources, gather, gather_trial
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.trainer import train_family
from livecsi.training.trainer import Listener


def train_one(plan: FamilyPlan, sources: Sources, budget_seconds: float | None, listener: Listener) -> None:
    """Train the family of a plan into the folder of its run, resuming what is there."""
    if budget_seconds is not None:
        plan = replace(plan, budget_seconds=budget_seconds)
    trial = gather_trial(sources, "validation", plan.validation_works)
    if plan.validate_every and not trial.rendered:
        raise SettingsError("no work of these scores is held out for validation", "give more, or validate_every = 0")
    train_family(gather(plan, sources, listener), plan, sources.run, listener, trial)
