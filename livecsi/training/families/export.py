"""From a trained family to ONNX graphs, checked against torch at other lengths than the exported one.

One vector: `embedder.onnx`, magnitude (1, 72, frames) or hpcp (1, 12, frames) to embedding (1, dimensions) of unit
length. Hakala: `encoder.onnx`, magnitude (1, 72, 401) to level1..level4, and `matcher.onnx`, a1..a4 and b1..b4 to the
probability (1,) that both are one song. Whatever is done to magnitudes first is inside the graphs.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from livecsi.errors import FindingsError
from livecsi.training.export import PARITY_TOLERANCE, write_graph
from livecsi.training.families.registry import Network
from livecsi.training.networks.blocks import EmbeddingNetwork
from livecsi.training.networks.hakala import BINS, FRAMES, HakalaNetwork, Matcher

PITCH_CLASSES = 12
MOST_FRAMES = 100_000
LEVELS = 4
Feed = dict[str, np.ndarray]


class _Embedder(nn.Module):
    def __init__(self, network: EmbeddingNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor) -> Tensor:
        return self.network.embed(features)


class _Probability(nn.Module):
    def __init__(self, matcher: Matcher) -> None:
        super().__init__()
        self.matcher = matcher

    def forward(
        self, a1: Tensor, a2: Tensor, a3: Tensor, a4: Tensor, b1: Tensor, b2: Tensor, b3: Tensor, b4: Tensor
    ) -> Tensor:
        return torch.sigmoid(self.matcher((a1, a2, a3, a4), (b1, b2, b3, b4)))


def export_family(network: Network, folder: Path) -> dict[str, Path]:
    """The graphs by role; raises FindingsError when onnxruntime and torch differ by more than 1e-3."""
    folder.mkdir(parents=True, exist_ok=True)
    network = network.eval()
    return _pair(network, folder) if isinstance(network, HakalaNetwork) else _embedder(network, folder)


def input_name(network: EmbeddingNetwork) -> str:
    """What the graph calls what it hears."""
    return "hpcp" if network.input == "hpcp" else "magnitude"


def _embedder(network: EmbeddingNetwork, folder: Path) -> dict[str, Path]:
    path, name = folder / "embedder.onnx", input_name(network)
    module, rows = _Embedder(network).eval(), PITCH_CLASSES if network.input == "hpcp" else BINS
    frames = torch.export.Dim("frames", min=network.shortest_frames, max=MOST_FRAMES)
    write_graph(module, (torch.rand(1, rows, 208),), path, [name], ["embedding"], ({2: frames},))
    for length in (network.shortest_frames, 233, 401):
        _require_parity(module, path, {name: _made_up(rows, length)})
    return {"embedder": path}


def _pair(network: HakalaNetwork, folder: Path) -> dict[str, Path]:
    encoder, matcher = folder / "encoder.onnx", folder / "matcher.onnx"
    names = [f"level{number + 1}" for number in range(LEVELS)]
    write_graph(network.encoder, (torch.rand(1, BINS, FRAMES),), encoder, ["magnitude"], names, None)
    feeds: Feed = {}
    for side, seed in (("a", 0), ("b", 1)):
        magnitude = _made_up(BINS, FRAMES, seed)
        _require_parity(network.encoder, encoder, {"magnitude": magnitude})
        with torch.no_grad():
            levels = network.encoder(torch.from_numpy(magnitude))
        feeds |= {f"{side}{number + 1}": level.numpy() for number, level in enumerate(levels)}
    module = _Probability(network.matcher).eval()
    write_graph(module, tuple(torch.from_numpy(feed) for feed in feeds.values()), matcher, list(feeds), ["score"], None)
    _require_parity(module, matcher, feeds)
    return {"encoder": encoder, "matcher": matcher}


def _made_up(rows: int, frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).gamma(0.5, 1.0, (1, rows, frames)).astype(np.float32)


def _require_parity(module: nn.Module, path: Path, feeds: Mapping[str, np.ndarray]) -> None:
    ours = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]).run(None, dict(feeds))
    with torch.no_grad():
        theirs = module(*(torch.from_numpy(feed) for feed in feeds.values()))
    for a, b in zip(ours, theirs if isinstance(theirs, tuple) else (theirs,), strict=True):
        difference = float(np.abs(a - b.numpy()).max())
        if not difference <= PARITY_TOLERANCE:
            raise FindingsError(
                f"{path.name}: onnxruntime and torch differ by {difference:.2g}", "do not ship this export"
            )
