"""One vector of the house: what ByteCover and CQT-Net ask of a network, asked of the levels the released encoder hears.

The encoder is not changed; four circular convolutions look at 48 s of its levels, the best pitch class speaks for all
twelve, so that a transposed song has the same vector, and a generalised mean over time does for any length.
Shapes: magnitudes (batch, 72, frames) to vectors of 256.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from livecsi.training.networks.blocks import EmbeddingNetwork, GeneralisedMean
from livecsi.training.networks.livecsi import CHANNELS, CircularBlock, Encoder

DIMENSIONS = 256
INPUTS = 3 * CHANNELS
"""The coarse level, and the two middle moments of the same time."""
GAIN = 8.0
"""Columns of a level have unit length over 96 numbers; this makes the numbers about one."""


class Trunk(nn.Sequential):
    """Moments (batch, 24, 12, moments) to features (batch, 2 * width, 12, moments / 4) that have seen 48 s."""

    def __init__(self, width: int) -> None:
        super().__init__(
            CircularBlock(INPUTS, width, 11, 3),
            CircularBlock(width, width, 7, 3),
            nn.MaxPool2d((1, 2)),
            CircularBlock(width, width, 7, 3),
            nn.MaxPool2d((1, 2)),
            CircularBlock(width, 2 * width, 5, 3),
        )

    def forward(self, moments: Tensor) -> Tensor:
        features: Tensor = super().forward(GAIN * moments)
        return features


class LivecsiVector(EmbeddingNetwork):
    """`encoder` comes trained and stays as it is."""

    shortest_frames: ClassVar[int] = 32

    def __init__(self, encoder: Encoder, width: int = 96) -> None:
        super().__init__(DIMENSIONS)
        self.encoder = encoder.requires_grad_(False).eval()
        self.join = nn.Conv2d(CHANNELS, 2 * CHANNELS, (1, 2), (1, 2))
        self.trunk = Trunk(width)
        self.pool = GeneralisedMean()
        self.vector = nn.Linear(2 * width, DIMENSIONS, bias=False)
        self.neck = nn.BatchNorm1d(DIMENSIONS)

    def train(self, mode: bool = True) -> "LivecsiVector":
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        with torch.no_grad():
            _, middle, coarse = self.encoder(features)
        x = self.trunk(torch.cat([coarse, self.join(middle)], 1))
        vector = self.neck(self.vector(self.pool(x.amax(2, keepdim=True))))
        return vector, vector
