"""A teacher says the same of a stretch whatever its pupil hears of it, and pupils come to say it too."""

import csv
from dataclasses import replace

import numpy as np
import pytest
import torch

from livecsi.errors import SettingsError, UsageError
from livecsi.identify.sessions import find_model
from livecsi.identify.systems.registry import system_of
from livecsi.training.families.material import gather
from livecsi.training.families.plan import FamilyPlan, LossPlan, VersionShape
from livecsi.training.families.teacher import Teacher
from livecsi.training.families.trainer import train_family
from livecsi.training.families.versions import FamilyMaterial, VersionBatches
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener
from tests.training.families.made_up import TINY, material, plan, trial
from tests.training.made_up import made_up_score

SHAPE = VersionShape(works=4, versions=2, frames=(64,))


@pytest.fixture(scope="module")
def taught() -> FamilyMaterial:
    return replace(material(), teacher=Teacher.named("livecsi-vector"))


def test_a_teacher_says_what_the_released_model_says(taught):
    frames = np.random.default_rng(0).gamma(0.5, 1.0, (72, 64)).astype(np.float32)
    vector = taught.teacher.describe(frames)
    assert vector.shape == (taught.teacher.dimensions,) and np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    alone = system_of(find_model("livecsi-vector"), 1).encode(frames)
    np.testing.assert_allclose(vector, alone.vectors[0], atol=1e-6)


def test_masks_keys_and_crowds_are_for_the_pupil_only(taught):
    loud = replace(taught, crowds=[np.full((72, 2000), 5.0, np.float32)])
    plain = VersionBatches(loud, SHAPE, "constant-q", 1, 10)[3]
    treated = VersionBatches(loud, replace(SHAPE, masks=2, roll=5, crowd=True), "constant-q", 1, 10)[3]
    profiles = VersionBatches(loud, replace(SHAPE, roll=11), "hpcp", 1, 10)[3]
    assert plain["taught"].shape == (8, 256) and not plain["features"].equal(treated["features"])
    assert plain["taught"].equal(treated["taught"]) and plain["taught"].equal(profiles["taught"])
    assert "taught" not in VersionBatches(material(), SHAPE, "hpcp", 1, 10)[3]


@pytest.mark.parametrize(("family", "shape"), [
    ("hpcp-lstm", TINY.batch), ("hakala", VersionShape(works=4, versions=2, frames=(401,), from_start=True)),
])  # fmt: skip
def test_pupils_learn_to_say_it(taught, tmp_path, family, shape):
    steps = 60 if family == "hpcp-lstm" else 10
    chosen = plan(
        family=family, batch=shape, steps=steps, validate_every=0, loss=LossPlan(classification=0.0, distillation=10.0)
    )
    train_family(taught, chosen, tmp_path, Listener(), trial())
    with (tmp_path / "curve.csv").open(newline="") as file:
        far = [float(row["distillation"]) for row in csv.DictReader(file)]
    assert far[0] < 1.2 and (len(far) == 1 or far[-1] < 0.8 * far[0])


def test_a_taught_run_that_stopped_goes_on(taught, tmp_path):
    chosen = plan(loss=replace(TINY.loss, distillation=1.0), validate_every=0)
    whole = train_family(taught, chosen, tmp_path / "whole", Listener(), trial()).state_dict()
    train_family(taught, replace(chosen, steps=12), tmp_path / "parts", Listener(), trial())
    again = train_family(taught, chosen, tmp_path / "parts", Listener(), trial()).state_dict()
    assert "pupil.weight" in whole and all(torch.equal(value, again[name]) for name, value in whole.items())


def test_who_cannot_teach_is_refused_in_one_line():
    with pytest.raises(SettingsError, match="'livecsi' cannot teach"):
        Teacher.named("livecsi")
    with pytest.raises(UsageError, match="no model is called 'nobody'"):
        Teacher.named("nobody")


def test_a_plan_brings_its_teacher_and_another_one_brings_none(tmp_path):
    sources = Sources(tmp_path, [made_up_score(cluster) for cluster in range(40)], None, None, None)
    wanted = FamilyPlan("hpcp-lstm", batch=VersionShape(works=3), loss=LossPlan(distillation=1.0))
    assert gather(wanted, sources, Listener()).teacher is not None
    assert gather(replace(wanted, loss=LossPlan()), sources, Listener()).teacher is None
