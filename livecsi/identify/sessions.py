"""Released models: found by name, believed only when their hash is the manifest's, run by onnxruntime on the CPU.

The only file that knows onnxruntime. Models are single ONNX files (external data would be a path traversal), threads
are explicit, and neither spinning nor the memory arena is allowed on a machine that does other work.
"""

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from livecsi.errors import UntrustedError, UsageError
from livecsi.features.cqt import ConstantQSpec

MANIFEST_NAME = "manifest.json"
HEARING = ("encoder", "embedder")
"""Roles of the graph that hears, by which a model is known."""
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ReleasedModel:
    """One entry of the manifest and where its files lie."""

    name: str
    family: str
    directory: Path
    facts: Mapping[str, Any]

    @property
    def main_file(self) -> Mapping[str, Any]:
        """Name, hash and size of the file the model is known by: what hears, or the only file it has."""
        files = self.facts["files"]
        entry: Mapping[str, Any] = next((files[role] for role in HEARING if role in files), next(iter(files.values())))
        return entry

    @property
    def id(self) -> str:
        """Name and first digits of the main file's hash: what sequences and reports are marked with."""
        return f"{self.name}@{self.main_file['sha256'][:12]}"

    @property
    def features(self) -> ConstantQSpec:
        return ConstantQSpec(**self.facts["preprocessing"])

    def file(self, role: str) -> Path:
        """The file of a role, its bytes checked against the manifest; raises UntrustedError."""
        entry = self.facts["files"][role]
        path = self.directory / entry["file"]
        if not path.is_file():
            raise UntrustedError(f"model {self.name}: {path} is missing", "restore the file or choose another model")
        if hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            raise UntrustedError(f"model {self.name}: {path} is not the released file", "restore it from the release")
        return path

    def session(self, role: str, threads: int) -> "Session":
        return Session(self.file(role), threads)


class Session:
    """One ONNX graph, ready to run."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise UntrustedError(
                f"{path}: onnxruntime cannot load it: {error}", "restore it from the release"
            ) from error

    def run(self, **inputs: NDArray[Any]) -> list[Array]:
        """All outputs, in the order of the graph."""
        results: list[Array] = self._session.run(None, inputs)
        return results


def default_directory() -> Path:
    """The models that came with livecsi: beside the package in a checkout, under share/ when installed."""
    checkout = Path(__file__).resolve().parents[2] / "models"
    return checkout if (checkout / MANIFEST_NAME).is_file() else Path(sys.prefix) / "share" / "livecsi" / "models"


def released_models(directory: Path | None = None) -> list[ReleasedModel]:
    """Every model of the manifest; raises UntrustedError when the manifest cannot be read."""
    directory = directory or default_directory()
    path = directory / MANIFEST_NAME
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["models"]
        return [ReleasedModel(entry["name"], entry["family"], directory, entry) for entry in entries]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UntrustedError(
            f"{path}: no usable manifest: {error}", "set model.directory to a folder of models"
        ) from error


def find_model(name: str, directory: Path | None = None) -> ReleasedModel:
    """The model called `name`; raises UsageError naming those there are."""
    models = released_models(directory)
    for model in models:
        if model.name == name:
            return model
    raise UsageError(f"no model is called {name!r}", f"there are {', '.join(model.name for model in models)}")
