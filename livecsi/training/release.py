"""A run becomes a release: graphs, background songs, constants, manifest and card, all in one folder.

The manifest lists every model of the folder; releasing one replaces its own entry and leaves the others alone.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.encoder import Encoder
from livecsi.identify.matcher import Matcher
from livecsi.identify.sequences import pack
from livecsi.identify.sessions import MANIFEST_NAME, ReleasedModel
from livecsi.training.calibrate import (
    BACKGROUND_SONGS,
    fit_calibration,
    measure_impostors,
    measure_scoring,
    set_up_bench,
    spec_facts,
)
from livecsi.training.export import export_network, without_traces
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.networks.livecsi import LivecsiNetwork
from livecsi.training.scores.score import Score
from livecsi.types import Frames

CALIBRATION_SONGS = 70
SEED = 20_240_501


def release_network(
    network: LivecsiNetwork,
    scores: Sequence[Score],
    music: Sequence[Frames],
    folder: Path,
    training: dict[str, Any],
    say: Callable[[str], None],
) -> None:
    """Export, calibrate on held-out `scores` and on `music` (real recordings, impostors only), write it down."""
    with _staged(folder, "livecsi") as stage:
        facts = _calibrated(network, scores, music, stage, say)
    _write_entry(folder, {**facts, "training": training})


def _calibrated(
    network: LivecsiNetwork, scores: Sequence[Score], music: Sequence[Frames], stage: Path, say: Callable[[str], None]
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
        "files": {role: _file(stage, f"{name}/{role}.onnx") for role in ("encoder", "matcher")},
    }
    model = ReleasedModel(name, "livecsi", stage, facts)
    encoder, session = Encoder(model, 1), model.session("matcher", 1)
    rehearsed = scores[: CALIBRATION_SONGS + BACKGROUND_SONGS]
    bench = set_up_bench(encoder, Matcher(session, {}, []), rehearsed, music, SEED, say)
    facts["scoring"] = measure_scoring(bench)
    means = measure_impostors(bench, facts["scoring"])
    facts["calibration"] = fit_calibration(bench, facts["scoring"], means, SEED)
    background = [(r, mean) for r, mean in zip(bench.references, means, strict=True) if r.is_background]
    facts["background_impostor_means"] = [round(float(mean), 6) for _, mean in background]
    payloads = {f"{i:02d}": np.frombuffer(pack(r.sequences), np.uint8) for i, (r, _) in enumerate(background)}
    np.savez_compressed(stage / name / "background.npz", allow_pickle=False, **payloads)
    facts["files"]["background"] = _file(stage, f"{name}/background.npz")
    return facts


def release_gate(network: GateNetwork, folder: Path, training: dict[str, Any]) -> None:
    """Export the gate and write its entry."""
    frames = torch.export.Dim("frames", min=16, max=100_000)
    with _staged(folder, "gate") as stage:
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
    _write_entry(
        folder,
        {
            "name": "gate",
            "family": "gate",
            "licence": "Apache-2.0",
            "preprocessing": spec_facts(ConstantQSpec()),
            "signature": {"gate": "magnitude (1, 72, frames) -> logits (1, 3, frames): music, speech, crowd"},
            "files": {"gate": _file(folder, "gate/gate.onnx")},
            "training": training,
        },
    )


@contextmanager
def _staged(folder: Path, name: str) -> Iterator[Path]:
    """A folder to make the files of a model in; only when all went well they take the place of the old ones."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staged-", dir=folder) as stage:
        (Path(stage) / name).mkdir()
        yield Path(stage)
        (folder / name).mkdir(exist_ok=True)
        for file in (Path(stage) / name).iterdir():
            file.replace(folder / name / file.name)


def _file(folder: Path, name: str) -> dict[str, Any]:
    content = (folder / name).read_bytes()
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}


def _write_entry(folder: Path, facts: dict[str, Any]) -> None:
    path = folder / MANIFEST_NAME
    entries = json.loads(path.read_text(encoding="utf-8"))["models"] if path.is_file() else []
    entries = sorted([e for e in entries if e["name"] != facts["name"]] + [facts], key=lambda entry: str(entry["name"]))
    path.write_text(json.dumps({"models": entries}, indent=1, sort_keys=True) + "\n", encoding="utf-8")
