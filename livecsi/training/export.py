"""From a run folder to files the daemon can load: two ONNX graphs, checked against torch before they are believed.

`encoder.onnx`: magnitude (1, 72, frames) -> fine, middle, coarse (1, 8, 12, ...). `matcher.onnx`: the cross-similarity
matrices of a query and a song, fine, middle and coarse (1, query moments, song moments) -> head score. Everything else
of a comparison is made of the same matrices, so they are computed outside of the graph.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from livecsi.errors import FindingsError
from livecsi.training.networks.livecsi import BINS, LivecsiNetwork, cross_similarity
from livecsi.training.released_head import ReleasedHead

LEVELS = ("fine", "middle", "coarse")
PARITY_TOLERANCE = 1e-3
OPSET = 18


class _Encoder(nn.Module):
    def __init__(self, network: LivecsiNetwork) -> None:
        super().__init__()
        self.encoder = network.encoder

    def forward(self, magnitude: Tensor) -> tuple[Tensor, ...]:
        return tuple(self.encoder(magnitude))


def export_network(network: LivecsiNetwork, folder: Path) -> tuple[Path, Path]:
    """Write both graphs into `folder`; raises FindingsError when onnxruntime and torch disagree by more than 1e-3."""
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval()
    encoder, matcher = folder / "encoder.onnx", folder / "matcher.onnx"
    magnitude = torch.rand(1, BINS, 208)
    frames = torch.export.Dim("frames", min=32, max=100_000)
    write_graph(_Encoder(network).eval(), (magnitude,), encoder, ["magnitude"], list(LEVELS), ({2: frames},))
    query, reference = network.encoder(magnitude), network.encoder(torch.rand(1, BINS, 480))
    matrices = tuple(cross_similarity(a, b) for a, b in zip(query, reference, strict=True))
    moments = [[torch.export.Dim(f"{side}_{level}", min=4, max=100_000) for side in "qr"] for level in LEVELS]
    dimensions = tuple({1: rows, 2: columns} for rows, columns in moments)
    write_graph(
        ReleasedHead(network.head).eval(),
        tuple(matrix.detach() for matrix in matrices),
        matcher,
        list(LEVELS),
        ["head"],
        dimensions,
    )
    _check_parity(network, encoder, matcher)
    return encoder, matcher


def write_graph(
    module: nn.Module,
    arguments: tuple[Tensor, ...],
    path: Path,
    inputs: list[str],
    outputs: list[str],
    dynamic_shapes: tuple[dict[int, torch.export.Dim], ...] | None,
) -> None:
    """A module that is ready to listen as a graph; `dynamic_shapes` names the lengths that may change, if any."""
    torch.onnx.export(
        module,
        arguments,
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
    query, reference = ([torch.from_numpy(level) for level in side] for side in (levels[:3], levels[3:]))
    matrices = [cross_similarity(a, b) for a, b in zip(query, reference, strict=True)]
    (ours,) = sessions[1].run(None, {name: matrix.numpy() for name, matrix in zip(LEVELS, matrices, strict=True)})
    with torch.no_grad():
        theirs = network.head(matrices)
    _require_close("matcher", ours, theirs.numpy())


def _require_close(what: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    difference = float(np.abs(ours - theirs).max())
    if difference > PARITY_TOLERANCE:
        raise FindingsError(f"{what}: onnxruntime and torch differ by {difference:.2g}", "do not ship this export")
