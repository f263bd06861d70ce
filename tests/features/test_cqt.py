"""The front end is what training, ingest and listening share to the bit, so it has an oracle and a past."""

from dataclasses import replace
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from livecsi.features.cqt import C1_HERTZ, ConstantQSpec, constant_q, constant_q_frame
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.golden.make_golden import FOLDER, SPECS, golden_frames

FIXTURES = Path(__file__).parents[2] / "fixtures"
POOLED, PLAIN = SPECS["pooled"], SPECS["plain"]
LARGEST_DIFFERENCE = {PLAIN: 8e-3, POOLED: 4e-3}
"""Relative Frobenius norm; measured are 5.3e-3 and 3.3e-3, as librosa resamples octave by octave and we do not."""


def made_up(seconds: float = 20.0) -> np.ndarray:
    """A chord, noise and a drum every half second."""
    time = np.arange(int(seconds * SAMPLE_RATE_HERTZ)) / SAMPLE_RATE_HERTZ
    chord = sum(0.1 * np.sin(2 * np.pi * hertz * time) for hertz in (130.81, 164.81, 196.0, 523.25, 1318.5))
    random = np.random.default_rng(0).standard_normal(len(time))
    drum = np.exp(-30 * (time % 0.5)) * random
    return (chord + 0.01 * random + 0.2 * drum).astype(np.float32)


def excerpt() -> np.ndarray:
    samples, _ = soundfile.read(FIXTURES / "studio/korobeiniki.ogg", dtype="float32", frames=20 * SAMPLE_RATE_HERTZ)
    return samples


def oracle(spec: ConstantQSpec, samples: np.ndarray, frames: int) -> np.ndarray:
    fine = np.abs(librosa.cqt(
        samples, sr=SAMPLE_RATE_HERTZ, hop_length=spec.hop_samples, fmin=C1_HERTZ, n_bins=spec.bins,
        bins_per_octave=spec.bins_per_octave,
    ))  # fmt: skip
    return fine[:, : frames * spec.fine_frames].reshape(spec.bins, frames, spec.fine_frames).mean(2)


@pytest.mark.parametrize("spec", [PLAIN, POOLED], ids=["plain", "pooled"])
@pytest.mark.parametrize("sound", [made_up, excerpt])
def test_these_are_the_numbers_of_librosa(spec, sound):
    samples = sound()
    frames = len(samples) // spec.frame_samples - 1  # the last frames lean on what librosa believes about the end
    expected = oracle(spec, samples, frames)
    ours = constant_q(spec, samples)[:, :frames]
    difference = np.linalg.norm(ours - expected) / np.linalg.norm(expected)
    assert difference <= LARGEST_DIFFERENCE[spec]


@pytest.mark.parametrize("name", SPECS)
def test_the_numbers_a_released_model_was_trained_on_have_not_moved(name):
    with np.load(FOLDER / f"constant_q_{name}.npz") as golden:
        expected = golden["frames"]
    np.testing.assert_allclose(golden_frames(name), expected, rtol=1e-4, atol=1e-5 * float(expected.max()))


@pytest.mark.parametrize("semitone", [0, 7, 33, 60, 71])
@pytest.mark.parametrize("amplitude", [0.5, 0.01])
def test_a_sinusoid_has_the_height_the_docstring_promises(semitone, amplitude):
    hertz = C1_HERTZ * 2 ** (semitone / 12)
    tone = amplitude * np.sin(2 * np.pi * hertz * np.arange(8 * SAMPLE_RATE_HERTZ) / SAMPLE_RATE_HERTZ)
    frame = constant_q(POOLED, tone.astype(np.float32))[:, 12]
    assert frame.argmax() == semitone
    assert frame[semitone] == pytest.approx(amplitude / 2 * np.sqrt(POOLED.kernel_lengths()[semitone]), rel=0.01)


def test_two_minutes_are_the_401_frames_of_the_paper():
    for spec in (PLAIN, POOLED):
        assert spec.frame_count(120 * SAMPLE_RATE_HERTZ) == 401
    assert constant_q(POOLED, np.zeros(120 * SAMPLE_RATE_HERTZ, np.float32)).shape == (72, 401)


@pytest.mark.parametrize("samples", [0, 1, 6599, 6600])
def test_the_shortest_recordings_have_frames_too(samples):
    frames = constant_q(POOLED, np.ones(samples, np.float32))
    assert frames.shape == (72, samples // 6600 + 1)
    assert np.isfinite(frames).all() and (frames.max() > 0) == (samples > 0)


@pytest.mark.parametrize("error", [-1, 1])
def test_a_frame_from_too_few_or_too_many_samples_is_refused_instead_of_shifted(error):
    needed = POOLED.context_samples + POOLED.lookahead_samples
    assert constant_q_frame(POOLED, np.zeros(needed, np.float32)).shape == (72,)
    with pytest.raises(ValueError, match=f"needs {needed} samples"):
        constant_q_frame(POOLED, np.zeros(needed + error, np.float32))


def test_a_hop_that_is_no_whole_number_of_samples_is_refused():
    with pytest.raises(ValueError, match="6600 samples cannot be cut into 7"):
        replace(POOLED, fine_frames=7)


def test_a_stream_never_counts_a_frame_that_a_later_sample_could_change():
    rng = np.random.default_rng(1)
    samples = rng.standard_normal(60_000).astype(np.float32)
    complete = POOLED.complete_frames(len(samples))
    longer = np.concatenate([samples, rng.standard_normal(30_000).astype(np.float32)])
    alone, continued = constant_q(POOLED, samples), constant_q(POOLED, longer)
    np.testing.assert_array_equal(alone[:, :complete], continued[:, :complete])
    assert not np.array_equal(alone[:, complete], continued[:, complete])
