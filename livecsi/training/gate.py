"""Training the gate: excerpts of music, speech and crowd, mixed and roughened the way a room does.

Music is real and rendered, speech is real with pauses, crowds are synthesised (recorded ones are for validation), and
so are fans, engines and hum, which count as crowd: sound that is no music. A label says what is in front: music under
applause is music, an announcement over a murmuring crowd is speech.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from livecsi.audio.recording import read_recording
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.settings import DecodingSettings
from livecsi.training.crowds import crowd, machine
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.recordings import cached_features
from livecsi.training.rendering.performance import render_performance
from livecsi.training.rendering.scene import smooth_curve
from livecsi.training.scores.score import Score
from livecsi.types import SAMPLE_RATE_HERTZ, Frames, Samples

EXCERPT_FRAMES = 96
MUSIC, SPEECH, CROWD = 0, 1, 2
SYNTHETIC_CROWDS = 120
RENDERED_SONGS = 200
HISSES = 8
HISS_SECONDS = 12
MACHINES, MACHINE_SECONDS = 48, 15.0


class GateMaterial:
    """Everything the gate learns from, as frames; every tenth recording is kept for validation."""

    def __init__(
        self, audio: Path, scores: list[Score], cache: Path, validation: bool, say: Callable[[str], None]
    ) -> None:
        spec = ConstantQSpec()
        noise = sorted((audio / "noise").glob("*.ogg"))
        speech = [path for path in noise if path.name.startswith("speech")]
        crowds = [path for path in noise if path.name.startswith(("crowd", "applause"))]
        music = sorted((audio / "music").glob("*.ogg")) + sorted((audio / "music_more").glob("*.ogg"))
        self.music = list(cached_features(_part(music, validation), spec, cache, say).values())
        self.speech = list(cached_features(_part(speech, validation), spec, cache, say).values())
        self.crowd = list(cached_features(crowds, spec, cache, say).values()) if validation else []
        rng = np.random.default_rng([7, validation])
        voices = [read_recording(path, DecodingSettings()) for path in _part(speech, validation)[:30]]
        self.crowd += [
            constant_q(spec, crowd(rng, 30.0, voices)) for _ in range(SYNTHETIC_CROWDS // (6 if validation else 1))
        ]
        self.crowd += [constant_q(spec, _hiss(rng)) for _ in range(HISSES)]
        self.crowd += [constant_q(spec, machine(rng, MACHINE_SECONDS)) for _ in range(MACHINES)]
        if scores:
            self.music += [
                render_performance(scores[int(rng.integers(len(scores)))], rng, True, 300).magnitude
                for _ in range(RENDERED_SONGS // (6 if validation else 1))
            ]

    def batch(self, rng: np.random.Generator, size: int) -> tuple[torch.Tensor, torch.Tensor]:
        """(size, 72, EXCERPT_FRAMES) magnitudes and (size, EXCERPT_FRAMES) labels."""
        excerpts, labels = zip(*(self._excerpt(rng) for _ in range(size)), strict=True)
        return torch.from_numpy(np.stack(excerpts)), torch.from_numpy(np.stack(labels))

    def _excerpt(self, rng: np.random.Generator) -> tuple[Frames, NDArray[np.int64]]:
        """Two stretches one after the other, each with a quieter layer of crowd."""
        change = int(rng.integers(0, EXCERPT_FRAMES)) if rng.random() < 0.5 else EXCERPT_FRAMES
        kinds = rng.integers(0, 3, 2)
        front = np.concatenate(
            [self._take(rng, kinds[0], change), self._take(rng, kinds[1], EXCERPT_FRAMES - change)], 1
        )
        behind = self._take(rng, CROWD, EXCERPT_FRAMES) * 10 ** (-rng.uniform(3, 40) / 20)
        power = front**2 + behind**2
        power *= 10 ** (smooth_curve(rng, len(power), 6, 4.0) / 10)[:, None]
        power = _smear(power, rng.uniform(0, 0.6))
        power += power.mean() * 10 ** rng.uniform(-6, -2.5) * rng.standard_exponential(power.shape)
        return np.sqrt(power).astype(np.float32), np.where(np.arange(EXCERPT_FRAMES) < change, kinds[0], kinds[1])

    def _take(self, rng: np.random.Generator, kind: int, frames: int) -> Frames:
        pool = (self.music, self.speech, self.crowd)[kind]
        pieces, have = [], 0
        while have < frames:
            piece = pool[int(rng.integers(len(pool)))]
            start = int(rng.integers(0, max(1, piece.shape[1] - frames)))
            pieces.append(piece[:, start : start + frames] / (piece.mean() + 1e-9))
            have += pieces[-1].shape[1]
        return np.concatenate(pieces, 1)[:, :frames] if pieces else np.zeros((len(pool[0]), 0), np.float32)


def train_gate(material: GateMaterial, steps: int, seed: int, say: Callable[[str], None]) -> GateNetwork:
    """Train from scratch; a few minutes of one core."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng(seed), GateNetwork()
    optimiser = torch.optim.AdamW(network.parameters(), 2e-3, weight_decay=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, steps)
    for step in range(steps):
        magnitude, label = material.batch(rng, 24)
        loss = functional.cross_entropy(network(magnitude), label, label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            say(f"gate step {step} loss {loss.item():.3f}")
    return network.eval()


def gate_confusion(network: GateNetwork, material: GateMaterial, seed: int) -> NDArray[np.float64]:
    """Share of frames of each true kind (rows) given to each kind (columns)."""
    magnitude, label = material.batch(np.random.default_rng(seed), 200)
    with torch.no_grad():
        given = network(magnitude).argmax(1)
    counts = np.zeros((3, 3))
    np.add.at(counts, (label.numpy().ravel(), given.numpy().ravel()), 1)
    return counts / counts.sum(1, keepdims=True)


def _part(paths: list[Path], validation: bool) -> list[Path]:
    return paths[::10] if validation else [path for index, path in enumerate(paths) if index % 10]


def _hiss(rng: np.random.Generator) -> Samples:
    """Noise between white and red: fans, rain, an open microphone; no music, so it counts as crowd."""
    length = HISS_SECONDS * SAMPLE_RATE_HERTZ
    spectrum = np.fft.rfft(rng.normal(0, 1, length)) * np.maximum(np.fft.rfftfreq(length), 1e-4) ** -rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, length)
    return (0.1 * noise / np.abs(noise).max()).astype(np.float32)


def _smear(power: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """A room: each frame keeps a part of the one before."""
    result = power.copy()
    for frame in range(1, power.shape[1]):
        result[:, frame] += keep * result[:, frame - 1] * 0.7
    return result
