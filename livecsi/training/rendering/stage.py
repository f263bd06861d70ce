"""Where the band plays and who is in the room: talk, reverberation, PA, compression, crowd, noise floor.

All in constant-Q power of shape (BINS, steps), changed in place or returned; `scene.py` decides, this does.
"""

import numpy as np

from livecsi.training.rendering.instruments import random_timbre
from livecsi.training.rendering.raster import BINS, Power, add_notes, reverberate
from livecsi.training.rendering.scene import (
    LOW_BINS_BLURRED,
    TREMOR,
    blur_weight,
    draw_compression,
    draw_crowd_count,
    draw_crowd_loudness,
    draw_crowd_shape,
    draw_equaliser,
    draw_floor,
    draw_room,
    draw_talk_loudness,
    draw_talk_notes,
    is_announced,
)


def put_on_stage(power: Power, intro_seconds: float, live: bool, rng: np.random.Generator) -> Power:
    """What a microphone in the room, or a studio engineer, makes of the band."""
    band = power.mean()
    room_gain, room_keep = draw_room(live, rng)
    if room_gain:
        reverberate(power, room_gain, room_keep)
    _blur_low_bins(power)
    if is_announced(intro_seconds, live, rng):
        power += _talk(power.shape[1], intro_seconds, rng) * band * draw_talk_loudness(rng)
    power *= draw_equaliser(live, rng)[:, None]
    power *= np.exp(rng.normal(0, TREMOR, power.shape))
    _compress(power, draw_compression(rng))
    mean = power.mean()
    for _ in range(draw_crowd_count(live, rng)):
        power += _crowd(power.shape[1], rng) * mean * draw_crowd_loudness(rng)
    return power + mean * draw_floor(live, rng)[:, None] * rng.standard_exponential(power.shape)


def _blur_low_bins(power: Power) -> None:
    """The long windows of low constant-Q bins see their neighbours in time."""
    for first, end, radius in LOW_BINS_BLURRED:
        weight = blur_weight(radius)
        for q in range(first, end):
            power[q] = np.convolve(power[q], weight, "same")


def _compress(power: Power, amount: float) -> None:
    if amount == 0:
        return
    loudness = np.convolve(power.mean(0) + 1e-12, np.ones(9) / 9, "same")
    power *= (loudness / (loudness.mean() + 1e-12) + 0.02) ** -amount


def _crowd(steps: int, rng: np.random.Generator) -> Power:
    """Crowd noise of unit mean power."""
    spectrum, envelope = draw_crowd_shape(steps, rng)
    noise = spectrum[:, None] * envelope[None] * rng.standard_exponential((BINS, steps))
    return np.asarray(noise / (noise.mean() + 1e-12))


def _talk(steps: int, until_seconds: float, rng: np.random.Generator) -> Power:
    """Somebody announces the song, with unit mean power."""
    power = np.zeros((BINS, steps))
    notes = draw_talk_notes(until_seconds, rng)
    if len(notes):
        add_notes(power, notes, random_timbre(rng, "vocal")[None], int(rng.integers(1 << 30)))
        power /= power.mean() + 1e-12
    return power
