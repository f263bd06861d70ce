"""A run becomes a release: graphs, weights to train on from, background songs and constants, all in one folder.

The manifest lists every model of the folder; releasing one replaces its own entry and leaves the others alone.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.sequences import pack
from livecsi.identify.sessions import MANIFEST_NAME, ReleasedModel
from livecsi.training.calibrate import spec_facts
from livecsi.training.constants import measured_constants
from livecsi.training.export import export_network, without_traces
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.networks.livecsi import LivecsiNetwork
from livecsi.training.rehearsal import Repertoire
from livecsi.training.weights import write_weights


def release_network(
    network: LivecsiNetwork, repertoire: Repertoire, folder: Path, training: dict[str, Any], say: Callable[[str], None]
) -> None:
    """Export, calibrate on `repertoire`, write it down."""
    with staged(folder, "livecsi") as stage:
        facts = _calibrated(network, repertoire, stage, say)
    write_entry(folder, {**facts, "training": training})


def _calibrated(
    network: LivecsiNetwork, repertoire: Repertoire, stage: Path, say: Callable[[str], None]
) -> dict[str, Any]:
    """Export into `stage`, measure the constants there, return the manifest entry."""
    name = "livecsi"
    export_network(network, stage / name)
    facts: dict[str, Any] = {
        "name": name,
        "family": "livecsi",
        "licence": "Apache-2.0",
        "preprocessing": spec_facts(ConstantQSpec()),
        "signature": {
            "encoder": "magnitude (1, 72, frames) -> fine, middle, coarse (1, 8, 12, frames / 2, 4, 8)",
            "matcher": "fine, middle, coarse matrices (1, query moments, song moments) -> head score (1,)",
        },
        "files": {role: file_facts(stage, f"{name}/{role}.onnx") for role in ("encoder", "matcher")},
    }
    constants, rehearsed = measured_constants(ReleasedModel(name, "livecsi", stage, facts), repertoire, say)
    payloads = {f"{i:02d}": np.frombuffer(pack(r.sequences), np.uint8) for i, r in enumerate(rehearsed.background)}
    np.savez_compressed(stage / name / "background.npz", allow_pickle=False, **payloads)
    write_weights(network, stage / name / "weights.npz")
    facts["files"] |= {role: file_facts(stage, f"{name}/{role}.npz") for role in ("background", "weights")}
    return {**facts, **constants}


def release_gate(network: GateNetwork, folder: Path, training: dict[str, Any]) -> None:
    """Export the gate and write its entry."""
    frames = torch.export.Dim("frames", min=16, max=100_000)
    with staged(folder, "gate") as stage:
        torch.onnx.export(
            network.eval(),
            (torch.rand(1, 72, 96),),
            stage / "gate" / "gate.onnx",
            input_names=["magnitude"],
            output_names=["logits"],
            dynamic_shapes=({2: frames},),
            dynamo=True,
            external_data=False,
            opset_version=18,
            verbose=False,
        )
        without_traces(stage / "gate" / "gate.onnx")
    write_entry(
        folder,
        {
            "name": "gate",
            "family": "gate",
            "licence": "Apache-2.0",
            "preprocessing": spec_facts(ConstantQSpec()),
            "signature": {"gate": "magnitude (1, 72, frames) -> logits (1, 3, frames): music, speech, crowd"},
            "files": {"gate": file_facts(folder, "gate/gate.onnx")},
            "training": training,
        },
    )


@contextmanager
def staged(folder: Path, name: str) -> Iterator[Path]:
    """A folder to make the files of a model in; only when all went well they take the place of the old ones."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staged-", dir=folder) as stage:
        (Path(stage) / name).mkdir()
        yield Path(stage)
        (folder / name).mkdir(exist_ok=True)
        for file in (Path(stage) / name).iterdir():
            file.replace(folder / name / file.name)


def file_facts(folder: Path, name: str) -> dict[str, Any]:
    """Name, hash and size of a file, as the manifest has them."""
    content = (folder / name).read_bytes()
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def write_entry(folder: Path, facts: dict[str, Any]) -> None:
    """Put an entry into the manifest, in place of an older one of the same name."""
    path = folder / MANIFEST_NAME
    entries = json.loads(path.read_text(encoding="utf-8"))["models"] if path.is_file() else []
    entries = sorted([e for e in entries if e["name"] != facts["name"]] + [facts], key=lambda entry: str(entry["name"]))
    path.write_text(json.dumps({"models": entries}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
