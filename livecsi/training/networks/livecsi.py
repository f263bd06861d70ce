"""The livecsi network: a pitch-equivariant encoder, cross-similarity matrices at the best transposition, a small head.

After Hakala, Kincy and Virtanen (Siamese network on cross-similarity matrices of multi-level deep sequences), with
their maximum over frequency replaced by a fold into twelve pitch classes, so that a transposed cover is a rotation.

Shapes: magnitudes (batch, 72, frames); a level is (batch, CHANNELS, 12, frames / 2, / 4 or / 8) of unit columns.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

BINS = 72
OCTAVES = 6
CHANNELS = 8
HARMONIC_SHIFTS = (0, 12, 19, 24, 28, -12)
FAINTEST = 1e-9
"""Never divide by less. A bound, not a summand: the ONNX exporter takes an added 1e-9 for zero and drops it."""
Levels = list[Tensor]


def normalise_magnitude(magnitude: Tensor) -> Tensor:
    """Log-compress, take most of room and equaliser out, standardise: (batch, 72, frames) to (batch, 1, ...)."""
    mean = magnitude.mean((1, 2), keepdim=True).clamp(min=FAINTEST)
    logarithm = torch.log1p(10 * magnitude / mean)
    whitened = logarithm - 0.7 * logarithm.mean(2, keepdim=True)
    centred = whitened - whitened.mean((1, 2), keepdim=True)
    deviation = (centred * centred).mean((1, 2), keepdim=True).sqrt()
    return (centred / (deviation + 1e-6))[:, None]


class ConvBlock(nn.Module):
    """Convolution, batch norm, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: tuple[int, int], stride: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.convolution = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        return functional.relu(self.norm(self.convolution(x)))


class CircularBlock(nn.Module):
    """The same over pitch classes, where the B below C is next to it."""

    def __init__(self, inputs: int, outputs: int, pitch_width: int, time_width: int, dilation: int = 1) -> None:
        super().__init__()
        self.wrap = pitch_width // 2
        self.convolution = nn.Conv2d(
            inputs,
            outputs,
            (pitch_width, time_width),
            padding=(0, dilation * (time_width // 2)),
            dilation=(1, dilation),
            bias=False,
        )
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        if self.wrap:
            x = torch.cat([x[:, :, -self.wrap :], x, x[:, :, : self.wrap]], 2)
        return functional.relu(self.norm(self.convolution(x)))


class Encoder(nn.Module):
    """Magnitudes to three levels of learned chroma, at 0.6, 1.2 and 2.4 seconds a frame."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.first = ConvBlock(len(HARMONIC_SHIFTS), width, (3, 5), stride=(1, 2))
        self.second = ConvBlock(width, width, (3, 3))
        self.octave_weight = nn.Parameter(torch.zeros(width, OCTAVES))
        self.fold = CircularBlock(2 * width, 32, 1, 1)
        self.fine = CircularBlock(32, 32, 7, 3)
        self.middle = nn.Sequential(CircularBlock(32, 32, 7, 3), CircularBlock(32, 32, 3, 5))
        self.coarse = nn.Sequential(CircularBlock(32, 48, 7, 3), CircularBlock(48, 48, 3, 5, dilation=2))
        self.projections = nn.ModuleList([nn.Conv2d(inputs, CHANNELS, 1) for inputs in (32, 32, 48)])

    def forward(self, magnitude: Tensor) -> Levels:
        x = _stack_harmonics(normalise_magnitude(magnitude))
        x = self._fold_octaves(self.second(self.first(x)))
        fine = self.fine(self.fold(x))
        middle = self.middle(functional.avg_pool2d(fine, (1, 2)))
        coarse = self.coarse(functional.avg_pool2d(middle, (1, 2)))
        return [unit_columns(p(level)) for p, level in zip(self.projections, (fine, middle, coarse), strict=True)]

    def _fold_octaves(self, x: Tensor) -> Tensor:
        octaves = x.unflatten(2, (OCTAVES, 12))
        weight = torch.softmax(self.octave_weight, 1)[None, :, :, None, None]
        return torch.cat([(octaves * weight).sum(2), octaves.amax(2)], 1)


def _stack_harmonics(x: Tensor) -> Tensor:
    """Partials of one pitch side by side as channels: bin b also sees b + 12, b + 19, ..."""
    layers = []
    for shift in HARMONIC_SHIFTS:
        if shift >= 0:
            layers.append(functional.pad(x[:, :, shift:], (0, 0, 0, shift)))
        else:
            layers.append(functional.pad(x[:, :, :shift], (0, 0, -shift, 0)))
    return torch.cat(layers, 1)


def unit_columns(level: Tensor) -> Tensor:
    """Take out half of what never changes, then give every moment unit length over channels and pitch classes."""
    level = level - 0.5 * level.mean(3, keepdim=True)
    length = (level * level).sum((1, 2), keepdim=True).sqrt()
    return level / (length + 1e-6)


def best_similarity(query: Tensor, reference: Tensor) -> Tensor:
    """MaxSim per transposition: mean of row and column maxima of the cross-similarity.

    `query` (n, C, 12, t), `reference` (m, C, 12, u) -> (n, m, 12); entry k is for the reference rotated up by k.
    """
    flat = query.flatten(1, 2)
    scores = []
    for k in range(12):
        rotated = torch.roll(reference, k, 2).flatten(1, 2)
        similarity = torch.einsum("nct,mcu->nmtu", flat, rotated)
        scores.append(0.5 * (similarity.amax(3).mean(2) + similarity.amax(2).mean(2)))
    return torch.stack(scores, 2)


def cross_similarity(query: Tensor, reference: Tensor) -> Tensor:
    """Cosine cross-similarity matrices of aligned pairs: (n, C, 12, t) x (n, C, 12, u) -> (n, t, u)."""
    return torch.bmm(query.flatten(1, 2).transpose(1, 2), reference.flatten(1, 2))


class Head(nn.Module):
    """Three cross-similarity matrices to one score, any size, joined coarse to fine."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.fine = ConvBlock(1, width, (5, 5), stride=(2, 2))
        self.middle = ConvBlock(width + 1, 32, (3, 3), stride=(2, 2))
        self.coarse = nn.Sequential(ConvBlock(33, 48, (3, 3), stride=(2, 2)), ConvBlock(48, 48, (3, 3)))
        self.score = nn.Sequential(nn.Linear(96, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, matrices: list[Tensor]) -> Tensor:
        fine, middle, coarse = (3 * matrix[:, None] for matrix in matrices)
        x = self.fine(fine)
        x = self.middle(torch.cat([x, _resize(middle, x)], 1))
        x = self.coarse(torch.cat([x, _resize(coarse, x)], 1))
        return self.score(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))[:, 0]


def _resize(matrix: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(matrix, size=like.shape[2:], mode="nearest")


class LivecsiNetwork(nn.Module):
    """Encoder, head, and the temperatures of the losses."""

    def __init__(self, width: int = 24) -> None:
        super().__init__()
        self.encoder = Encoder(width)
        self.head = Head()
        self.log_temperature = nn.Parameter(torch.tensor(3.0))
        self.log_alignment_temperature = nn.Parameter(torch.tensor(2.3))

    def compare(self, query: Levels, reference: Levels, rotation: Tensor) -> Tensor:
        """Head score of aligned pairs, the reference rotated up by `rotation` (n,) pitch classes."""
        index = (torch.arange(12, device=rotation.device)[None] - rotation[:, None]) % 12
        matrices = []
        for a, b in zip(query, reference, strict=True):
            rotated = torch.gather(b, 2, index[:, None, :, None].expand(-1, b.shape[1], -1, b.shape[3]))
            matrices.append(cross_similarity(a, rotated))
        return self.head(matrices)
