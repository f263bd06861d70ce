"""From a run folder to files the daemon can load: two ONNX graphs, checked against torch before they are believed.

`encoder.onnx`: magnitude (1, 72, frames) -> fine, middle, coarse (1, 8, 12, ...). `matcher.onnx`: the six levels of a
query and a reference -> head score, MaxSim, the rotation that gave it, and the fine and middle cross-similarity
matrices on which the alignment walks.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from livecsi.errors import FindingsError
from livecsi.training.networks.livecsi import (
    BINS,
    LivecsiNetwork,
    best_similarity,
    cross_similarity,
)

LEVELS = ("fine", "middle", "coarse")
PARITY_TOLERANCE = 1e-3
OPSET = 18


class _Encoder(nn.Module):
    def __init__(self, network: LivecsiNetwork) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, magnitude: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.encoder(magnitude))


class _Matcher(nn.Module):
    def __init__(self, network: LivecsiNetwork) -> None:
        super().__init__()
        self.head = network.head

    def forward(
        self,
        query_fine: Tensor,
        query_middle: Tensor,
        query_coarse: Tensor,
        reference_fine: Tensor,
        reference_middle: Tensor,
        reference_coarse: Tensor,
    ) -> tuple[Tensor, ...]:
        similarity = best_similarity(query_coarse, reference_coarse)[0]
        rotation = similarity.argmax(1)
        index = torch.remainder(torch.arange(12) - rotation, 12)
        query = [query_fine, query_middle, query_coarse]
        reference = [torch.index_select(b, 2, index) for b in (reference_fine, reference_middle, reference_coarse)]
        matrices = [cross_similarity(a, b) for a, b in zip(query, reference, strict=True)]
        return self.head(matrices), similarity.amax(1), rotation, matrices[0], matrices[1]


def export_network(network: LivecsiNetwork, folder: Path) -> tuple[Path, Path]:
    """Write both graphs into `folder`; raises FindingsError when onnxruntime and torch disagree by more than 1e-3."""
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval()
    encoder, matcher = folder / "encoder.onnx", folder / "matcher.onnx"
    magnitude = torch.rand(1, BINS, 208)
    frames = torch.export.Dim("frames", min=32, max=100_000)
    _export(_Encoder(network), (magnitude,), encoder, ["magnitude"], list(LEVELS), ({2: frames},))
    query, reference = network.encoder(magnitude), network.encoder(torch.rand(1, BINS, 480))
    names = [f"{side}_{level}" for side in ("query", "reference") for level in LEVELS]
    dimensions = tuple({3: torch.export.Dim(name, min=4, max=100_000)} for name in names)
    outputs = ["head", "similarity", "rotation", "fine_matrix", "middle_matrix"]
    _export(_Matcher(network), (*query, *reference), matcher, names, outputs, dimensions)
    _check_parity(network, encoder, matcher)
    return encoder, matcher


def _export(
    module: nn.Module,
    arguments: tuple[Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
    dynamic_shapes: tuple[dict[int, torch.export.Dim], ...],
) -> None:
    torch.onnx.export(
        module.eval(),
        tuple(argument.detach() for argument in arguments),
        path,
        input_names=inputs,
        output_names=outputs,
        dynamic_shapes=dynamic_shapes,
        dynamo=True,
        external_data=False,
        opset_version=OPSET,
        verbose=False,
    )
    without_traces(path)


def without_traces(path: Path) -> None:
    """Take out of a graph where and by which lines it was made: a released file speaks of the network alone."""
    model = onnx.load(path)
    for part in [model.graph, *model.functions]:
        for thing in [*part.node, *part.value_info]:
            thing.ClearField("metadata_props")
            thing.ClearField("doc_string")
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for thing in [*model.graph.input, *model.graph.output]:
        thing.ClearField("metadata_props")
    model.ClearField("metadata_props")
    onnx.save(model, path)


def _check_parity(network: LivecsiNetwork, encoder: Path, matcher: Path) -> None:
    """Other lengths than the exported ones, so that a frozen dimension shows."""
    rng = np.random.default_rng(0)
    sessions = [
        onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]) for path in (encoder, matcher)
    ]
    levels = []
    for frames in (133, 611):
        magnitude = rng.gamma(0.5, 1.0, (1, BINS, frames)).astype(np.float32)
        ours = sessions[0].run(None, {"magnitude": magnitude})
        with torch.no_grad():
            theirs = network.encoder(torch.from_numpy(magnitude))
        for level, a, b in zip(LEVELS, ours, theirs, strict=True):
            _require_close(f"encoder {level}", a, b.numpy())
        levels += ours
    feeds = {node.name: level for node, level in zip(sessions[1].get_inputs(), levels, strict=True)}
    ours = sessions[1].run(None, feeds)
    with torch.no_grad():
        theirs = _Matcher(network)(*(torch.from_numpy(level) for level in levels))
    for name, a, b in zip(("head", "similarity", "rotation", "fine", "middle"), ours, theirs, strict=True):
        _require_close(f"matcher {name}", a, b.numpy())


def _require_close(what: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    difference = float(np.abs(ours - theirs).max())
    if difference > PARITY_TOLERANCE:
        raise FindingsError(f"{what}: onnxruntime and torch differ by {difference:.2g}", "do not ship this export")
