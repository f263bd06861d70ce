"""Phrases: the fourth and longest level of deep sequences, by which a large catalogue is searched too.

It hears the middle and the coarse level instead of sound, looks at 48 s, and says of every 9.6 s what is played
there, learned by nothing but being found among songs of thousands of works. After the late interaction of ColBERT
(Khattab and Zaharia 2020): a song is the set of its phrases, and two songs are as alike as their best phrases.

Shapes: moments (batch, 24, 12, coarse moments), the 8 channels of the coarse level and 2 x 8 of the two middle moments
of the same time, to phrases (batch, 16, 12, coarse moments / 4). The length of a phrase says how much it counts in a
query; all phrases of a query together count one.
"""

import torch
from torch import Tensor, nn

from livecsi.training.networks.blocks import FAINTEST
from livecsi.training.networks.livecsi import CHANNELS, CircularBlock

INPUTS = 3 * CHANNELS
PHRASE_CHANNELS = 16
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


class PhraseNetwork(nn.Module):
    """The trunk, a direction for each phrase, and how much it counts."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.trunk = Trunk(width)
        self.direction = nn.Conv2d(2 * width, PHRASE_CHANNELS, 1)
        self.importance = nn.Conv2d(2 * width, 1, 1)

    def forward(self, moments: Tensor) -> Tensor:
        x = self.trunk(moments)
        weight = torch.softmax(self.importance(x).amax(2, keepdim=True), 3)
        return weight * unit_phrases(self.direction(x))


def unit_phrases(phrases: Tensor) -> Tensor:
    """(batch, 16, 12, phrases): every phrase with unit length over channels and pitch classes."""
    length = (phrases * phrases).sum((1, 2), keepdim=True).sqrt()
    return phrases / length.clamp(min=FAINTEST)


def phrase_similarity(query: Tensor, song: Tensor) -> Tensor:
    """How well the phrases of each query are found in each song, in every key.

    `query` (n, 16, 12, t), weighted, `song` (m, 16, 12, u) -> (n, m, 12); entry k is for the query rotated down by k.
    """
    found = unit_phrases(song).flatten(1, 2)
    scores = []
    for k in range(query.shape[2]):
        rotated = torch.roll(query, -k, 2).flatten(1, 2)
        scores.append(torch.einsum("nct,mcu->nmtu", rotated, found).amax(3).sum(2))
    return torch.stack(scores, 2)
