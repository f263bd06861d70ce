"""Many performances rendered together on any torch device; beside `performance.render_performance`, which does one.

A worker writes `Script`s (arrangements with every decision that is no noise: small, picklable, numpy); whoever owns the
device turns a list of them into magnitudes with `render_batch`. Both renderers have the same distributions.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from livecsi.training.rendering.arranger import Arrangement, arrange
from livecsi.training.rendering.performance import DRUMS_PER_BAND, MAGNITUDE_OF_BINS, draw_kit
from livecsi.training.rendering.raster import FRAME_SECONDS, STEPS_PER_FRAME
from livecsi.training.rendering.scene import Scene, draw_scene
from livecsi.training.rendering.torch_raster import Jitter, drum_activity, drum_spectra, note_power, sheet_of
from livecsi.training.rendering.torch_stage import exponential, put_on_stage
from livecsi.training.rendering.variety import FULL, Variety
from livecsi.training.scores.score import Score


@dataclass(frozen=True, slots=True)
class Script:
    """One performance before it sounds; `kit` are the bins of kick and snare, and how loud the drums are."""

    arrangement: Arrangement
    kit: tuple[float, float, float]
    scene: Scene


def write_script(score: Score, rng: np.random.Generator, live: bool, frames: int, variety: Variety = FULL) -> Script:
    """Decide everything about `frames` frames of a fresh performance of `score`."""
    arrangement = arrange(score, rng, live, frames * FRAME_SECONDS, variety)
    scene = draw_scene(frames * STEPS_PER_FRAME, arrangement.intro_seconds, live, rng)
    return Script(arrangement, draw_kit(rng, variety), scene)


def render_batch(scripts: Sequence[Script], frames: int, device: torch.device, generator: torch.Generator) -> Tensor:
    """Magnitudes (n, 72, frames) with mean one, on `device`; its `generator` draws the noise.

    The same scripts and generator give the same magnitudes on one kind of device.
    """
    steps = frames * STEPS_PER_FRAME
    talks = [script.scene.talk for script in scripts if script.scene.talk is not None]
    parts = [(script.arrangement.notes, script.arrangement.timbres) for script in scripts]
    sheet = sheet_of([*parts, *((talk.notes, talk.timbre) for talk in talks)], steps)
    jitter = Jitter.draw(len(sheet.item), device, generator)
    power = note_power(sheet, len(parts) + len(talks), steps, jitter, device)
    band = _with_drums(power[: len(parts)], scripts, generator)
    power = put_on_stage(band, power[len(parts) :], [script.scene for script in scripts], generator)
    magnitude = torch.sqrt(power) * torch.from_numpy(MAGNITUDE_OF_BINS).float().to(device)[:, None]
    pooled = magnitude.unflatten(2, (frames, STEPS_PER_FRAME)).mean(3)
    return pooled / (pooled.mean((1, 2), keepdim=True) + 1e-12)


def _with_drums(power: Tensor, scripts: Sequence[Script], generator: torch.Generator) -> Tensor:
    activity = np.stack([drum_activity(script.arrangement.hits, power.shape[2]) for script in scripts])
    loudness = np.array([script.kit[2] for script in scripts])[:, None, None]
    spectra = DRUMS_PER_BAND * loudness * np.stack([drum_spectra(*script.kit[:2]) for script in scripts])
    drums = torch.einsum("ndq,nds->nqs", *(torch.from_numpy(x).float().to(power.device) for x in (spectra, activity)))
    return power + drums * power.mean((1, 2), keepdim=True) * exponential(power.shape, power.device, generator)
