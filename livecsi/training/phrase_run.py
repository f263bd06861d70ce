"""One run of the phrases from its configuration: read it, hear the works as the encoder does, train, release."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecsi.errors import SettingsError
from livecsi.identify.encoder import Encoder
from livecsi.identify.sessions import find_model
from livecsi.training.phrase_works import gather_works
from livecsi.training.phrases import PhrasePlan, load_phrases, train_phrases
from livecsi.training.release import release_phrases
from livecsi.training.run_folder import cost_of
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener

HEARD = "heard"
"""Folder of a run for the works as the encoder hears them."""


def read_phrase_plan(table: Mapping[str, Any], where: str, budget_seconds: float | None) -> PhrasePlan:
    """The plan of a configuration; raises SettingsError where a key is unknown."""
    values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}
    try:
        plan = PhrasePlan(**values)
    except TypeError as error:
        raise SettingsError(f"{where}: {error}", "compare with models/phrases.toml") from error
    return plan if budget_seconds is None else replace(plan, budget_seconds=budget_seconds)


def run_phrases(plan: PhrasePlan, sources: Sources, listener: Listener) -> None:
    """Train on the works of the pool into the folder of the run, resuming what is there."""
    run, pool = sources.run, sources.pool
    if pool is None:
        raise SettingsError("phrases learn from a pool", "make one with `livecsi pool --features` and give --pool")
    model = find_model("livecsi")
    works = gather_works(Encoder(model, plan.threads), sources.works("train"), pool, run / HEARD, plan.seed, listener)
    train_phrases(works, replace(plan, encoder=model.id), run, listener)


def release_phrase_run(run: Path, models: Path, table: Mapping[str, Any]) -> None:
    """Add the phrases of a run to the model whose encoder they hear."""
    network, state = load_phrases(run)
    release_phrases(network, models, {"config": table, "encoder": state["plan"]["encoder"], **cost_of(state)})
