"""The gate's material: labels that say what is in front, from recordings that are read once."""

import numpy as np
import pytest
import soundfile
import torch

from livecsi.training.gate import CROWD, EXCERPT_FRAMES, MUSIC, SPEECH, GateMaterial, gate_confusion, train_gate
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.training.made_up import made_up_score


@pytest.fixture(scope="module")
def audio(tmp_path_factory):
    """A recording of each kind: a chord, something that stutters, and noise."""
    folder = tmp_path_factory.mktemp("audio")
    rng, time = np.random.default_rng(0), np.arange(12 * SAMPLE_RATE_HERTZ) / SAMPLE_RATE_HERTZ
    chord = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220, 277, 330)) * 0.1
    stutter = np.sin(2 * np.pi * 150 * time + 3 * np.sin(8 * time)) * (np.sin(9 * time) > 0) * 0.2
    noise = rng.standard_normal(len(time)) * 0.1
    for name, sound in (("music/a", chord), ("noise/speech-a", stutter), ("noise/crowd-a", noise)):
        (folder / name).parent.mkdir(exist_ok=True)
        soundfile.write(folder / f"{name}.ogg", sound.astype(np.float32), SAMPLE_RATE_HERTZ)
    return folder


@pytest.fixture(scope="module")
def material(audio, tmp_path_factory):
    said: list[str] = []
    made = GateMaterial(audio, [made_up_score()], tmp_path_factory.mktemp("cache"), validation=True, say=said.append)
    assert sorted(said) == ["constant-Q of a.ogg", "constant-Q of crowd-a.ogg", "constant-Q of speech-a.ogg"]
    return made


def test_a_batch_has_a_label_for_every_frame(material):
    magnitude, label = material.batch(np.random.default_rng(0), 20)
    assert magnitude.shape == (20, 72, EXCERPT_FRAMES) and label.shape == (20, EXCERPT_FRAMES)
    assert torch.isfinite(magnitude).all() and (magnitude >= 0).all()
    assert set(label.unique().tolist()) == {MUSIC, SPEECH, CROWD}
    assert int((label.diff(dim=1) != 0).sum(1).max()) == 1, "one change of programme at most"


def test_the_same_generator_gives_the_same_batch(material):
    one, other = (material.batch(np.random.default_rng(3), 4) for _ in range(2))
    assert torch.equal(one[0], other[0]) and torch.equal(one[1], other[1])


def test_a_few_steps_on_easy_sounds_are_better_than_guessing(material):
    said: list[str] = []
    network = train_gate(material, steps=16, seed=0, say=said.append)
    assert said[0].startswith("gate step 0 loss") and not network.training
    confusion = gate_confusion(network, material, seed=5)
    np.testing.assert_allclose(confusion.sum(1), 1)
    assert np.trace(confusion) / 3 > 0.5
