"""What a family learns from, gathered: scores, works played as audio, recordings of the user's, held-out works."""

from dataclasses import replace
from pathlib import Path

from livecsi.errors import SettingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.training.crowd_noise import load_crowds
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.teacher import Teacher
from livecsi.training.families.treatment import PITCH_CLASSES
from livecsi.training.families.validation import FamilyTrial, rendered_versions
from livecsi.training.families.versions import SHORTEST_RECORDING_FRAMES, FamilyMaterial, Work
from livecsi.training.layouts import da_tacos_works, find_recordings, is_da_tacos
from livecsi.training.recordings import cached_features
from livecsi.training.rendering.pool import read_pool
from livecsi.training.scores.corpus import works_of
from livecsi.training.sources import Sources
from livecsi.training.trainer import Listener
from livecsi.training.validation import real_features
from livecsi.types import Frames


def gather(plan: FamilyPlan, sources: Sources, listener: Listener) -> FamilyMaterial:
    """The works of a training; raises SettingsError where they do not make a batch."""
    works = [Work(str(score.cluster_id), score) for score in works_of(sources.corpus, "train")[: plan.works or None]]
    if plan.batch.recorded:
        works = _with_pool(works, sources.pool) + _recorded_works(sources, listener)
        if not any(work.recordings for work in works):
            raise SettingsError("recorded works are wanted", "give --audio, --pool, or set recorded = 0 under [batch]")
    if len(works) < plan.batch.works:
        raise SettingsError(f"{len(works)} works are too few for batches of {plan.batch.works}", "give more works")
    teacher = Teacher.named(plan.loss.teacher) if plan.loss.distillation else None
    hears_profiles = plan.family.startswith("hpcp") and teacher is None
    if not hears_profiles and any(len(r) == PITCH_CLASSES for work in works for r in work.recordings):
        raise SettingsError("these recordings are pitch classes only", "train a family of hpcp, without a teacher")
    crowds = load_crowds(sources.crowd, sources.cache) if plan.batch.crowd else []
    return FamilyMaterial(works, crowds, teacher)


def gather_trial(sources: Sources, split: str, works: int) -> FamilyTrial:
    """The first works of a split, rendered, and real re-performances where `--audio` has them."""
    held_out = works_of(sources.corpus, split)[:works]
    real = sources.audio / "real_features" if sources.audio else None
    return FamilyTrial(rendered_versions(held_out), real_features(real) if real and real.is_dir() else [])


def _with_pool(works: list[Work], pool: Path | None) -> list[Work]:
    """The works with what the pool has of them; works of the pool that nobody chose stay out."""
    if pool is None:
        return works
    played = {str(cluster): tuple(p.magnitude for p in performances) for cluster, performances in read_pool(pool)}
    return [replace(work, recordings=played.get(work.name, ())) for work in works]


def _recorded_works(sources: Sources, listener: Listener) -> list[Work]:
    """A work for each group of recordings to train on, and for each recording without a group."""
    if sources.audio is None:
        return []
    if is_da_tacos(sources.audio):
        return [Work(name, None, versions) for name, versions in da_tacos_works(sources.audio).items()]
    rows = [recording for recording in find_recordings(sources.audio) if recording.split == "train"]
    features = cached_features([row.path for row in rows], ConstantQSpec(), sources.cache, listener.say)
    groups: dict[str, list[Frames]] = {}
    for row in rows:
        if features[row.path].shape[1] >= SHORTEST_RECORDING_FRAMES:
            groups.setdefault(row.group or str(row.path), []).append(features[row.path])
    return [Work(f"audio {name}", None, tuple(versions)) for name, versions in groups.items()]
