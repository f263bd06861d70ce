"""Every configuration that ships can be trained from, and is what its name says."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.families import CHEAPEST_FIRST, DISTILLATION, TEACHER, as_toml, configuration_of, small
from livecsi.training.families.plan import FAMILIES, read_plan
from livecsi.training.families.registry import build_network

MODELS = Path(__file__).parents[3] / "models"
TABLES = {path.stem: tomllib.loads(path.read_text()) for path in MODELS.glob("*.toml")}
SHIPPED = sorted(name for name, table in TABLES.items() if table["family"] in FAMILIES)


def test_the_benchmark_trains_every_configuration_that_ships():
    assert {configuration_of(name)[0] for name in CHEAPEST_FIRST} == set(SHIPPED)
    assert {TABLES[name]["family"] for name in SHIPPED} == set(FAMILIES)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_configuration_makes_a_plan_and_so_does_its_small_form(name):
    plan = read_plan(TABLES[name], name)
    assert name.startswith(plan.family)
    for is_taught in (True, False):
        reduced = read_plan(tomllib.loads(as_toml(small(TABLES[name], is_taught))), name)
        assert reduced.loss.distillation == (DISTILLATION if is_taught and name != TEACHER else 0.0)
        assert reduced.loss.classification <= plan.loss.classification
        own = replace(reduced.loss, distillation=0.0, classification=plan.loss.classification)
        assert own == plan.loss and (is_taught or reduced.loss == plan.loss)
        assert (reduced.family, reduced.network) == (plan.family, plan.network)
        assert reduced.batch.works * reduced.batch.versions <= 16 and reduced.workers == 0


def test_the_features_of_hakala_are_three():
    shapes = {name: read_plan(TABLES[name], name).batch for name in SHIPPED if name.startswith("hakala")}
    assert {name: (shape.crowd, shape.chorus) for name, shape in shapes.items()} == {
        "hakala-basic": (False, False), "hakala-crowd": (True, False), "hakala-chorus": (False, True)}  # fmt: skip


def test_the_ablation_adds_one_thing_at_a_time():
    switches = [build_network(read_plan(TABLES[name], name)) for name in
                ("bytecover-baseline", "bytecover-ibn", "bytecover-bnneck", "bytecover")]  # fmt: skip
    ibn = [any("HalfInstanceNorm" in type(module).__name__ for module in network.modules()) for network in switches]
    neck = [type(network.neck).__name__ for network in switches]
    gem = [network.pool is not None for network in switches]
    assert (ibn, gem) == ([False, True, True, True], [False, False, False, True])
    assert neck == ["Identity", "Identity", "BatchNorm1d", "BatchNorm1d"]
