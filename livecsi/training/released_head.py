"""The head as it is released: the same numbers in half the time.

Batch norm is folded into the convolutions, and a convolution over features and one cross-similarity matrix side by side
becomes the sum of two, because onnxruntime is fast only on channels that come in sixteens, and slow on seventeen.
"""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from livecsi.training.networks.livecsi import ConvBlock, Head

MATRIX_GAIN = 3.0
"""What the head multiplies every matrix by."""


class _Folded(nn.Module):
    """A block of the head with its norm folded in; with `joins`, its last input channel is a matrix of its own."""

    def __init__(self, block: ConvBlock, gain: float = 1.0, joins: bool = False) -> None:
        super().__init__()
        convolution, norm = block.convolution, block.norm
        assert norm.running_var is not None and norm.running_mean is not None
        scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
        weight = (convolution.weight * scale[:, None, None, None]).detach()
        self.stride, self.padding = convolution.stride, convolution.padding
        self.weight = nn.Parameter(gain * (weight[:, :-1] if joins else weight))
        self.matrix_weight = nn.Parameter(MATRIX_GAIN * weight[:, -1:]) if joins else None
        self.bias = nn.Parameter((norm.bias - norm.running_mean * scale).detach())

    def forward(self, x: Tensor, matrix: Tensor | None = None) -> Tensor:
        y = functional.conv2d(x, self.weight, self.bias, self.stride, self.padding)
        if matrix is not None and self.matrix_weight is not None:
            joined = functional.interpolate(matrix, size=x.shape[2:], mode="nearest")
            y = y + functional.conv2d(joined, self.matrix_weight, None, self.stride, self.padding)
        return functional.relu(y)


class ReleasedHead(nn.Module):
    """Fine, middle and coarse matrices (n, t, u) to scores (n,): what `Head` gives in evaluation mode."""

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.fine = _Folded(head.fine, gain=MATRIX_GAIN)
        self.middle = _Folded(head.middle, joins=True)
        coarse, last = (cast(ConvBlock, block) for block in head.coarse)
        self.coarse = _Folded(coarse, joins=True)
        self.last = _Folded(last)
        self.score = head.score

    def forward(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Tensor:
        x = self.middle(self.fine(fine[:, None]), middle[:, None])
        x = self.last(self.coarse(x, coarse[:, None]))
        pooled: Tensor = self.score(torch.cat([x.amax((2, 3)), x.mean((2, 3))], 1))
        return pooled[:, 0]
