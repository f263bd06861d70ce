"""Properties the networks have before they have learnt anything."""

import pytest
import torch

from livecsi.identify.alignment import align
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.networks.livecsi import (
    BINS,
    CHANNELS,
    Encoder,
    LivecsiNetwork,
    best_similarity,
    cross_similarity,
    normalise_magnitude,
    unit_columns,
)


@pytest.fixture(scope="module")
def network() -> LivecsiNetwork:
    torch.manual_seed(0)
    return LivecsiNetwork(width=8).eval()


def levels(seed: int, songs: int = 2, moments: int = 12) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [unit_columns(torch.randn(songs, CHANNELS, 12, moments // step, generator=generator)) for step in (1, 2, 4)]


@pytest.mark.parametrize("frames", [32, 100, 201])
def test_three_levels_of_unit_columns(network, frames):
    with torch.no_grad():
        made = network.encoder(torch.rand(2, BINS, frames))
    for level, step in zip(made, (2, 4, 8), strict=True):
        assert level.shape[:3] == (2, CHANNELS, 12) and abs(level.shape[3] - frames / step) < 1
        torch.testing.assert_close(level.flatten(1, 2).norm(dim=1), torch.ones(2, level.shape[3]), atol=1e-3, rtol=0)


def test_a_semitone_higher_is_a_rotation_by_one(network):
    """Music in the middle octaves, silence around it, so that nothing falls off the edge when it is moved."""
    magnitude = torch.full((1, BINS, 64), 1e-3)
    magnitude[:, 30:36] = torch.rand(1, 6, 64)
    with torch.no_grad():
        original, semitone = (network.encoder(torch.roll(magnitude, shift, 1)) for shift in (0, 1))
    rotations = best_similarity(semitone[2], original[2])[0, 0]
    assert rotations.argmax() == 1
    assert rotations[1] > 0.95


def test_loudness_is_taken_out():
    magnitude = torch.rand(1, BINS, 64) + 0.1
    torch.testing.assert_close(normalise_magnitude(magnitude), normalise_magnitude(magnitude * 50), atol=1e-4, rtol=0)


def test_silence_has_no_infinities(network):
    with torch.no_grad():
        assert all(torch.isfinite(level).all() for level in network.encoder(torch.zeros(1, BINS, 64)))
        assert torch.isfinite(GateNetwork().eval()(torch.zeros(1, BINS, 64))).all()


def test_entry_k_compares_the_reference_rotated_up_by_k():
    query = levels(1)[2]
    reference = torch.roll(query, -4, 2)
    found = best_similarity(query, reference)
    assert found.shape == (2, 2, 12)
    assert found[0, 0].argmax() == 4 and found[1, 1].argmax() == 4
    assert found[0, 0, 4].item() == pytest.approx(1, abs=1e-4)


def test_the_head_sees_the_reference_in_the_key_it_is_told(network):
    query, reference = levels(1), levels(2)
    rotation = torch.tensor([3, 10])
    moved = [torch.stack([torch.roll(b[0], 3, 1), torch.roll(b[1], 10, 1)]) for b in reference]
    with torch.no_grad():
        told = network.compare(query, reference, rotation)
        done = network.compare(query, moved, torch.zeros(2, dtype=torch.long))
    torch.testing.assert_close(told, done)
    assert told.shape == (2,)


def test_the_cross_similarity_of_a_song_with_itself_is_walked_along_its_diagonal():
    fine = levels(5, songs=1, moments=24)[0]
    path = align([cross_similarity(fine, fine)[0].numpy()])[0].path()
    assert (path.first_row, path.last_row, path.first_column, path.last_column) == (0, 23, 0, 23)


@pytest.mark.parametrize("frames", [16, 96, 201])
def test_the_gate_says_three_things_about_every_frame(frames):
    assert GateNetwork().eval()(torch.rand(2, BINS, frames)).shape == (2, 3, frames)


def test_the_gate_does_not_mind_the_volume():
    torch.manual_seed(0)
    gate, magnitude = GateNetwork().eval(), torch.rand(1, BINS, 96) + 0.1
    with torch.no_grad():
        torch.testing.assert_close(gate(magnitude), gate(magnitude * 0.01), atol=1e-3, rtol=0)


def test_a_network_is_small_enough_for_a_small_box():
    assert sum(parameter.numel() for parameter in LivecsiNetwork().parameters()) < 400_000
    assert sum(parameter.numel() for parameter in Encoder().parameters()) < 300_000
