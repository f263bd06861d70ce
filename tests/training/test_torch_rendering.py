"""The renderer of many performances is the renderer of one: the same notes, the same stage, the same kind of music."""

import pickle

import numpy as np
import pytest
import torch

from livecsi.training.augmentation import Roughness, augment
from livecsi.training.rendering.arranger import arrange
from livecsi.training.rendering.instruments import PARTIALS
from livecsi.training.rendering.performance import beat_per_frame, render_performance
from livecsi.training.rendering.raster import (
    BINS,
    FRAME_SECONDS,
    LOWEST_PITCH,
    PITCH_JITTER,
    STEP_SECONDS,
    STEPS_PER_FRAME,
    TAIL_RELEASES,
    add_drums,
    add_notes,
    reverberate,
)
from livecsi.training.rendering.scene import LOW_BINS_BLURRED
from livecsi.training.rendering.stage import _blur_low_bins, _compress
from livecsi.training.rendering.torch_performance import render_batch, write_script
from livecsi.training.rendering.torch_raster import (
    HIGHEST_BIN,
    LARGEST_JITTER_BINS,
    Jitter,
    drum_activity,
    drum_spectra,
    note_power,
    sheet_of,
    with_tails,
)
from livecsi.training.rendering.torch_stage import _blur_low_bins as blur_low_bins
from livecsi.training.rendering.torch_stage import _compress as compress
from livecsi.training.torch_augmentation import roughen
from tests.training.made_up import made_up_score

CPU, FRAMES, STEPS = torch.device("cpu"), 96, 96 * STEPS_PER_FRAME
DEVICES = [CPU, *([torch.device("cuda")] if torch.cuda.is_available() else [])]
MANY = 24


def generator(device: torch.device, seed: int = 0) -> torch.Generator:
    return torch.Generator(device=device).manual_seed(seed)


def low_notes_first(notes: np.ndarray, timbres: np.ndarray) -> np.ndarray:
    """As a sheet has them, so that both renderers give each note the same draws."""
    return notes[np.argsort(notes[:, 2] - LOWEST_PITCH + timbres[notes[:, 4].astype(int), 5], kind="stable")]


def numba_draws(notes: np.ndarray, timbres: np.ndarray, seed: int) -> Jitter:
    """What `add_notes` draws with that seed, for the notes a sheet has; numba's generator is numpy's old one."""
    random, made = np.random.RandomState(seed), timbres[notes[:, 4].astype(int)]
    first = np.maximum(0, np.floor(notes[:, 0] / STEP_SECONDS))
    last = np.minimum(STEPS, np.ceil((notes[:, 0] + notes[:, 1] + TAIL_RELEASES * made[:, 3]) / STEP_SECONDS))
    draws = np.zeros((len(notes), 3 + PARTIALS))
    for n, row in enumerate(draws):
        row[:3] = random.randn(), random.random_sample(), random.random_sample()
        pitch = notes[n, 2] - LOWEST_PITCH + made[n, 5] + row[0] * made[n, 6] * PITCH_JITTER
        audible = np.sum(pitch + 12 * np.log2(np.arange(1, PARTIALS + 1)) <= HIGHEST_BIN)
        row[3 : 3 + audible * (last[n] > first[n])] = random.randn(audible * (last[n] > first[n]))
    heard = (last > first) & (notes[:, 2] - LOWEST_PITCH + made[:, 5] < HIGHEST_BIN + LARGEST_JITTER_BINS)
    kept = torch.from_numpy(draws[heard]).float()
    return Jitter(kept[:, 0], kept[:, 1], kept[:, 2], kept[:, 3:])


@pytest.mark.parametrize("device", DEVICES, ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_with_the_same_draws_every_note_is_the_same(seed, device):
    song = arrange(made_up_score(), np.random.default_rng(seed), seed % 2 == 1, FRAMES * FRAME_SECONDS)
    notes = low_notes_first(song.notes, song.timbres)
    expected = np.zeros((BINS, STEPS))
    add_notes(expected, notes, song.timbres, seed)
    draws = numba_draws(notes, song.timbres, seed)
    draws = Jitter(*(getattr(draws, name).to(device) for name in ("pitch", "phase", "glide", "partials")))
    (made,) = note_power(sheet_of([(notes, song.timbres)], STEPS), 1, STEPS, draws, device).cpu().numpy()
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-6 * expected.max())


def test_notes_of_a_batch_stay_with_their_performance():
    songs = [arrange(made_up_score(), np.random.default_rng(seed), False, 20) for seed in range(3)]
    parts = [(song.notes, song.timbres * (np.arange(22) != 6)) for song in songs]
    still = [(notes, np.where(np.isin(np.arange(22), (7, 8)), 0, timbres)) for notes, timbres in parts]
    together = sheet_of([*still[:1], (np.empty((0, 5)), np.empty(0)), *still[1:]], STEPS)
    power = note_power(together, 4, STEPS, Jitter.draw(len(together.item), CPU, generator(CPU)), CPU)
    assert (power[1] == 0).all()
    for part, made in zip(still, power[[0, 2, 3]], strict=True):
        alone = sheet_of([part], STEPS)
        expected = note_power(alone, 1, STEPS, Jitter.draw(len(alone.item), CPU, generator(CPU, 1)), CPU)[0]
        torch.testing.assert_close(made, expected)


def test_drums_are_the_same():
    hits = np.array([
        (1.5, 0, 1.0), (1.5, 2, 0.7), (3.0, 1, 1.2), (3.01, 3, 0.4), (-0.01, 1, 1.0), (-1.0, 1, 1.0), (99.0, 1, 1.0),
        ((STEPS - 1.5) * STEP_SECONDS, 1, 1.0), (1.5, 0, 0.3),
    ])  # fmt: skip
    expected = np.zeros((BINS, STEPS))
    add_drums(expected, hits, 7.0, 50.0)
    np.testing.assert_allclose(drum_spectra(7.0, 50.0).T @ drum_activity(hits, STEPS), expected, rtol=1e-9, atol=1e-15)
    assert not drum_activity(np.empty((0, 3)), STEPS).any()


def test_tails_low_bins_and_the_compressor_are_the_same():
    rng = np.random.default_rng(0)
    power, keep = rng.exponential(1.0, (2, BINS, STEPS)) ** 3, rng.uniform(0.3, 0.97, (2, BINS))
    made = with_tails(torch.from_numpy(power), torch.tensor([0.7, 0.0]), torch.from_numpy(keep))
    np.testing.assert_array_equal(made[1], power[1])
    blur_low_bins(made)
    compress(made, torch.tensor([0.4, 0.0], dtype=torch.float64))
    reverberate(power[0], 0.7, keep[0])
    for one, amount in zip(power, (0.4, 0.0), strict=True):
        _blur_low_bins(one)
        _compress(one, amount)
    np.testing.assert_allclose(made, power, rtol=1e-4)
    assert LOW_BINS_BLURRED[-1][1] < BINS


@pytest.fixture(scope="module")
def both():
    """Magnitudes of many performances by both renderers, (live, renderer, MANY, BINS, FRAMES)."""
    score, made = made_up_score(), []
    for live in (False, True):
        scripts = [write_script(score, np.random.default_rng([9, seed]), live, FRAMES) for seed in range(MANY)]
        batch = render_batch(scripts, FRAMES, CPU, generator(CPU)).numpy()
        singly = [render_performance(score, np.random.default_rng([9, seed]), live, FRAMES) for seed in range(MANY)]
        made.append([batch, np.stack([performance.magnitude for performance in singly])])
    return np.array(made)


@pytest.mark.parametrize("live", [0, 1])
def test_both_renderers_make_the_same_kind_of_music(both, live):
    """The same arrangements on stages of their own: levels and movement differ no more than chance has it."""
    made, expected = both[live]
    assert np.isfinite(made).all() and (made >= 0).all()
    np.testing.assert_allclose(made.mean((1, 2)), 1, rtol=1e-4)
    spectra = np.log(made.mean((0, 2))), np.log(expected.mean((0, 2)))
    assert np.corrcoef(*spectra)[0, 1] > 0.9 and np.abs(spectra[0] - spectra[1]).mean() < 0.3
    difference = levels_and_movement(made) - levels_and_movement(expected)
    by_chance = difference.std(0) / np.sqrt(MANY)
    assert (np.abs(difference.mean(0)) < 3.5 * by_chance).all() and (by_chance < 0.4).all()


def levels_and_movement(magnitude: np.ndarray) -> np.ndarray:
    """Per performance the logarithms of five quantiles, and how much it changes from frame to frame: (n, 6)."""
    logarithm = np.log(magnitude + 1e-3)
    levels = np.quantile(logarithm, [0.1, 0.25, 0.5, 0.75, 0.99], axis=(1, 2))
    return np.stack([*levels, np.abs(np.diff(logarithm, axis=2)).mean((1, 2))], axis=1)


@pytest.mark.parametrize("device", DEVICES, ids=str)
def test_the_same_scripts_and_seed_are_the_same_magnitudes(device):
    scripts = [write_script(made_up_score(), np.random.default_rng(seed), True, FRAMES) for seed in range(3)]
    sent = pickle.loads(pickle.dumps(scripts))
    first, again, other = (render_batch(sent, FRAMES, device, generator(device, seed)) for seed in (5, 5, 6))
    assert first.shape == (3, BINS, FRAMES) and first.dtype == torch.float32 and first.device.type == device.type
    assert torch.equal(first, again) and not torch.equal(first, other)


def test_the_arrangement_and_its_truth_are_those_of_the_other_renderer():
    for seed in range(6):
        script = write_script(made_up_score(), np.random.default_rng(seed), True, FRAMES)
        one = render_performance(made_up_score(), np.random.default_rng(seed), True, FRAMES)
        np.testing.assert_array_equal(beat_per_frame(script.arrangement, FRAMES), one.beat)
        assert script.arrangement.transposition_semitones == one.transposition_semitones


def test_rendering_never_asks_the_device_for_a_number():
    """A tensor on "meta" has a shape and no values: whoever reads one back fails, as a GPU would wait."""
    scripts = [write_script(made_up_score(), np.random.default_rng(seed), True, FRAMES) for seed in range(8)]
    assert any(script.scene.talk for script in scripts) and any(script.scene.crowds for script in scripts)
    assert render_batch(scripts, FRAMES, torch.device("meta"), None).shape == (8, BINS, FRAMES)


def test_a_stage_where_nobody_plays_is_silence_or_noise_but_finite():
    script = write_script(made_up_score(), np.random.default_rng(3), True, FRAMES)
    song = script.arrangement
    nobody = type(song)(
        song.notes[:0], song.timbres[:0], (), song.hits[:0], song.beat_seconds, song.beat_of, 0, song.intro_seconds
    )
    made = render_batch([type(script)(nobody, script.kit, script.scene)], FRAMES, CPU, generator(CPU))
    assert torch.isfinite(made).all() and (made >= 0).all()


@pytest.mark.parametrize("live", [False, True])
def test_roughness_is_the_same_but_for_its_hiss(live):
    magnitude = np.random.default_rng(0).exponential(1.0, (BINS, FRAMES)).astype(np.float32)
    for seed in range(6):
        if not live:
            drawn = [Roughness.draw(BINS, FRAMES, np.random.default_rng(seed), live)]
            made = roughen(torch.from_numpy(magnitude)[None], drawn, generator(CPU))[0]
            expected = augment(magnitude, np.random.default_rng(seed), live)
            np.testing.assert_allclose(made, expected, rtol=1e-4)
            continue
        rng = np.random.default_rng(seed)
        drawn = [Roughness.draw(BINS, FRAMES, rng, live) for _ in range(60)]
        many = roughen(torch.from_numpy(magnitude)[None].expand(60, -1, -1), drawn, generator(CPU)).numpy()
        expected = np.stack([augment(magnitude, rng, live) for _ in range(60)])
        assert np.log(many).mean() == pytest.approx(np.log(expected).mean(), abs=0.12)
        assert np.log(many).std() == pytest.approx(np.log(expected).std(), rel=0.15)
