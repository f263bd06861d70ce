"""The convolutional and the recurrent network of the HPCP family (Mitseas): pitch classes in, one vector out.

Shapes: HPCP (batch, 12, frames), standardised per item, to vectors of 256 (convolutions) or 512 (LSTM). Both learn from
distances of unit vectors alone.
"""

from typing import ClassVar

from torch import Tensor, nn

from livecsi.training.networks.blocks import EmbeddingNetwork, Input, average, unit, z_score

CONVOLUTIONS = (
    (1, 64, (3, 3), False), (64, 64, (3, 3), True),
    (64, 128, (3, 3), False), (128, 128, (3, 7), True),
    (128, 256, (5, 7), False), (256, 256, (5, 7), True),
)  # fmt: skip
"""Channels in and out, kernel (pitch class, time), whether a pool of two frames follows; the padding is always 1."""


class HpcpCnn(EmbeddingNetwork):
    """Exactly 3,964,352 parameters."""

    input: ClassVar[Input] = "hpcp"
    shortest_frames: ClassVar[int] = 48

    def __init__(self) -> None:
        super().__init__(256)
        layers: list[nn.Module] = []
        for inputs, outputs, kernel, pools in CONVOLUTIONS:
            layers += [nn.Conv2d(inputs, outputs, kernel, padding=1), nn.BatchNorm2d(outputs), nn.ReLU()]
            if pools:
                layers.append(nn.MaxPool2d((1, 2)))
        self.layers = nn.Sequential(*layers)
        self.vector = nn.Linear(256, 256)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        vector = unit(self.vector(average(self.layers(z_score(features)[:, None]))))
        return vector, vector


class HpcpLstm(EmbeddingNetwork):
    """Three layers of 256, averaged over time."""

    input: ClassVar[Input] = "hpcp"
    shortest_frames: ClassVar[int] = 16

    def __init__(self) -> None:
        super().__init__(512)
        self.memory = nn.LSTM(12, 256, 3, batch_first=True, dropout=0.2)
        self.vector = nn.Sequential(nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 512))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        moments, _ = self.memory(z_score(features).transpose(1, 2))
        vector = unit(self.vector(moments.mean(1)))
        return vector, vector
