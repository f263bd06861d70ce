"""What the networks of the papers are asked for: classes and distances of single versions, or a yes for a pair; and,
where a plan says so, what a teacher says (`teacher.py`).

An objective holds the network and whatever is only needed while it learns (classifier, centres), gives the loss of a
batch with the figures of a curve, and scores versions against each other for a validation.
"""

from abc import abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.families.losses import metric_loss, not_understood
from livecsi.training.families.plan import FamilyPlan, LossPlan
from livecsi.training.families.registry import build_network
from livecsi.training.networks.blocks import EmbeddingNetwork, Input, unit
from livecsi.training.networks.hakala import CHANNELS, HakalaNetwork

NEGATIVES_PER_POSITIVE = 3
Figures = dict[str, float]


class Objective(nn.Module):
    """A network with the losses it learns by."""

    input: Input
    losses: tuple[str, ...]

    @abstractmethod
    def forward(
        self, features: Tensor, work: Tensor, step: int, taught: Tensor | None = None
    ) -> tuple[Tensor, Figures]:
        """The loss of a batch, and the figure of each of `losses` and `top1`."""

    @abstractmethod
    def scores(self, features: list[Tensor]) -> NDArray[np.float64]:
        """Every version (bins, frames) against every other: (versions, versions), higher is more alike."""


class EmbeddingObjective(Objective):
    """Classification, a metric loss, the centres of CasperNet and a teacher, each with its weight.

    The teacher is understood by directions, as vectors are compared: a step of Adam would throw longer ones about.
    """

    def __init__(self, network: EmbeddingNetwork, plan: LossPlan, classes: int, taught: int = 0) -> None:
        super().__init__()
        self.network, self.plan, self.input = network, plan, network.input
        weights = {
            "classification": plan.classification,
            plan.metric: plan.metric_weight * (plan.metric != "none"),
            "center": plan.center,
            "distillation": plan.distillation,
        }
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.losses = tuple(self.weights)
        dimensions = network.dimensions
        self.classifier = nn.Linear(dimensions, classes, bias=False) if plan.classification else None
        self.centres = nn.Parameter(torch.randn(classes, dimensions)) if plan.center else None
        self.pupil = nn.Linear(dimensions, taught) if taught else None

    def forward(
        self, features: Tensor, work: Tensor, step: int, taught: Tensor | None = None
    ) -> tuple[Tensor, Figures]:
        distance, described = (vector.float() for vector in self.network(features))
        with torch.autocast(features.device.type, enabled=False):  # distances of near vectors need all their digits
            terms = self._terms(distance, described, work, step)
            if self.pupil is not None and taught is not None:
                terms["distillation"] = not_understood(self.pupil(unit(described)), taught)
            loss = torch.stack([self.weights[name] * term for name, term in terms.items()]).sum()
            figures = {name: term.item() for name, term in terms.items()}
            return loss, figures | {"top1": _nearest_is_right(described.detach(), work)}

    def _terms(self, distance: Tensor, described: Tensor, work: Tensor, step: int) -> dict[str, Tensor]:
        terms: dict[str, Tensor] = {}
        if self.classifier is not None:
            terms["classification"] = functional.cross_entropy(self.classifier(described), work)
        if self.plan.metric != "none":
            terms[self.plan.metric] = metric_loss(distance, work, self.plan, step)
        if self.centres is not None:
            terms["center"] = 0.5 * (distance - self.centres[work]).pow(2).sum(1).mean()
        return terms

    def scores(self, features: list[Tensor]) -> NDArray[np.float64]:
        vectors = torch.cat([self.network.embed(one[None]) for one in features]).double()
        return np.asarray((vectors @ vectors.T).cpu().numpy())


class PairObjective(Objective):
    """Hakala: each version with the other one of its work and with three of other works, in a random order.

    A teacher is understood by the means of all sequences over time.
    """

    input: Input = "constant-q"

    def __init__(self, network: HakalaNetwork, plan: LossPlan, taught: int = 0) -> None:
        super().__init__()
        self.network, self.distillation = network, plan.distillation
        self.losses = ("pair", "distillation") if taught else ("pair",)
        self.pupil = nn.Linear(sum(CHANNELS), taught) if taught else None

    def forward(
        self, features: Tensor, work: Tensor, step: int, taught: Tensor | None = None
    ) -> tuple[Tensor, Figures]:
        levels = tuple(level.float() for level in self.network.encoder(features))
        left, right, same = pairs_of(len(work) // 2)
        flipped = torch.rand(len(same)) < 0.5
        first, second = torch.where(flipped, right, left), torch.where(flipped, left, right)
        sides = [tuple(level[rows.to(level.device)] for level in levels) for rows in (first, second)]
        with torch.autocast(features.device.type, enabled=False):  # squared distances are differences of large numbers
            logit = self.network.matcher(*sides)
            loss = functional.binary_cross_entropy_with_logits(logit, same.to(logit.device))
            figures = {"pair": loss.item()}
            if self.pupil is not None and taught is not None:
                described = unit(torch.cat([level.mean(2) for level in levels], 1))
                distance = not_understood(self.pupil(described), taught)
                loss, figures["distillation"] = loss + self.distillation * distance, distance.item()
        rows = logit.detach().view(1 + NEGATIVES_PER_POSITIVE, -1)
        return loss, figures | {"top1": (rows[0] > rows[1:].amax(0)).float().mean().item()}

    def scores(self, features: list[Tensor]) -> NDArray[np.float64]:
        encoded = [self.network.encoder(one[None]) for one in features]
        result = np.zeros((len(encoded), len(encoded)))
        for row, query in enumerate(encoded):
            many = tuple(torch.cat([one[level] for one in encoded]) for level in range(len(query)))
            alike = tuple(level.expand(len(encoded), -1, -1) for level in query)
            result[row] = self.network.matcher(alike, many).float().cpu().numpy()
        return 0.5 * (result + result.T)


def make_objective(plan: FamilyPlan, classes: int, taught: int = 0) -> Objective:
    """The objective of a plan, with fresh weights; a teacher, if there is one, says `taught` numbers."""
    network = build_network(plan)
    for parameter in network.parameters():
        if parameter.dim() == 4:  # convolutions on a CPU are twice as fast with the channels last
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    if isinstance(network, HakalaNetwork):
        return PairObjective(network, plan.loss, taught)
    return EmbeddingObjective(network, plan.loss, classes, taught)


def pairs_of(works: int) -> tuple[Tensor, Tensor, Tensor]:
    """Rows of the batch and whether they are one work: the positives of all works, then three negatives of each."""
    own = torch.arange(works)
    left = torch.cat([2 * own] * (1 + NEGATIVES_PER_POSITIVE))
    right = torch.cat([2 * ((own + shift) % works) + 1 for shift in range(1 + NEGATIVES_PER_POSITIVE)])
    same = (torch.arange(len(left)) < works).float()
    return left, right, same


def _nearest_is_right(vectors: Tensor, work: Tensor) -> float:
    """How often the most similar other item of the batch is of the same work."""
    directions = unit(vectors)
    similarity = directions @ directions.T - 2 * torch.eye(len(vectors), device=vectors.device)
    return (work[similarity.argmax(1)] == work).float().mean().item()
