"""Smaller forms of a trained network of one vector: weights pruned while it trains on, graphs in eight bits.

Pruning is by magnitude on the later half of the convolutions, from a half to four fifths of their weights along a
polynomial, with training in between. Quantisation is static, by onnxruntime, with ranges measured on rendered works
that were trained on, never on those that figures are measured on. After Li's study; docs/models.md says which of its
faults are not repeated.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from torch import Tensor, nn

from livecsi.training.families.export import input_name
from livecsi.training.families.material import gather
from livecsi.training.families.objectives import Objective
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.registry import plan_of_run
from livecsi.training.families.trainer import train_family
from livecsi.training.families.validation import FamilyTrial, Labelled, prepared, rendered_versions
from livecsi.training.networks.blocks import EmbeddingNetwork
from livecsi.training.run_folder import released_state
from livecsi.training.scores.corpus import works_of
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener
from livecsi.types import Frames

FIRST_SPARSITY, LAST_SPARSITY = 0.5, 0.8
PRUNINGS = 20
SETTLING_SHARE = 0.25
"""The last quarter of the steps prunes no more and lets the rest settle."""
FINE_TUNING_RATE = 0.1
CALIBRATION_WORKS = 12
QUANTISED_OPERATIONS = ["Conv", "Gemm", "MatMul"]


def sparsity_at(step: int, steps: int) -> float:
    """Share of weights that are zero after `step` of `steps`: fast first, then ever more gently (Zhu, Gupta 2017)."""
    share = min(1.0, step / max(1.0, steps * (1 - SETTLING_SHARE)))
    return LAST_SPARSITY + (FIRST_SPARSITY - LAST_SPARSITY) * (1 - share) ** 3


def prunable(network: nn.Module) -> list[nn.Conv2d]:
    """The later half of the convolutions, which hold nearly all weights."""
    convolutions = [module for module in network.modules() if isinstance(module, nn.Conv2d)]
    return convolutions[len(convolutions) // 2 :]


@dataclass(frozen=True, slots=True)
class Pruner:
    """A constraint of the trainer: zeros stay zero, and every so many steps there are more of them.

    The weights alone say which are pruned, so that a resumed run needs nothing else.
    """

    steps: int

    def __call__(self, objective: Objective, step: int) -> None:
        every = max(1, self.steps // PRUNINGS)
        with torch.no_grad():
            for convolution in prunable(objective.network):  # type: ignore[arg-type]  # every objective has one
                zero_smallest(convolution.weight, sparsity_at(step - step % every, self.steps))


def zero_smallest(weight: Tensor, share: float) -> None:
    """Set the share of weights with the smallest magnitudes to zero, in place."""
    count = round(share * weight.numel())
    if count:
        smallest = weight.detach().abs().reshape(-1).topk(count, largest=False).indices
        flat = weight.detach().reshape(-1).clone()
        flat[smallest] = 0
        weight.data.copy_(flat.view(weight.shape))


def prune_run(run: Path, steps: int, sources: Sources, listener: Listener) -> Path:
    """Train a finished run on while pruning it, in a folder beside it; the same call goes on where it stopped."""
    plan, state = plan_of_run(run), released_state(run)["network"]
    pruned = run.with_name(f"{run.name}-pruned")
    pruned.mkdir(exist_ok=True)
    shutil.copyfile(run / "config.toml", pruned / "config.toml")
    shorter = replace(
        plan,
        steps=steps,
        learning_rate=FINE_TUNING_RATE * plan.learning_rate,
        schedule="cosine",
        validate_every=0,  # an earlier network would be better and not sparse enough
    )
    material = gather(plan, replace(sources, run=pruned), listener)

    def start(objective: Objective) -> None:
        objective.load_state_dict(state)

    train_family(material, shorter, pruned, listener, FamilyTrial([]), start, Pruner(steps))
    return pruned


def quantise(graph: Path, target: Path, feeds: Sequence[dict[str, np.ndarray]]) -> None:
    """Write the graph with convolutions and matrix products in eight bits, ranges as the feeds have them."""
    quantize_static(
        graph,
        target,
        _Feeds(feeds),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=QUANTISED_OPERATIONS,
        per_channel=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
    )


def calibration_feeds(plan: FamilyPlan, network: EmbeddingNetwork, sources: Sources) -> list[dict[str, np.ndarray]]:
    """Rendered versions of works that were trained on, as the graph takes them."""
    chosen = works_of(sources.corpus, "train")[:CALIBRATION_WORKS]
    return [_feed(network, plan, frames) for _, frames in rendered_versions(chosen)]


def graph_scores(graph: Path, network: EmbeddingNetwork, plan: FamilyPlan, versions: Sequence[Labelled]) -> np.ndarray:
    """Cosines of every version with every other, by the graph alone: (versions, versions)."""
    session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    vectors = [session.run(None, _feed(network, plan, frames))[0][0] for _, frames in versions]
    matrix = np.stack(vectors).astype(np.float64)
    return np.asarray(matrix @ matrix.T)


def _feed(network: EmbeddingNetwork, plan: FamilyPlan, frames: Frames) -> dict[str, np.ndarray]:
    return {input_name(network): prepared(frames, plan, network.input)[None]}


class _Feeds(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """The feeds one by one, as onnxruntime asks for them."""

    def __init__(self, feeds: Sequence[dict[str, np.ndarray]]) -> None:
        self._feeds: Iterator[dict[str, np.ndarray]] = iter(feeds)

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self._feeds, None)
