"""CQT-Net (Yu, Xu, Chen and Yang, "Learning a representation for cover song identification", IJCAI 2020), and the small
form with depthwise-separable convolutions after Li's study of its compression.

Shapes: magnitudes (batch, 72, frames) to vectors of 300. Kernels are tall first and never padded in frequency; the
maximum over everything that is left makes the vector. Pools are padded by one frame, without which the paper's shortest
segment of 200 frames would not survive four of them.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.networks.blocks import EmbeddingNetwork, over_maximum

DIMENSIONS = 300
SILENCE_FRAMES = 36
"""Put before and after every item: the layers need 172 frames, and a window of half a minute has 100."""
LAYERS = (
    (1, 32, (12, 3), 1, (6, 0), False), (32, 64, (13, 3), 2, (0, 0), True),
    (64, 64, (13, 3), 1, (0, 0), False), (64, 64, (3, 3), 2, (0, 0), True),
    (64, 128, (3, 3), 1, (0, 0), False), (128, 128, (3, 3), 2, (0, 0), True),
    (128, 256, (3, 3), 1, (0, 0), False), (256, 256, (3, 3), 2, (0, 0), True),
    (256, 512, (3, 3), 1, (0, 0), False), (512, 512, (3, 3), 2, (0, 0), False),
)  # fmt: skip
"""Channels in and out, kernel (frequency, time), dilation in time, padding, whether a pool follows."""


class CqtNet(EmbeddingNetwork):
    """5.08 M parameters, or with `separable` 0.70 M."""

    shortest_frames: ClassVar[int] = 100

    def __init__(self, separable: bool = False) -> None:
        super().__init__(DIMENSIONS)
        layers: list[nn.Module] = []
        for inputs, outputs, kernel, dilation, padding, pools in LAYERS:
            make = separable_convolution if separable else whole_convolution
            layers += [make(inputs, outputs, kernel, dilation, padding), nn.BatchNorm2d(outputs), nn.ReLU()]
            if pools:
                layers.append(nn.MaxPool2d((1, 2), (1, 2), (0, 1)))
        self.layers = nn.Sequential(*layers)
        # On a processor separable layers take a quarter less time this way round.
        nn.utils.convert_conv2d_weight_memory_format(self.layers, torch.channels_last)
        self.vector = nn.Linear(LAYERS[-1][1], DIMENSIONS)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        silence = (SILENCE_FRAMES, SILENCE_FRAMES)
        x = functional.pad(over_maximum(features), silence)[:, None]
        vector = self.vector(self.layers(x).amax((2, 3)))
        return vector, vector


def whole_convolution(
    inputs: int, outputs: int, kernel: tuple[int, int], dilation: int, padding: tuple[int, int]
) -> nn.Module:
    """A convolution without bias, dilated in time."""
    return nn.Conv2d(inputs, outputs, kernel, padding=padding, dilation=(1, dilation), bias=False)


def separable_convolution(
    inputs: int, outputs: int, kernel: tuple[int, int], dilation: int, padding: tuple[int, int]
) -> nn.Module:
    """One filter for each channel, then a mixture of channels at each point: a ninth of the weights or less."""
    depthwise = nn.Conv2d(inputs, inputs, kernel, padding=padding, dilation=(1, dilation), groups=inputs, bias=False)
    return nn.Sequential(depthwise, nn.Conv2d(inputs, outputs, 1, bias=False))
