"""The constant-Q front end: one implementation for live, replay, ingest and training.

Frame t describes the samples from t * `frame_samples` on. With `fine_frames` = 1 it is the paper's plain hop, one
transform centred there; with more it is the mean magnitude of that many evenly spaced transforms, because at 299 ms a
plain hop hears only 3 % of the audio in its top bins. Every frame is one product of one fixed shape with fixed kernels,
so chunks, streams and whole files agree to the bit.

Kernels after Brown (1991) with the normalisation of librosa's `cqt(scale=True)`: a sinusoid of amplitude A gives
A / 2 * sqrt(kernel length).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from livecsi.types import SAMPLE_RATE_HERTZ, Frames, Samples

C1_HERTZ = 32.703195662574764


@dataclass(frozen=True, slots=True)
class ConstantQSpec:
    """What a model's manifest says about its features."""

    bins: int = 72
    bins_per_octave: int = 12
    lowest_hertz: float = C1_HERTZ
    frame_samples: int = 6600
    fine_frames: int = 10

    def __post_init__(self) -> None:
        if self.frame_samples % self.fine_frames:
            raise ValueError(f"{self.frame_samples} samples cannot be cut into {self.fine_frames} equal hops")

    @property
    def quality(self) -> float:
        """Centre frequency over bandwidth, the band reaching half-way to both neighbours as in librosa >= 0.10."""
        ratio = 4.0 ** (1 / self.bins_per_octave)
        return float((ratio + 1) / (ratio - 1))

    @property
    def frame_seconds(self) -> float:
        return self.frame_samples / SAMPLE_RATE_HERTZ

    def kernel_lengths(self) -> NDArray[np.float64]:
        """Length of each bin's window in samples, shape (bins,)."""
        hertz = self.lowest_hertz * 2.0 ** (np.arange(self.bins) / self.bins_per_octave)
        return np.asarray(self.quality * SAMPLE_RATE_HERTZ / hertz)

    @property
    def context_samples(self) -> int:
        """How far the longest window reaches to either side of its centre."""
        return int(np.ceil(self.kernel_lengths()[0] / 2)) + 1

    @property
    def lookahead_samples(self) -> int:
        """A frame is complete once this many samples after its first one are there."""
        return self.frame_samples - self.hop_samples + self.context_samples + 1

    @property
    def hop_samples(self) -> int:
        return self.frame_samples // self.fine_frames

    def frame_count(self, samples: int) -> int:
        """Frames of a whole recording: 401 for 120 s."""
        return samples // self.frame_samples + 1

    def complete_frames(self, samples: int) -> int:
        """Frames of a stream of which `samples` have arrived that no later sample can change."""
        return max(0, (samples - self.lookahead_samples) // self.frame_samples + 1)


@dataclass(frozen=True, slots=True)
class _Octave:
    """Kernels of similar length, real and imaginary parts side by side: (reach * 2 + 1, bins * 2)."""

    reach_samples: int
    kernels: NDArray[np.float32]


@lru_cache(maxsize=4)
def _octaves(spec: ConstantQSpec) -> tuple[_Octave, ...]:
    groups = range(0, spec.bins, spec.bins_per_octave)
    return tuple(_octave(spec, first, min(first + spec.bins_per_octave, spec.bins)) for first in groups)


def _octave(spec: ConstantQSpec, first_bin: int, last_bin: int) -> _Octave:
    lengths = spec.kernel_lengths()[first_bin:last_bin]
    reach = int(np.ceil(lengths[0] / 2)) + 1
    columns = [_kernel(length, spec.quality / length, reach) for length in lengths]
    kernels = np.concatenate([np.real(columns), np.imag(columns)]).T
    return _Octave(reach, np.ascontiguousarray(kernels, dtype=np.float32))


def _kernel(length: float, cycles_per_sample: float, reach: int) -> NDArray[np.complex128]:
    """One windowed sinusoid of `length` samples, centred in 2 * reach + 1, scaled to unit response * sqrt(length)."""
    time = np.arange(-length // 2, length // 2)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(len(time)) / len(time))
    kernel = np.zeros(2 * reach + 1, np.complex128)
    kernel[reach + int(time[0]) : reach + int(time[0]) + len(time)] = window * np.exp(
        -2j * np.pi * cycles_per_sample * time
    )
    return np.asarray(kernel * np.sqrt(length) / np.abs(kernel).sum())


def constant_q_frame(spec: ConstantQSpec, samples: Samples) -> NDArray[np.float32]:
    """One frame, shape (bins,).

    `samples` are those from `context_samples` before the frame's first to `lookahead_samples` after it.
    """
    expected = spec.context_samples + spec.lookahead_samples
    if len(samples) != expected:
        raise ValueError(f"one frame needs {expected} samples, got {len(samples)}")
    if not samples.any():  # an evening's digital silence costs nothing
        return np.zeros(spec.bins, np.float32)
    parts = []
    for octave in _octaves(spec):
        first = spec.context_samples - octave.reach_samples
        windows = np.lib.stride_tricks.sliding_window_view(samples[first:], 2 * octave.reach_samples + 1)
        centred = np.ascontiguousarray(windows[:: spec.hop_samples][: spec.fine_frames])
        real, imaginary = np.split(centred @ octave.kernels, 2, axis=1)
        parts.append(np.sqrt(real * real + imaginary * imaginary).mean(0))
    return np.concatenate(parts)


def constant_q(spec: ConstantQSpec, samples: Samples) -> Frames:
    """All frames of a whole recording, shape (bins, frame_count); silence is assumed before and after it."""
    frames = spec.frame_count(len(samples))
    width = spec.context_samples + spec.lookahead_samples
    after = (frames - 1) * spec.frame_samples + width - spec.context_samples - len(samples)
    padded = np.pad(samples.astype(np.float32, copy=False), (spec.context_samples, max(0, after)))
    starts = range(0, frames * spec.frame_samples, spec.frame_samples)
    columns = [constant_q_frame(spec, padded[start : start + width]) for start in starts]
    return np.stack(columns, 1)
