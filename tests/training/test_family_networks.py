"""The networks of the papers have the sizes of the papers, at every length they are used at."""

import pytest
import torch

from livecsi.training.networks.blocks import GeneralisedMean, over_maximum, unit, z_score
from livecsi.training.networks.bytecover import ByteCover, HalfInstanceNorm
from livecsi.training.networks.cqtnet import CqtNet
from livecsi.training.networks.hakala import (
    BINS,
    CHANNELS,
    FLATTENED,
    FRAMES,
    LENGTHS,
    HakalaNetwork,
    squared_distances,
)
from livecsi.training.networks.hpcp import HpcpCnn, HpcpLstm
from livecsi.training.networks.hpcp_vit import HpcpVit
from livecsi.training.networks.vector import LivecsiVector
from livecsi.training.weights import released_encoder

EMBEDDINGS = {
    "cqtnet": (CqtNet, {}, 300),
    "cqtnet-small": (CqtNet, {"separable": True}, 300),
    "bytecover": (ByteCover, {}, 2048),
    "bytecover-128": (ByteCover, {"embedding": 128}, 128),
    "bytecover-baseline": (ByteCover, {"ibn": False, "bnneck": False, "gem": False}, 2048),
    "hpcp-cnn": (HpcpCnn, {}, 256),
    "hpcp-lstm": (HpcpLstm, {}, 512),
    "hpcp-vit": (HpcpVit, {}, 1024),
    "livecsi-vector": (lambda: LivecsiVector(released_encoder()), {}, 256),
}


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_one_unit_vector_at_the_shortest_length_and_at_others(name):
    make, options, dimensions = EMBEDDINGS[name]
    network = make(**options).eval()
    rows = 12 if network.input == "hpcp" else BINS
    with torch.no_grad():
        for frames in (network.shortest_frames, 233):
            vectors = network.embed(torch.rand(2, rows, frames))
            assert vectors.shape == (2, dimensions) == (2, network.dimensions)
            torch.testing.assert_close(vectors.norm(dim=1), torch.ones(2))
        assert torch.isfinite(network.embed(torch.zeros(1, rows, 233))).all()


@pytest.mark.parametrize("network", [CqtNet, HpcpCnn])
def test_a_frame_less_than_the_shortest_length_is_too_short(network):
    """The bound that a manifest states is the true one for the networks that have no padding in time."""
    rows, made = (12 if network.input == "hpcp" else BINS), network().eval()
    shortest = next(n for n in range(16, 233) if _runs(made, rows, n))
    assert shortest == made.shortest_frames
    assert all(_runs(made, rows, frames) for frames in range(made.shortest_frames, made.shortest_frames + 8))


def _runs(network: torch.nn.Module, rows: int, frames: int) -> bool:
    try:
        with torch.no_grad():
            return bool(torch.isfinite(network.embed(torch.rand(1, rows, frames))).all())
    except RuntimeError:
        return False


def test_the_sizes_of_the_papers():
    assert parameters(HpcpCnn()) == 3_964_352
    assert parameters(CqtNet()) == 5_080_428
    assert parameters(CqtNet(separable=True)) == 700_752
    assert 2.39e6 < parameters(HakalaNetwork()) < 2.41e6
    assert parameters(ByteCover()) == 23_508_032 - 2 * 3_136 + 2 * 2_048 + 1  # ResNet50, one input, a neck, a p


def test_small_means_depthwise_everywhere():
    convolutions = [module for module in CqtNet(separable=True).modules() if isinstance(module, torch.nn.Conv2d)]
    assert len(convolutions) == 20
    assert all(c.groups == c.in_channels or c.kernel_size == (1, 1) for c in convolutions)


def test_hakala_has_the_lengths_and_the_flattened_sizes_of_the_paper():
    torch.manual_seed(1)
    network = HakalaNetwork().eval()
    with torch.no_grad():
        a, b = (network.encoder(torch.rand(2, BINS, FRAMES)) for _ in range(2))
        assert [level.shape for level in a] == [(2, c, t) for c, t in zip(CHANNELS, LENGTHS, strict=True)]
        for number, (left, right) in enumerate(zip(a, b, strict=True)):
            stack = network.matcher.fine if number < 2 else network.matcher.coarse
            assert stack(squared_distances(left, right)[:, None]).flatten(1).shape == (2, FLATTENED[number])
        assert network.matcher(a, b).shape == (2,)
        assert not torch.allclose(network.matcher(a, b), network.matcher(b, a))  # callers average both orders


def test_squared_distances_worked_by_hand():
    a, b = torch.tensor([[[1.0, 3.0], [0.0, 1.0]]]), torch.tensor([[[1.0], [2.0]]])
    torch.testing.assert_close(squared_distances(a, b), torch.tensor([[[2.0], [2.5]]]))


def test_what_happens_to_magnitudes_and_vectors():
    magnitude = torch.rand(2, 5, 7) + 0.1
    assert over_maximum(magnitude).amax((1, 2)).tolist() == [1.0, 1.0]
    torch.testing.assert_close(z_score(magnitude), z_score(50 * magnitude), atol=1e-4, rtol=0)
    assert unit(torch.zeros(2, 3)).abs().sum() == 0 and z_score(torch.zeros(1, 2, 3)).abs().sum() == 0


def test_the_generalised_mean_is_between_mean_and_maximum():
    x = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert GeneralisedMean(1.0)(x).item() == pytest.approx(2.0)
    assert GeneralisedMean(3.0)(x).item() == pytest.approx(12 ** (1 / 3))
    assert 2.9 < GeneralisedMean(60.0)(x).item() < 3.0


def test_half_of_the_channels_are_normalised_per_item():
    norm = HalfInstanceNorm(4).eval()
    x = torch.randn(2, 4, 6, 6) * 3 + 5
    made = norm(x)
    torch.testing.assert_close(made[:, :2].mean((2, 3)), torch.zeros(2, 2), atol=1e-5, rtol=0)
    torch.testing.assert_close(made[:, 2:], x[:, 2:], atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize(("switch", "kind"), [("ibn", HalfInstanceNorm), ("gem", GeneralisedMean)])
def test_what_a_switch_turns_off_is_gone(switch, kind):
    assert any(isinstance(module, kind) for module in ByteCover().modules())
    assert not any(isinstance(module, kind) for module in ByteCover(**{switch: False}).modules())


def test_without_a_neck_distances_and_classes_are_learned_on_one_vector():
    x = torch.rand(2, BINS, 64)
    distance, classes = ByteCover(bnneck=False).eval()(x)
    assert torch.equal(distance, classes)
    distance, classes = ByteCover().train()(x)
    assert not torch.allclose(distance, classes)


def test_the_vector_of_the_house_is_that_of_the_transposed_song():
    """An octave of silence below and above, so that nothing falls off the edge."""
    network = LivecsiVector(released_encoder()).eval()
    magnitude = torch.zeros(1, BINS, 128)
    magnitude[:, 12:60] = torch.rand(1, 48, 128)
    with torch.no_grad():
        plain, higher, other = (network.embed(x) for x in (magnitude, magnitude.roll(2, 1), torch.rand(1, BINS, 128)))
    assert (plain @ higher.T).item() > max(0.9, (plain @ other.T).item())


def test_the_released_encoder_learns_nothing():
    network = LivecsiVector(released_encoder()).train()
    before = {name: value.clone() for name, value in network.encoder.state_dict().items()}
    vector, _ = network(torch.rand(4, BINS, 128))
    vector.square().sum().backward()
    assert all(parameter.grad is None for parameter in network.encoder.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.encoder.state_dict().items())
    assert network.trunk[0].convolution.weight.grad is not None
