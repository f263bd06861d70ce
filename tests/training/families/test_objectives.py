"""The losses, worked by hand where they can be."""

import math

import pytest
import torch

from livecsi.errors import SettingsError
from livecsi.training.families.losses import metric_loss, not_understood
from livecsi.training.families.objectives import make_objective, pairs_of
from livecsi.training.families.plan import LossPlan, read_plan
from livecsi.training.families.registry import build_network
from tests.training.families.made_up import plan

WORK = torch.tensor([0, 0, 1, 1])
LINE = torch.tensor([[0.0, 0.0], [0.4, 0.0], [0.5, 0.0], [2.0, 0.0]])
"""Four vectors on a line: the third is nearer to the second than its own partner is."""


def test_batch_hard_takes_the_farthest_of_its_own_and_the_nearest_other():
    hardest = [0.4 - 0.5 + 0.3, 0.4 - 0.1 + 0.3, 1.5 - 0.1 + 0.3, 1.5 - 1.6 + 0.3]
    expected = sum(hardest) / 4
    assert metric_loss(LINE, WORK, LossPlan(metric="triplet"), 0).item() == pytest.approx(expected, abs=1e-5)


def test_batch_all_averages_the_triplets_that_still_cost_something():
    own = [(0, 0.4, (0.5, 2.0)), (1, 0.4, (0.1, 1.6)), (2, 1.5, (0.5, 0.1)), (3, 1.5, (2.0, 1.6))]
    costs = [max(0.0, near - far + 0.3) for _, near, others in own for far in others]
    costs = [cost for cost in costs if cost > 0]
    found = metric_loss(LINE, WORK, LossPlan(metric="triplet", hard_from_step=9), 8).item()
    assert found == pytest.approx(sum(costs) / len(costs), abs=1e-5)
    assert metric_loss(LINE, WORK, LossPlan(metric="triplet", hard_from_step=9), 9).item() != pytest.approx(found)


def test_contrastive_pulls_together_and_pushes_apart_to_one():
    pulled = (0.4 + 0.4 + 1.5 + 1.5) / 4
    pushed = [1 - 0.5, 1 - 0.1, 1 - 0.5, 1 - 0.1]
    found = metric_loss(LINE, WORK, LossPlan(metric="contrastive"), 0).item()
    assert found == pytest.approx(pulled + sum(pushed) / 4, abs=1e-5)


def test_angular_rewards_groups_that_are_tight_and_far_apart():
    def loss(angles: list[float], degrees: float = 45.0) -> float:
        vectors = torch.tensor([[math.cos(angle), math.sin(angle)] for angle in angles])
        return metric_loss(vectors, WORK, LossPlan(metric="angular", degrees=degrees), 0).item()

    assert loss([0.0, 0.1, 3.0, 3.1]) < loss([0.0, 1.0, 2.0, 3.0]) < loss([0.0, 3.0, 0.1, 3.1])
    assert loss([0.0, 1.0, 2.0, 3.0], 36.0) != loss([0.0, 1.0, 2.0, 3.0], 55.0)


def test_nt_xent_is_the_surprise_of_the_right_one_among_all_others():
    """Two works that stand at right angles: the own one has e^(1/t), each of the two others 1."""
    vectors = torch.tensor([[2.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
    for temperature in (1.0, 0.5):
        own = math.exp(1 / temperature)
        found = metric_loss(vectors, WORK, LossPlan(metric="nt-xent", temperature=temperature), 0).item()
        assert found == pytest.approx(-math.log(own / (own + 2)), abs=1e-5)


def test_a_pupil_is_understood_by_direction_alone():
    said = torch.tensor([[3.0, 0.0], [0.0, 5.0], [1.0, 1.0]])
    taught = torch.tensor([[1.0, 0.0], [0.0, -1.0], [1.0, 0.0]])
    assert not_understood(said, taught).item() == pytest.approx((0 + 2 + 1 - math.sqrt(0.5)) / 3)


def test_each_version_meets_its_own_and_three_others():
    left, right, same = pairs_of(4)
    assert same.sum() == 4 and len(same) == 16
    assert all((a // 2 == b // 2) == bool(yes) for a, b, yes in zip(left, right, same, strict=True))
    assert len({(int(a), int(b)) for a, b in zip(left, right, strict=True)}) == 16


@pytest.mark.parametrize(("table", "message"), [
    ({"family": "bytecover", "network": {"depth": 5}}, "[network] of bytecover"),
    ({"family": "hakala", "batch": {"works": 3, "versions": 2, "frames": [401]}}, "hakala compares pairs"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_in_one_line(table, message):
    with pytest.raises(SettingsError) as caught:
        build_network(read_plan(table, "x.toml"))
    assert message in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("family", ["hakala", "hpcp-cnn"])
def test_half_of_the_digits_are_enough_for_the_network_and_not_used_for_the_loss(family):
    """What a GPU does, here on the CPU: bfloat16 in the convolutions, 32 bits where near vectors are compared."""
    torch.manual_seed(0)
    chosen = plan(family=family, loss=LossPlan(classification=0.0, metric="triplet"))
    objective = make_objective(chosen, 4).train()
    features = torch.rand(8, 12 if family == "hpcp-cnn" else 72, 401 if family == "hakala" else 60)
    losses = []
    for enabled in (False, True):
        torch.manual_seed(1)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled), torch.no_grad():
            loss, _ = objective(features, torch.arange(4).repeat_interleave(2), 0)
        assert loss.dtype == torch.float32
        losses.append(loss.item())
    assert losses[1] == pytest.approx(losses[0], rel=0.05)
    assert losses[1] != losses[0]
