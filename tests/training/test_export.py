"""What is shipped is what was trained: both graphs give torch's numbers, at any length, and survive silence."""

import json

import numpy as np
import pytest
import torch

from livecsi.errors import InputError
from livecsi.identify.encoder import Encoder
from livecsi.identify.sessions import find_model, released_models
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, load_settings
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.networks.livecsi import LivecsiNetwork
from livecsi.training.rehearsal import Repertoire
from livecsi.training.release import release_gate, release_network
from livecsi.training.weights import read_weights, starting_network
from tests.training.made_up import made_up_score

SONGS = 28
"""Background songs and four to calibrate on: the fewest a release can be made of."""


@pytest.fixture(scope="module")
def network() -> LivecsiNetwork:
    torch.manual_seed(0)
    return LivecsiNetwork(width=4).eval()


@pytest.fixture(scope="module")
def models(network, tmp_path_factory):
    """A whole release of untrained networks; exporting checks the parity of every output itself."""
    folder = tmp_path_factory.mktemp("models")
    torch.manual_seed(1)
    release_gate(GateNetwork(), folder, {"steps": 0})
    scores = [made_up_score(cluster_id) for cluster_id in range(SONGS)]
    release_network(network, Repertoire(scores, [], []), folder, {"steps": 0}, lambda _: None)
    return folder


def test_the_released_encoder_is_the_network(network, models):
    encoder = Encoder(find_model("livecsi", models), 1)
    magnitude = np.random.default_rng(0).gamma(0.5, 1.0, (72, 77)).astype(np.float32)
    with torch.no_grad():
        expected = network.encoder(torch.from_numpy(magnitude[None]))
    for level, wanted in zip(encoder.encode(magnitude).levels, expected, strict=True):
        np.testing.assert_allclose(level, wanted.flatten(1, 2)[0].numpy(), atol=1e-3)


def test_the_released_weights_are_the_network_too(network, models):
    again = read_weights(models / "livecsi" / "weights.npz").state_dict()
    assert all(torch.equal(value, again[name]) for name, value in network.state_dict().items())


def test_training_goes_on_from_a_run_or_else_from_a_release(network, models, tmp_path, monkeypatch):
    monkeypatch.setattr("livecsi.training.weights.released_models", lambda: released_models(models))
    monkeypatch.setattr("livecsi.training.weights.find_model", lambda name: find_model(name, models))
    started = starting_network("livecsi", tmp_path)
    assert started.training and torch.equal(started.log_temperature, network.log_temperature)
    with pytest.raises(InputError, match="no run .*nothing and no released 'nothing'"):
        starting_network("nothing", tmp_path)


@pytest.mark.parametrize("role", ["encoder", "gate"])
def test_a_graph_survives_digital_silence(models, role):
    """The exporter dropped an added 1e-9 once, and zeros divided by zero."""
    session = find_model("livecsi" if role == "encoder" else "gate", models).session(role, 1)
    gap = np.random.default_rng(0).random((1, 72, 120)).astype(np.float32)
    gap[:, :, 40:90] = 0
    for magnitude in (np.zeros((1, 72, 64), np.float32), gap):
        assert all(np.isfinite(output).all() for output in session.run(magnitude=magnitude))


def test_the_manifest_has_everything_the_runtime_asks_for(models):
    entries = json.loads((models / "manifest.json").read_text())["models"]
    assert [entry["name"] for entry in entries] == ["gate", "livecsi"]
    settings = load_settings(files=[]).model_copy(update={"model": ModelSettings(directory=models)})
    ear = Ear(settings)
    background = ear.system.background()
    assert len(background) == len(ear.model.facts["background_impostor_means"]) == 24
    assert set(ear.model.facts["calibration"]) == {"slope", "per_lead", "per_log_work", "intercept"}
    assert all(np.isfinite(value) for value in ear.model.facts["calibration"].values())
    matcher = ear.system.matcher(background)
    assert all(np.isfinite(match.score) for match in matcher.rank(background[3].sequences, 24))


def test_releasing_again_replaces_its_own_entry_and_leaves_the_other(models):
    before = json.loads((models / "manifest.json").read_text())["models"]
    release_gate(GateNetwork(), models, {"steps": 1})
    after = json.loads((models / "manifest.json").read_text())["models"]
    assert [entry["name"] for entry in after] == ["gate", "livecsi"]
    assert after[0]["training"] == {"steps": 1} and after[1] == before[1]
    assert find_model("gate", models).file("gate").name == "gate.onnx"


def test_no_released_graph_tells_where_it_was_made(models):
    graphs = sorted(models.glob("*/*.onnx"))
    assert len(graphs) == 3
    for graph in graphs:
        assert b"site-packages" not in graph.read_bytes()
        assert b".py" not in graph.read_bytes()
