"""One run of the gate from its configuration: gather, train, measure, release."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from livecsi.errors import SettingsError
from livecsi.training.gate import GateMaterial, gate_confusion, train_gate
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.rehearsal import Say
from livecsi.training.release import release_gate
from livecsi.training.sources import Sources

WEIGHTS, FIGURES = "gate.pt", "figures.json"


def run_gate(table: Mapping[str, Any], sources: Sources, say: Say) -> None:
    """Train into the folder of the run, with the confusion on what was held out beside it."""
    if sources.audio is None:
        raise SettingsError("the gate learns from real audio", "give --audio a folder with noise/ and music/")
    held_out = GateMaterial(sources.audio, sources.works("validation"), sources.cache, validation=True, say=say)
    material = GateMaterial(sources.audio, sources.works("train"), sources.cache, validation=False, say=say)
    network = train_gate(material, int(table.get("steps", 600)), int(table.get("seed", 0)), say)
    torch.save(network.state_dict(), sources.run / WEIGHTS)
    confusion = gate_confusion(network, held_out, seed=1).round(3).tolist()
    say(f"held-out confusion (music, speech, crowd): {confusion}")
    (sources.run / FIGURES).write_text(json.dumps({"held_out_confusion": confusion}))


def release_gate_run(run: Path, models: Path, table: Mapping[str, Any]) -> None:
    """Write the gate of a run into the models folder."""
    network = GateNetwork()
    network.load_state_dict(torch.load(run / WEIGHTS, weights_only=True))
    release_gate(network, models, {"config": table, **json.loads((run / FIGURES).read_text())})
