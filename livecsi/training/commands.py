"""What the training commands do, free of any command line: read a configuration, train, release, compress.

Here it is only decided which network a configuration means; each has a module of its own for one run of it.
"""

import dataclasses
import tomllib
from pathlib import Path
from typing import Any

from livecsi.errors import InputError, SettingsError, UsageError
from livecsi.training.compression import prune_run
from livecsi.training.families.plan import FAMILIES, read_plan
from livecsi.training.families.run import release_one, train_one
from livecsi.training.gate_run import release_gate_run, run_gate
from livecsi.training.livecsi_run import read_livecsi_plan, release_livecsi, run_livecsi
from livecsi.training.rehearsal import Say
from livecsi.training.scores.corpus import load_scores
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener

HOUSE = "livecsi"
"""The family of a configuration that names none."""


@dataclasses.dataclass(frozen=True, slots=True)
class Folders:
    """Where the material of a training lies, and where the run goes."""

    scores: Path
    audio: Path | None
    pool: Path | None
    crowd: Path | None
    run: Path

    def sources(self, say: Say) -> Sources:
        """All of it, the scores read."""
        corpus = load_scores(self.scores, self.run.parent / "corpus.pickle", say)
        return Sources(self.run, corpus, self.audio, self.pool, self.crowd)


def train_from_config(config: Path, folders: Folders, budget_seconds: float | None, listener: Listener) -> None:
    """Train the family the configuration names into the folder of the run, resuming what is there."""
    table, where = _read_config(config), str(config)
    family = table.pop("family", HOUSE)
    folders.run.mkdir(parents=True, exist_ok=True)
    (folders.run / "config.toml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    sources = folders.sources(listener.say)
    if family == HOUSE:
        run_livecsi(read_livecsi_plan(table, where, budget_seconds), sources, listener)
    elif family == "gate":
        run_gate(table, sources, listener.say)
    elif family in FAMILIES:
        train_one(read_plan({"family": family, **table}, where), sources, budget_seconds, listener)
    else:
        known = ", ".join((HOUSE, "gate", *FAMILIES))
        raise SettingsError(f"{where}: no family is called {family!r}", f"there are {known}")


def release_run(run: Path, scores: Path, audio: Path | None, models: Path, say: Say) -> None:
    """Calibrate a trained run on held-out works, where it says whether songs are the same, and release it."""
    table = _read_config(run / "config.toml")
    family = table.get("family", HOUSE)
    if family == "gate":
        release_gate_run(run, models, table)
        return
    sources = Folders(scores, audio, None, None, run).sources(say)
    if family in FAMILIES:
        release_one(sources, models, table, say)
    else:
        release_livecsi(sources, models, table, say)


def compress_run(run: Path, folders: Folders, models: Path, prune_steps: int, int8: bool, say: Say) -> None:
    """Release a smaller form of a run of one vector: pruned for so many steps (0: not), in eight bits, or both."""
    table, sources = _read_config(run / "config.toml"), folders.sources(say)
    if table.get("family") not in FAMILIES or table["family"] == "hakala":
        raise UsageError(f"{run}: not a family of one vector", "see docs/models.md for those that can be compressed")
    if prune_steps:
        sources = dataclasses.replace(sources, run=prune_run(run, prune_steps, sources, Listener(say)))
    release_one(sources, models, table, say, int8)


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}", "give --config a file like models/livecsi.toml") from error
