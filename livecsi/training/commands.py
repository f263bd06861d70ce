"""What the training commands do, free of any command line: read a configuration, train, release."""

import dataclasses
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from livecsi.errors import FindingsError, InputError, SettingsError, UsageError
from livecsi.features.cqt import ConstantQSpec
from livecsi.training.calibrate_system import calibrate_release
from livecsi.training.compression import prune_run
from livecsi.training.crowd_noise import load_crowds
from livecsi.training.dataset import BatchShape, Material
from livecsi.training.families.material import Sources
from livecsi.training.families.plan import FAMILIES, read_plan
from livecsi.training.families.release import release_family
from livecsi.training.families.run import train_one
from livecsi.training.gate import GateMaterial, gate_confusion, train_gate
from livecsi.training.networks.gate import GateNetwork
from livecsi.training.phrase_run import read_phrase_plan, run_phrases
from livecsi.training.phrases import load_phrases
from livecsi.training.recordings import cached_features, impostor_recordings, list_recordings, training_recordings
from livecsi.training.rehearsal import BACKGROUND_SONGS, Repertoire
from livecsi.training.release import release_gate, release_network, release_phrases
from livecsi.training.rendering.performance import RenderedPerformance
from livecsi.training.rendering.pool import read_pool
from livecsi.training.rendering.variety import Variety
from livecsi.training.run_folder import load_network, released_state
from livecsi.training.scores.corpus import CORPUS_VERSION, SOURCES, load_scores, split_of
from livecsi.training.scores.score import Score
from livecsi.training.trainer import Listener, TrainingPlan, train
from livecsi.training.validation import Trial, re_performances, real_features
from livecsi.types import Frames

SHORTEST_FRAMES = 150
CALIBRATION_FRAMES = 640
VALIDATION_FRAMES = 100
VALIDATION_CUTS = 3
FEWEST_TO_CALIBRATE_ON = BACKGROUND_SONGS + 20
Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Folders:
    """Where the material of a training lies, and where the run goes."""

    scores: Path
    audio: Path | None
    pool: Path | None
    crowd: Path | None
    run: Path


def train_from_config(config: Path, folders: Folders, budget_seconds: float | None, listener: Listener) -> None:
    """Train the family the configuration names into the folder of the run, resuming what is there."""
    run, say = folders.run, listener.say
    table = _read_config(config)
    family = table.pop("family", "livecsi")
    run.mkdir(parents=True, exist_ok=True)
    (run / "config.toml").write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    corpus = load_scores(folders.scores, run.parent / "corpus.pickle", say)
    if family == "gate":
        _train_gate(table, corpus, _required(folders.audio), run, say)
        return
    if family in FAMILIES:
        train_one(
            read_plan({"family": family, **table}, str(config)), _sources(folders, corpus), budget_seconds, listener
        )
        return
    if family == "phrases":
        phrases = read_phrase_plan(table, str(config), budget_seconds)
        run_phrases(phrases, _split(corpus, "train"), folders.pool, run, listener)
        return
    if family != "livecsi":
        raise SettingsError(
            f"{config}: no family is called {family!r}", f"there are livecsi, phrases, gate, {', '.join(FAMILIES)}"
        )
    plan = _plan(table, config)
    if budget_seconds is not None:
        plan = dataclasses.replace(plan, budget_seconds=budget_seconds)
    recordings = _own_recordings(folders.audio, run, say)
    sounded, crowds = _sounded(folders.pool, plan.shape.sounded), _crowds(folders, plan.shape.paper_crowd)
    material = Material(_split(corpus, "train"), recordings, sounded, crowds)
    train(material, plan, run, listener, _trial(folders.audio, recordings, run) if plan.validate_every else None)


def release_run(run: Path, scores: Path, audio: Path | None, models: Path, say: Say) -> None:
    """Calibrate a trained run on held-out works and write it into the models folder."""
    table = _read_config(run / "config.toml")
    if table.get("family") == "gate":
        network = GateNetwork()
        network.load_state_dict(torch.load(run / "gate.pt", weights_only=True))
        release_gate(network, models, {"config": table, **json.loads((run / "figures.json").read_text())})
        return
    if table.get("family") == "phrases":
        phrases, state = load_phrases(run)
        release_phrases(phrases, models, {"config": table, "encoder": state["plan"]["encoder"], **_cost(state)})
        return
    corpus = load_scores(scores, run.parent / "corpus.pickle", say)
    if table.get("family") in FAMILIES:
        name = release_family(run, Sources(run, corpus, audio, None, None), models, table, say)
        _calibrate_family(models, name, corpus, say)
        return
    repertoire = Repertoire(_split(corpus, "validation"), _split(corpus, "train"), _calibration_music(audio, run))
    state = released_state(run)
    pairs = state["step"] * state["plan"]["shape"]["batch"]
    training = {"config": table, "pairs": pairs, "sources": list(SOURCES), **_cost(state)}
    release_network(load_network(run), repertoire, models, training, say)


def compress_run(run: Path, folders: Folders, models: Path, prune_steps: int, int8: bool, say: Say) -> None:
    """Release a smaller form of a run of one vector: pruned for so many steps (0: not), in eight bits, or both."""
    corpus = load_scores(folders.scores, run.parent / "corpus.pickle", say)
    table, sources = _read_config(run / "config.toml"), _sources(folders, corpus)
    if table.get("family") not in FAMILIES or table["family"] == "hakala":
        raise UsageError(f"{run}: not a family of one vector", "see docs/models.md for those that can be compressed")
    if prune_steps:
        run = prune_run(run, prune_steps, sources, Listener(say))
    _calibrate_family(models, release_family(run, sources, models, table, say, int8), corpus, say)


def _calibrate_family(models: Path, name: str, corpus: list[Score], say: Say) -> None:
    """Constants of a fresh entry. A network that knows nothing yet has none, and is released without."""
    held_out = _split(corpus, "validation")
    if len(held_out) < FEWEST_TO_CALIBRATE_ON:
        say(f"{name}: not calibrated: {len(held_out)} held-out works are too few")
        return
    try:
        calibrate_release(models, name, Repertoire(held_out, _split(corpus, "train"), []), say)
    except FindingsError as error:
        say(f"{name}: not calibrated: {error}")


def _sources(folders: Folders, corpus: list[Score]) -> Sources:
    return Sources(folders.run, corpus, folders.audio, folders.pool, folders.crowd)


def _train_gate(table: dict[str, Any], corpus: list[Score], audio: Path, run: Path, say: Say) -> None:
    cache = run.parent / "features"
    validation = GateMaterial(audio, _split(corpus, "validation"), cache, validation=True, say=say)
    material = GateMaterial(audio, _split(corpus, "train"), cache, validation=False, say=say)
    network = train_gate(material, int(table.get("steps", 600)), int(table.get("seed", 0)), say)
    torch.save(network.state_dict(), run / "gate.pt")
    confusion = gate_confusion(network, validation, seed=1).round(3).tolist()
    say(f"held-out confusion (music, speech, crowd): {confusion}")
    (run / "figures.json").write_text(json.dumps({"held_out_confusion": confusion}))


def _cost(state: dict[str, Any]) -> dict[str, Any]:
    """What a released run took."""
    return {"steps": state["step"], "seconds": round(state["seconds"]), "corpus_version": CORPUS_VERSION}


def _own_recordings(audio: Path | None, run: Path, say: Say) -> list[Frames]:
    """Real recordings to train on: those that are not kept for validation as versions of one work."""
    if audio is None:
        return []
    return list(cached_features(training_recordings(audio), ConstantQSpec(), run.parent / "features", say).values())


def _sounded(pool: Path | None, wanted: int) -> list[list[RenderedPerformance]]:
    """Works played as audio, where the plan asks for them."""
    if not wanted:
        return []
    if pool is None:
        raise SettingsError("the configuration wants works played as audio", "give --pool a folder of `livecsi pool`")
    return [performances for _, performances in read_pool(pool)]


def _crowds(folders: Folders, wanted: bool) -> list[Frames]:
    """Crowds to put over queries, where the plan asks for them: the user's own, or made-up ones."""
    if not wanted and folders.crowd is not None:
        raise SettingsError("--crowd, but the configuration wants none", "set paper_crowd = true under [shape]")
    return load_crowds(folders.crowd, folders.run.parent / "features") if wanted else []


def _trial(audio: Path | None, distractors: list[Frames], run: Path) -> Trial:
    """Half minutes of real re-performances among recordings: `real_features/`, and the groups kept for validation."""
    if audio is None:
        raise SettingsError("validation needs real versions of works", "give --audio, or set validate_every to 0")
    recordings = real_features(audio / "real_features") if (audio / "real_features").is_dir() else []
    kept = [r for r in list_recordings(audio) if r.group and r.split == "validation"]
    features = cached_features([r.path for r in kept], ConstantQSpec(), run.parent / "features")
    recordings += [(r.group, features[r.path]) for r in kept]
    long_enough = [frames for frames in distractors if frames.shape[1] >= VALIDATION_FRAMES]
    return re_performances(recordings, long_enough, VALIDATION_FRAMES, VALIDATION_CUTS)


def _calibration_music(audio: Path | None, run: Path) -> list[Frames]:
    """Real recordings as impostors: those no network is trained on."""
    if audio is None:
        return []
    features = cached_features(impostor_recordings(audio), ConstantQSpec(), run.parent / "features")
    return [frames[:, :CALIBRATION_FRAMES] for frames in features.values() if frames.shape[1] > SHORTEST_FRAMES]


def _read_config(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}", "give --config a file like models/livecsi.toml") from error


def _plan(table: dict[str, Any], config: Path) -> TrainingPlan:
    shape = dict(table.pop("shape", {}))
    if "query_frames" in shape:
        shape["query_frames"] = tuple(shape["query_frames"])
    try:
        variety = Variety(**table.pop("variety", {}))
        plan = TrainingPlan(shape=BatchShape(**shape), variety=variety, **table)
    except TypeError as error:
        raise SettingsError(f"{config}: {error}", "compare with models/livecsi.toml") from error
    if plan.render_on not in ("cpu", "device"):
        raise SettingsError(f"{config}: render_on = {plan.render_on!r}", "render on the cpu or the device")
    return plan


def _split(corpus: list[Score], name: str) -> list[Score]:
    return [score for score in corpus if split_of(score.cluster_id) == name]


def _required(audio: Path | None) -> Path:
    if audio is None:
        raise SettingsError("the gate learns from real audio", "give --audio a folder with noise/ and music/")
    return audio
