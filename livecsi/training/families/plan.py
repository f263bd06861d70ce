"""What decides the training of a family: the configuration file as frozen values, refused where it makes no sense."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from livecsi.errors import SettingsError

Family = Literal[
    "hakala", "cqtnet", "cqtnet-small", "bytecover", "caspernet", "hpcp-cnn", "hpcp-lstm", "hpcp-vit", "livecsi-vector"
]
FAMILIES: tuple[str, ...] = get_args(Family)
Metric = Literal["none", "contrastive", "triplet", "angular", "nt-xent"]
Schedule = Literal["plateau", "cosine"]


@dataclass(frozen=True, slots=True)
class VersionShape:
    """A batch: `works` x `versions` items of as many frames as is their turn, and what is done to each.

    `recorded` of the works come from recordings or from a pool of works played as audio. `masks` bands of at most 24
    bins are blanked; `speed` is a range of factors; `roll` the largest transposition in semitones either way (twelve
    pitch classes are rolled by anything). `crowd` gives half of the items the crowd of Hakala et al.; with `chorus` an
    item begins at its first chorus, else, with `from_start`, at its beginning, else anywhere. With probability
    `stitching` an item is made of two to four segments of different versions of its work (CasperNet).
    """

    works: int = 8
    versions: int = 4
    frames: tuple[int, ...] = (200, 300, 400)
    recorded: int = 0
    masks: int = 0
    speed: tuple[float, float] = (1.0, 1.0)
    roll: int = 0
    crowd: bool = False
    chorus: bool = False
    from_start: bool = False
    stitching: float = 0.0


@dataclass(frozen=True, slots=True)
class LossPlan:
    """Weights of the losses; a triplet takes all of a batch until step `hard_from_step`, then the hardest.

    With `distillation` a vector is also to tell what the released model `teacher` says of the same stretch, heard
    before crowds, masks and other keys.
    """

    classification: float = 1.0
    metric: Metric = "none"
    metric_weight: float = 1.0
    margin: float = 0.3
    degrees: float = 45.0
    temperature: float = 0.1
    hard_from_step: int = 0
    center: float = 0.0
    distillation: float = 0.0
    teacher: str = "livecsi-vector"


@dataclass(frozen=True, slots=True)
class FamilyPlan:
    """Everything that decides a run; the file it was read from is kept beside the model it made.

    `works` says how many works of the training split are learned from (0: all), which is the axis of a learning curve.
    A plateau lowers the rate tenfold whenever `plateau_patience` validations brought nothing better. `bfloat16` halves
    the time on a processor with instructions for it, and takes many times as long on another; a GPU always uses it.
    """

    family: Family
    steps: int = 20_000
    budget_seconds: float = math.inf
    works: int = 0
    learning_rate: float = 1e-3
    weight_decay: float = 0.0
    amsgrad: bool = False
    schedule: Schedule = "plateau"
    plateau_patience: int = 5
    patience: int = 12
    validate_every: int = 200
    validation_works: int = 40
    checkpoint_every: int = 50
    seed: int = 1
    threads: int = 1
    workers: int = 1
    bfloat16: bool = False
    network: Mapping[str, Any] = field(default_factory=dict)
    batch: VersionShape = field(default_factory=VersionShape)
    loss: LossPlan = field(default_factory=LossPlan)


def read_plan(table: Mapping[str, Any], where: str) -> FamilyPlan:
    """The plan of a configuration; raises SettingsError where a key is unknown or a value impossible."""
    rest = dict(table)
    batch: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in rest.pop("batch", {}).items()}
    try:
        plan = FamilyPlan(batch=VersionShape(**batch), loss=LossPlan(**rest.pop("loss", {})), **rest)
    except TypeError as error:
        raise SettingsError(f"{where}: {error}", "compare with models/cqtnet.toml") from error
    for name, value, allowed in (
        ("family", plan.family, FAMILIES),
        ("metric", plan.loss.metric, get_args(Metric)),
        ("schedule", plan.schedule, get_args(Schedule)),
    ):
        if value not in allowed:
            raise SettingsError(f"{where}: {name} = {value!r}", f"there are {', '.join(allowed)}")
    if plan.family == "hakala" and (plan.batch.works < 4 or plan.batch.versions != 2 or plan.batch.frames != (401,)):
        raise SettingsError(
            f"{where}: hakala compares pairs", "works >= 4, versions = 2 and frames = [401] under [batch]"
        )
    return plan
