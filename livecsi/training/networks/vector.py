"""One vector of the house: what ByteCover and CQT-Net ask of a network, asked of the levels the released encoder hears.

The encoder is not changed; the trunk of the phrases looks around in its levels, the best pitch class speaks for all
twelve, so that a transposed song has the same vector, and a generalised mean over time does for any length.
Shapes: magnitudes (batch, 72, frames) to vectors of 256.
"""

from typing import ClassVar

import torch
from torch import Tensor, nn

from livecsi.training.networks.blocks import EmbeddingNetwork, GeneralisedMean
from livecsi.training.networks.livecsi import CHANNELS, Encoder
from livecsi.training.networks.phrases import Trunk

DIMENSIONS = 256


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
