"""The stage of many performances at once, in torch: the twin of `stage.py`, which draws from the same `Scene`s.

Power is (n, BINS, steps) on one device; what each `Scene` decided goes there in a few small arrays.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from livecsi.training.rendering.raster import BINS
from livecsi.training.rendering.scene import LOW_BINS_BLURRED, TREMOR, Crowd, Scene, blur_weight
from livecsi.training.rendering.torch_raster import with_tails

COMPRESSOR_STEPS = 9


def put_on_stage(power: Tensor, talk: Tensor, scenes: Sequence[Scene], generator: torch.Generator) -> Tensor:
    """Power as a microphone in the room hears it; `talk` is the power of the announcements, in the order of scenes."""
    device = power.device
    band = _mean(power)
    gain, keep = (
        _stacked([scene.room_gain for scene in scenes], device),
        _stacked([scene.room_keep for scene in scenes], device),
    )
    power = with_tails(power, gain, keep)
    _blur_low_bins(power)
    _add_talk(power, talk, scenes, band)
    power *= _stacked([scene.equaliser for scene in scenes], device)[:, :, None]
    power *= torch.exp(TREMOR * torch.randn(power.shape, device=device, generator=generator))
    _compress(power, _stacked([scene.compression for scene in scenes], device))
    mean = _mean(power)
    for turn in range(max(len(scene.crowds) for scene in scenes)):
        _add_crowds(power, scenes, turn, mean, generator)
    floor = mean * _stacked([scene.floor for scene in scenes], device)[:, :, None]
    return power + floor * exponential(power.shape, device, generator)


def exponential(shape: Sequence[int], device: torch.device, generator: torch.Generator) -> Tensor:
    """Standard exponential noise: the power of a random bin of noise."""
    return torch.empty(*shape, device=device).exponential_(generator=generator)


def _mean(power: Tensor) -> Tensor:
    return power.mean((1, 2), keepdim=True)


def _blur_low_bins(power: Tensor) -> None:
    for first, end, radius in LOW_BINS_BLURRED:
        padded = functional.pad(power[:, first:end], (radius, radius))
        taps = enumerate(blur_weight(radius).tolist())
        power[:, first:end] = sum(
            (weight * padded[:, :, tap : tap + power.shape[2]] for tap, weight in taps),
            torch.zeros((), device=power.device),
        )


def _add_talk(power: Tensor, talk: Tensor, scenes: Sequence[Scene], band: Tensor) -> None:
    said = [(number, scene.talk.loudness) for number, scene in enumerate(scenes) if scene.talk is not None]
    if said:
        item = _index([number for number, _ in said], power.device)
        loudness = _stacked([loudness for _, loudness in said], power.device)[:, None, None] * band[item]
        power[item] += talk / (_mean(talk) + 1e-12) * loudness


def _compress(power: Tensor, amount: Tensor) -> None:
    radius = COMPRESSOR_STEPS // 2
    loudness = functional.avg_pool1d(power.mean(1) + 1e-12, COMPRESSOR_STEPS, 1, radius)
    level = loudness / (loudness.mean(1, keepdim=True) + 1e-12) + 0.02
    power *= (level ** -amount[:, None])[:, None]


def _add_crowds(power: Tensor, scenes: Sequence[Scene], turn: int, mean: Tensor, generator: torch.Generator) -> None:
    """Crowd number `turn` of every performance that has so many."""
    heard: list[tuple[int, Crowd]] = [(i, s.crowds[turn]) for i, s in enumerate(scenes) if turn < len(s.crowds)]
    device, crowds = power.device, [crowd for _, crowd in heard]
    noise = exponential((len(crowds), BINS, power.shape[2]), device, generator)
    noise *= _stacked([crowd.spectrum for crowd in crowds], device)[:, :, None]
    noise *= _stacked([crowd.envelope for crowd in crowds], device)[:, None]
    item = _index([number for number, _ in heard], device)
    loudness = mean[item] * _stacked([crowd.loudness for crowd in crowds], device)[:, None, None]
    power[item] += noise / (_mean(noise) + 1e-12) * loudness


def _stacked(values: Sequence[float] | Sequence[NDArray[np.float64]], device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(values, np.float32)).to(device)


def _index(numbers: list[int], device: torch.device) -> Tensor:
    return torch.tensor(numbers, dtype=torch.int64, device=device)
