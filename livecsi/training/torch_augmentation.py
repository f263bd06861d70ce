"""Roughness on many songs at once, in torch: the twin of `augmentation.augment`, from the same `Roughness`."""

from collections.abc import Sequence
from operator import attrgetter

import numpy as np
import torch
from torch import Tensor

from livecsi.training.augmentation import HISS_RANGE, Roughness


def roughen(magnitude: Tensor, roughness: Sequence[Roughness], generator: torch.Generator) -> Tensor:
    """`magnitude` (n, bins, frames) with tilt, crowd, gain dynamics, lost moments and bands, one roughness each."""

    def each(name: str) -> Tensor:
        values = np.array([attrgetter(name)(one) for one in roughness], np.float32)
        return torch.from_numpy(values).to(magnitude.device)

    lowest, highest = HISS_RANGE
    hiss = torch.rand(magnitude.shape, device=magnitude.device, generator=generator) * (highest - lowest) + lowest
    result = magnitude * each("tilt")[:, :, None]
    crowd = each("crowd_spectrum")[:, :, None] * each("crowd_envelope")[:, None] * hiss
    result = result + result.mean((1, 2), keepdim=True) * crowd
    loudness = result.mean(1, keepdim=True)
    level = loudness / (loudness.mean(2, keepdim=True) + 1e-9) + 0.02
    result = result * level ** -each("squeeze")[:, None, None]
    return result * each("moments")[:, None] * each("bands")[:, :, None]
