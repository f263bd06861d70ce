"""The vision transformer of the HPCP family (Mitseas): a convolutional one after CvT (Wu et al. 2021).

Three stages of widths 64, 192 and 384, heads 1, 3 and 6, depths 1, 2 and 10. Each begins with a convolution over
patches of 3 x 3 that halves the resolution; queries, keys and values are depthwise convolutions of it, keys and values
again at half of it. A class token of the last stage becomes the vector of 1024. Where neither paper nor study says it
(strides on twelve rows, widths of the hidden layers) the values of CvT are used.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.networks.blocks import EmbeddingNetwork, Input, unit, z_score

STAGES = ((64, 1, 1), (192, 3, 2), (384, 6, 10))
"""Width, heads and depth of each stage."""
MLP_RATIO = 4


def _depthwise(width: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(width, width, 3, stride, 1, groups=width, bias=False), nn.BatchNorm2d(width))


class Attention(nn.Module):
    """Every point of an image, and a token if there is one, looks at a coarser image."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.convolutions = nn.ModuleList([_depthwise(width, stride) for stride in (1, 2, 2)])
        self.projections = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.out = nn.Linear(width, width)

    def forward(self, image: Tensor, token: Tensor | None) -> Tensor:
        """`image` (batch, width, h, w) and `token` (batch, 1, width) or None to (batch, [1 +] h * w, width)."""
        sides = []
        for convolution, projection in zip(self.convolutions, self.projections, strict=True):
            points = convolution(image).flatten(2).transpose(1, 2)
            points = points if token is None else torch.cat([token, points], 1)
            sides.append(projection(points).unflatten(2, (self.heads, -1)).transpose(1, 2))
        seen = functional.scaled_dot_product_attention(*sides)
        result: Tensor = self.out(seen.transpose(1, 2).flatten(2))
        return result


class Block(nn.Module):
    """Attention and a perceptron, each beside a shortcut and after a norm."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.attention = Attention(width, heads)
        self.perceptron = nn.Sequential(
            nn.Linear(width, MLP_RATIO * width), nn.GELU(), nn.Linear(MLP_RATIO * width, width)
        )

    def forward(self, points: Tensor, height: int, with_token: bool) -> Tensor:
        """`points` (batch, [1 +] height * w, width) in and out."""
        normed = self.norms[0](points)
        token, image = (normed[:, :1], normed[:, 1:]) if with_token else (None, normed)
        points = points + self.attention(image.transpose(1, 2).unflatten(2, (height, -1)), token)
        result: Tensor = points + self.perceptron(self.norms[1](points))
        return result


class HpcpVit(EmbeddingNetwork):
    """Class token to 1024."""

    input: ClassVar[Input] = "hpcp"
    shortest_frames: ClassVar[int] = 32

    def __init__(self) -> None:
        super().__init__(1024)
        widths = [1, *(width for width, _, _ in STAGES)]
        self.patches = nn.ModuleList([nn.Conv2d(a, b, 3, 2, 1) for a, b in zip(widths, widths[1:], strict=False)])
        self.norms = nn.ModuleList([nn.LayerNorm(width) for width in widths[1:]])
        self.stages = nn.ModuleList(
            [nn.ModuleList([Block(width, heads) for _ in range(depth)]) for width, heads, depth in STAGES]
        )
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, widths[-1]))
        self.vector = nn.Sequential(nn.LayerNorm(widths[-1]), nn.Linear(widths[-1], 1024))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        x, height = z_score(features)[:, None], features.shape[1]
        points = x
        for number, (patch, norm, blocks) in enumerate(zip(self.patches, self.norms, self.stages, strict=True)):
            x, height = patch(x), (height + 1) // 2
            points = norm(x.flatten(2).transpose(1, 2))
            last = number == len(STAGES) - 1
            if last:
                points = torch.cat([self.token.expand(len(points), -1, -1), points], 1)
            for block in blocks:  # type: ignore[attr-defined]  # a ModuleList is iterable
                points = block(points, height, last)
            if not last:
                x = points.transpose(1, 2).unflatten(2, (height, -1))
        vector = unit(self.vector(points[:, 0]))
        return vector, vector
