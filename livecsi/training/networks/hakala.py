"""The Siamese network of Hakala, Kincy and Virtanen: deep sequences at four levels, their cross-similarity, one score.

A branch makes of 120 s of magnitudes (batch, 72, 401) four sequences (batch, channels, 194 / 93 / 43 / 37); the matrix
of squared distances of two sequences, divided by the channels and standardised by a batch norm of one channel, goes
through one of two stacks of convolutions, is flattened, and each level has its say: linear to one, then four to one.
Exact in size (2.40 M parameters); kernels and paddings are a reconstruction that gives the published sizes.
"""

import torch
from torch import Tensor, nn

from livecsi.training.networks.blocks import z_score

BINS, FRAMES = 72, 401
BLOCKS = (
    (32, (12, 5), (13, 5), True), (64, (13, 3), (3, 3), True),
    (128, (3, 3), (3, 3), True), (256, (3, 3), (3, 3), False),
)  # fmt: skip
"""Channels, the two kernels (frequency, time), whether a pool follows."""
LENGTHS = (194, 93, 43, 37)
CHANNELS = (32, 64, 128, 256)
FLATTENED = (32_768, 2_048, 1_024, 1_024)
Sequences = tuple[Tensor, ...]


class Branch(nn.Module):
    """Magnitudes to four deep sequences."""

    def __init__(self) -> None:
        super().__init__()
        inputs, blocks = 1, []
        for outputs, first, second, pools in BLOCKS:
            layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, first), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers += [nn.Conv2d(outputs, outputs, second, dilation=(1, 2)), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers += [nn.MaxPool2d((1, 3), (1, 2))] if pools else []
            blocks.append(nn.Sequential(*layers, nn.Dropout(0.1)))
            inputs = outputs
        self.blocks = nn.ModuleList(blocks)

    def forward(self, magnitude: Tensor) -> Sequences:
        x, levels = z_score(magnitude)[:, None], []
        for block in self.blocks:
            x = block(x)
            levels.append(x.amax(2))
        return tuple(levels)


class Matcher(nn.Module):
    """Four sequences of each side to the logit of "the same song"; not symmetric."""

    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.ModuleList([nn.BatchNorm2d(1) for _ in LENGTHS])
        self.fine, self.coarse = _stack(512, dilation=2, padding=0), _stack(256, dilation=1, padding=1)
        self.levels = nn.ModuleList([nn.Linear(size, 1) for size in FLATTENED])
        self.score = nn.Linear(len(LENGTHS), 1)

    def forward(self, a: Sequences, b: Sequences) -> Tensor:
        said = []
        for number, (left, right) in enumerate(zip(a, b, strict=True)):
            matrix = self.scales[number](squared_distances(left, right)[:, None])
            stack = self.fine if number < 2 else self.coarse
            said.append(self.levels[number](stack(matrix).flatten(1)))
        result: Tensor = self.score(torch.cat(said, 1))[:, 0]
        return result


class HakalaNetwork(nn.Module):
    """Both parts."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Branch()
        self.matcher = Matcher()


def squared_distances(a: Tensor, b: Tensor) -> Tensor:
    """Mean over the channels of (a_i - b_j)^2: (batch, channels, t) x (batch, channels, u) to (batch, t, u)."""
    lengths = (a * a).mean(1)[:, :, None] + (b * b).mean(1)[:, None]
    return lengths - 2 * torch.bmm(a.transpose(1, 2), b) / a.shape[1]


def _stack(last: int, dilation: int, padding: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, 32), (32, 64), (64, 128), (128, last)):
        convolution = nn.Conv2d(inputs, outputs, 3, padding=padding, dilation=dilation)
        layers += [convolution, nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers)
