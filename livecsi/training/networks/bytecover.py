"""ByteCover (Du, Yu, Zhu, Chen and Ma, ICASSP 2021) and the network of CasperNet, which is the same one.

A ResNet50 whose first three stages normalise half of their channels per item (IBN), generalised-mean pooling, and a
batch norm between the vector of distances and the vector of classes (BNNeck). Each of the three has a switch, because
the paper claims that each adds something. Shapes: magnitudes (batch, 72, frames) to vectors of 2048, or fewer by a
linear layer after the pool, where the paper does not say how.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.networks.blocks import EmbeddingNetwork, GeneralisedMean, average, over_maximum

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 1))
"""Width, bottlenecks and stride of each stage; the last one keeps its resolution."""
EXPANSION = 4
STAGES_WITH_IBN = 3


class HalfInstanceNorm(nn.Module):
    """Instance norm on the first half of the channels, batch norm on the rest (IBN-a, Pan et al. 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.per_item = channels // 2
        self.instance = nn.InstanceNorm2d(self.per_item, affine=True)
        self.batch = nn.BatchNorm2d(channels - self.per_item)

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.instance(x[:, : self.per_item]), self.batch(x[:, self.per_item :])], 1)


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1, and around them a shortcut."""

    def __init__(self, inputs: int, width: int, stride: int, ibn: bool) -> None:
        super().__init__()
        outputs = EXPANSION * width
        last = nn.BatchNorm2d(outputs)
        nn.init.zeros_(last.weight)  # a block begins as its shortcut (Goyal et al. 2017): without it little is learned
        self.body = nn.Sequential(
            nn.Conv2d(inputs, width, 1, bias=False),
            HalfInstanceNorm(width) if ibn else nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, stride, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, outputs, 1, bias=False),
            last,
        )
        changes = stride != 1 or inputs != outputs
        self.shortcut = (
            nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
            if changes
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.body(x) + self.shortcut(x))


class ByteCover(EmbeddingNetwork):
    """23.5 M parameters; `embedding` 2048, 256 or 128."""

    shortest_frames: ClassVar[int] = 32

    def __init__(self, ibn: bool = True, bnneck: bool = True, gem: bool = True, embedding: int = 2048) -> None:
        super().__init__(embedding)
        layers: list[nn.Module] = [nn.Conv2d(1, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
        layers.append(nn.MaxPool2d(3, 2, 1))
        inputs = 64
        for stage, (width, blocks, stride) in enumerate(STAGES):
            for block in range(blocks):
                layers.append(Bottleneck(inputs, width, stride if block == 0 else 1, ibn and stage < STAGES_WITH_IBN))
                inputs = EXPANSION * width
        self.layers = nn.Sequential(*layers)
        self.pool = GeneralisedMean() if gem else None
        self.reduce = nn.Linear(inputs, embedding, bias=False) if embedding != inputs else nn.Identity()
        self.neck = nn.BatchNorm1d(embedding) if bnneck else nn.Identity()

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x = self.layers(over_maximum(features)[:, None])
        vector = self.reduce(self.pool(x) if self.pool is not None else average(x))
        return vector, self.neck(vector)
