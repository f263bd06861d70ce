"""Works and plans small enough for a test."""

from dataclasses import replace
from typing import Any

from livecsi.training.families.plan import FamilyPlan, LossPlan, VersionShape
from livecsi.training.families.validation import FamilyTrial, rendered_versions
from livecsi.training.families.versions import FamilyMaterial, Work
from tests.training.made_up import made_up_score

TINY = FamilyPlan(
    family="hpcp-lstm", steps=30, workers=0, checkpoint_every=4, validate_every=8, validation_works=3,
    batch=VersionShape(works=3, versions=2, frames=(48,), roll=11, crowd=False),
    loss=LossPlan(classification=0.5, metric="angular"),
)  # fmt: skip


def material(works: int = 4) -> FamilyMaterial:
    return FamilyMaterial([Work(str(cluster), made_up_score(cluster)) for cluster in range(works)])


def trial(works: int = 3) -> FamilyTrial:
    return FamilyTrial(rendered_versions([made_up_score(100 + cluster) for cluster in range(works)], 120))


def plan(**changes: Any) -> FamilyPlan:
    return replace(TINY, **changes)
