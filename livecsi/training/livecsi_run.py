"""One run of the livecsi network from its configuration: read it, gather what it asks for, train, release."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecsi.errors import SettingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.training.crowd_noise import load_crowds
from livecsi.training.dataset import BatchShape, Material
from livecsi.training.recordings import cached_features, impostor_recordings, list_recordings, training_recordings
from livecsi.training.rehearsal import Repertoire, Say
from livecsi.training.release import release_network
from livecsi.training.rendering.performance import RenderedPerformance
from livecsi.training.rendering.pool import read_pool
from livecsi.training.rendering.variety import Variety
from livecsi.training.run_folder import cost_of, load_network, released_state
from livecsi.training.scores.corpus import SOURCES
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener, TrainingPlan, train
from livecsi.training.validation import Trial, re_performances, real_features
from livecsi.types import Frames

SHORTEST_FRAMES = 150
CALIBRATION_FRAMES = 640
VALIDATION_FRAMES = 100
VALIDATION_CUTS = 3


def read_livecsi_plan(table: Mapping[str, Any], where: str, budget_seconds: float | None) -> TrainingPlan:
    """The plan of a configuration; raises SettingsError where a key is unknown or a value impossible."""
    rest = dict(table)
    shape: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in rest.pop("shape", {}).items()}
    try:
        variety = Variety(**rest.pop("variety", {}))
        plan = TrainingPlan(shape=BatchShape(**shape), variety=variety, **rest)
    except TypeError as error:
        raise SettingsError(f"{where}: {error}", "compare with models/livecsi.toml") from error
    if plan.render_on not in ("cpu", "device"):
        raise SettingsError(f"{where}: render_on = {plan.render_on!r}", "render on the cpu or the device")
    return plan if budget_seconds is None else replace(plan, budget_seconds=budget_seconds)


def run_livecsi(plan: TrainingPlan, sources: Sources, listener: Listener) -> None:
    """Train into the folder of the run, resuming what is there."""
    recordings = _own_recordings(sources, listener)
    sounded, crowds = _sounded(sources.pool, plan.shape.sounded), _crowds(sources, plan.shape.paper_crowd)
    material = Material(sources.works("train"), recordings, sounded, crowds)
    train(material, plan, sources.run, listener, _trial(sources, recordings) if plan.validate_every else None)


def release_livecsi(sources: Sources, models: Path, table: Mapping[str, Any], say: Say) -> None:
    """Calibrate the run on held-out works and write it into the models folder."""
    repertoire = Repertoire(sources.works("validation"), sources.works("train"), calibration_music(sources))
    state = released_state(sources.run)
    pairs = state["step"] * state["plan"]["shape"]["batch"]
    training = {"config": table, "pairs": pairs, "sources": list(SOURCES), **cost_of(state)}
    release_network(load_network(sources.run), repertoire, models, training, say)


def _own_recordings(sources: Sources, listener: Listener) -> list[Frames]:
    """Real recordings to train on: those that are not kept for validation as versions of one work."""
    if sources.audio is None:
        return []
    own = training_recordings(sources.audio)
    return list(cached_features(own, ConstantQSpec(), sources.cache, listener.say).values())


def _sounded(pool: Path | None, wanted: int) -> list[list[RenderedPerformance]]:
    """Works played as audio, where the plan asks for them."""
    if not wanted:
        return []
    if pool is None:
        raise SettingsError("the configuration wants works played as audio", "give --pool a folder of `livecsi pool`")
    return [performances for _, performances in read_pool(pool)]


def _crowds(sources: Sources, wanted: bool) -> list[Frames]:
    """Crowds to put over queries, where the plan asks for them: the user's own, or made-up ones."""
    if not wanted and sources.crowd is not None:
        raise SettingsError("--crowd, but the configuration wants none", "set paper_crowd = true under [shape]")
    return load_crowds(sources.crowd, sources.cache) if wanted else []


def _trial(sources: Sources, distractors: list[Frames]) -> Trial:
    """Half minutes of real re-performances among recordings: `real_features/`, and the groups kept for validation."""
    audio = sources.audio
    if audio is None:
        raise SettingsError("validation needs real versions of works", "give --audio, or set validate_every to 0")
    recordings = real_features(audio / "real_features") if (audio / "real_features").is_dir() else []
    kept = [r for r in list_recordings(audio) if r.group and r.split == "validation"]
    features = cached_features([r.path for r in kept], ConstantQSpec(), sources.cache)
    recordings += [(r.group, features[r.path]) for r in kept]
    long_enough = [frames for frames in distractors if frames.shape[1] >= VALIDATION_FRAMES]
    return re_performances(recordings, long_enough, VALIDATION_FRAMES, VALIDATION_CUTS)


def calibration_music(sources: Sources) -> list[Frames]:
    """Real recordings as impostors: those no network is trained on."""
    if sources.audio is None:
        return []
    features = cached_features(impostor_recordings(sources.audio), ConstantQSpec(), sources.cache)
    return [frames[:, :CALIBRATION_FRAMES] for frames in features.values() if frames.shape[1] > SHORTEST_FRAMES]
