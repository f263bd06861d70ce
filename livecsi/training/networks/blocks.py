"""Parts that several families share: how magnitudes come in, how a vector goes out, what an embedding network offers.

Whatever a paper does to its feature before the first layer happens in here, inside the network, so that an exported
graph takes the front end's magnitudes as they are.
"""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

FAINTEST = 1e-9
"""Never divide by less. A bound, not a summand: the ONNX exporter takes an added 1e-9 for zero and drops it."""
Input = Literal["constant-q", "hpcp"]


def over_maximum(magnitude: Tensor) -> Tensor:
    """Every item divided by its largest magnitude: (batch, bins, frames) in and out."""
    return magnitude / magnitude.amax((1, 2), keepdim=True).clamp(min=FAINTEST)


def z_score(magnitude: Tensor) -> Tensor:
    """Every item with mean 0 and deviation 1; silence stays 0."""
    centred = magnitude - magnitude.mean((1, 2), keepdim=True)
    deviation = (centred * centred).mean((1, 2), keepdim=True).sqrt()
    return centred / deviation.clamp(min=1e-6)


def unit(vector: Tensor) -> Tensor:
    """Unit length along the last axis; the null vector stays itself."""
    return vector / (vector * vector).sum(-1, keepdim=True).sqrt().clamp(min=FAINTEST)


class EmbeddingNetwork(nn.Module, ABC):
    """A system that makes one vector of any stretch of at least `shortest_frames` frames.

    `forward` gives two vectors of one size: the one distances are learned on and the one classes are learned on, which
    for most families are the same. Retrieval compares `embed` by cosine.
    """

    input: ClassVar[Input] = "constant-q"
    shortest_frames: ClassVar[int]

    def __init__(self, dimensions: int) -> None:
        super().__init__()
        self.dimensions = dimensions

    @abstractmethod
    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """`features` (batch, 72 or 12, frames) to (batch, dimensions) twice."""

    def embed(self, features: Tensor) -> Tensor:
        """The vector of each item, of unit length."""
        vector: Tensor = self(features)[1]
        return unit(vector)


class GeneralisedMean(nn.Module):
    """GeM pooling (Radenovic et al. 2019): between the mean (p = 1) and the maximum, with p learned."""

    def __init__(self, power: float = 3.0) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(power))

    def forward(self, x: Tensor) -> Tensor:
        powered = x.float().clamp(min=1e-6) ** self.power
        return powered.mean((2, 3)) ** (1 / self.power)


def average(x: Tensor) -> Tensor:
    """The mean over frequency and time: (batch, channels, ., .) to (batch, channels)."""
    return functional.adaptive_avg_pool2d(x, 1).flatten(1)
