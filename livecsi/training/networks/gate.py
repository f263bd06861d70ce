"""The gate: music, speech or crowd at every frame, from a few seconds around it, at any loudness."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.networks.livecsi import FAINTEST

LOUDNESS_FRAMES = 33


class GateNetwork(nn.Module):
    """Magnitudes (batch, 72, frames) to logits (batch, 3, frames): music, speech, crowd."""

    def __init__(self) -> None:
        super().__init__()
        self.local = nn.Sequential(
            nn.Conv2d(1, 16, (7, 3), padding=(3, 1)),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.MaxPool2d((3, 1)),
            nn.Conv2d(16, 24, (5, 3), padding=(2, 1)),
            nn.BatchNorm2d(24),
            nn.ReLU(),
            nn.MaxPool2d((4, 1)),
            nn.Conv2d(24, 32, (6, 1)),
            nn.BatchNorm2d(32),
            nn.ReLU(),
        )
        self.context = nn.Sequential(
            nn.Conv1d(32, 32, 5, padding=2),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Conv1d(32, 32, 5, padding=4, dilation=2),
            nn.BatchNorm1d(32),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv1d(32, 3, 1),
        )

    def forward(self, magnitude: Tensor) -> Tensor:
        loudness = functional.avg_pool1d(
            magnitude.mean(1, keepdim=True), LOUDNESS_FRAMES, 1, LOUDNESS_FRAMES // 2, count_include_pad=False
        )
        x = torch.log1p(10 * magnitude / loudness.clamp(min=FAINTEST))[:, None]
        logits: Tensor = self.context(self.local(x)[:, :, 0])
        return logits
