"""What a score is worth: a logistic fit of "the best answer is right" on the answers of a rehearsal.

And what a probability is worth: the bands high and medium begin where the precision of answers that no constant was
fitted on, with the probabilities the runtime gave them, is good enough in catalogues of every size.

Sizes of catalogues weigh the same, and so do windows of songs inside and outside; twins weigh as much as songs may that
share all chords of one in the catalogue, from beginning to end, without being it: one in fifty.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import FindingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.calibration import clipped
from livecsi.identify.sessions import MANIFEST_NAME
from livecsi.training.rehearsal import Answer

TWIN_SHARE = 0.02
RIDGE = 1e-4
HIGH_PRECISION, MEDIUM_PRECISION = 0.98, 0.90
FEWEST_SONGS_FOR_HIGH = 300
FEWEST_ANSWERS = 100
"""How many answers of a catalogue's size must stand behind a band, and how many of the least sure are asked by
themselves: fewer do not tell 0.98 from 0.95."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """An answer, the probability the runtime gave it, and the number of the song that was played."""

    answer: Answer
    probability: float
    song: int


def fit_calibration(answers: Sequence[Answer]) -> dict[str, float]:
    """The calibration entry of the manifest; raises FindingsError when the answers are too few or all alike."""
    design = np.array([(a.score, clipped(a.lead), np.log(max(1, a.works)), 1.0) for a in answers])
    slope, per_lead, per_log_work, intercept = _fitted(design, answers)
    return {"slope": slope, "per_lead": per_lead, "per_log_work": per_log_work, "intercept": intercept}


def fit_among_many(answers: Sequence[Answer]) -> dict[str, float]:
    """The part `among_many` of that entry, from the answers of catalogues of one size; raises FindingsError, too."""
    slope, per_lead, intercept = _fitted(np.array([(a.score, clipped(a.lead), 1.0) for a in answers]), answers)
    return {"works": answers[0].works, "slope": slope, "per_lead": per_lead, "intercept": intercept}


def fit_bands(judged: Sequence[Judged]) -> dict[str, Any]:
    """The bands of the manifest's calibration entry, each with the answers behind it; one that was not earned is null.

    There is no band high before `FEWEST_SONGS_FOR_HIGH` songs were played, each in a version of its own.
    """
    songs = len({one.song for one in judged})
    return {
        "high": _band(judged, HIGH_PRECISION) if songs >= FEWEST_SONGS_FOR_HIGH else None,
        "medium": _band(judged, MEDIUM_PRECISION),
        "songs": songs,
        "catalogue_sizes": sorted({one.answer.works for one in judged}),
    }


def write_measured(folder: Path, name: str, part: str, facts: dict[str, Any]) -> None:
    """Put `bands` or `among_many` into the calibration of a released model; its files, and with them its id, stay the
    same."""
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = next(model for model in manifest["models"] if model["name"] == name)
    entry["calibration"][part] = facts
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _band(judged: Sequence[Judged], precision: float) -> dict[str, Any] | None:
    """The lowest probability from which on the precision holds in catalogues of every size."""
    sizes = {one.answer.works for one in judged}
    starts = [_lowest([one for one in judged if one.answer.works == size], precision) for size in sizes]
    known = [start for start in starts if start is not None]
    if not known or len(known) < len(sizes):
        return None
    start = max(known)
    probability, right, weight = _columns(judged)
    named = probability >= start
    reached = float(weight[named & right].sum() / weight[named].sum())
    return {"from_probability": start, "precision": round(reached, 4), "answers": int(named.sum())}


def _lowest(judged: Sequence[Judged], precision: float) -> float | None:
    """The same for one size; None when too few answers reach it. The least sure of them have to reach it as well: many
    that are beyond doubt must not speak for a few that are not."""
    probability, right, weight = _columns(judged)
    order = np.argsort(-probability, kind="stable")
    hits, asked = np.cumsum((weight * right)[order]), np.cumsum(weight[order])
    reaches = (hits >= precision * asked) & (_least_sure(hits) >= precision * _least_sure(asked))
    is_last_of_its_kind = np.append(np.diff(probability[order]) != 0, True)
    enough = np.arange(len(order)) + 1 >= FEWEST_ANSWERS
    found = np.flatnonzero(reaches & is_last_of_its_kind & enough)
    return float(probability[order][found[-1]]) if len(found) else None


def _least_sure(sums: Array) -> Array:
    """What the last `FEWEST_ANSWERS` added to sums."""
    before = np.concatenate([np.zeros(FEWEST_ANSWERS), sums])[: len(sums)]
    return np.asarray(sums - before)


def _columns(judged: Sequence[Judged]) -> tuple[Array, NDArray[np.bool_], Array]:
    """Probabilities, whether they were right, and what each counts."""
    answers = [one.answer for one in judged]
    return np.array([one.probability for one in judged]), np.array([a.right for a in answers], bool), weights(answers)


def weights(answers: Sequence[Answer]) -> Array:
    """What each answer counts, one in all: the shares of the kinds are the same for every size of catalogue."""
    shares = {"present": (1 - TWIN_SHARE) / 2, "absent": (1 - TWIN_SHARE) / 2, "twin": TWIN_SHARE}
    groups = [(answer.works, answer.kind) for answer in answers]
    count = {group: groups.count(group) for group in set(groups)}
    weight = np.array([shares[kind] / count[works, kind] for works, kind in groups])
    return np.asarray(weight / weight.sum())


def _fitted(design: Array, answers: Sequence[Answer]) -> list[float]:
    """One number for each column of the design (answers, columns), which begins with score and lead."""
    right = np.array([answer.right for answer in answers], bool)
    if not np.isfinite(design).all() or right.all() or not right.any():
        raise FindingsError(f"{len(answers)} answers are too few to calibrate on", "hold out more works")
    return [float(value) for value in _rising(design, right, weights(answers))]


def _rising(design: Array, right: NDArray[np.bool_], weight: Array) -> Array:
    """The fit, in which neither score nor lead may speak against a song: one that would is left out."""
    used = np.ones(design.shape[1], bool)
    while True:
        beta = np.zeros(len(used))
        beta[used] = _logistic(design[:, used], right, weight)
        falling = (beta[:2] < 0).nonzero()[0]
        if not len(falling):
            return beta
        used[falling[np.argmin(beta[falling])]] = False


def _logistic(design: Array, right: NDArray[np.bool_], weight: Array) -> Array:
    """Newton's method, slopes held by a small ridge."""
    ridge = np.diag([RIDGE] * (design.shape[1] - 1) + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(60):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (probability - right)) + ridge @ beta
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design + ridge
        beta -= np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
    return beta


def spec_facts(spec: ConstantQSpec) -> dict[str, float | int]:
    """The preprocessing entry of the manifest."""
    return {
        "bins": spec.bins,
        "bins_per_octave": spec.bins_per_octave,
        "lowest_hertz": spec.lowest_hertz,
        "frame_samples": spec.frame_samples,
        "fine_frames": spec.fine_frames,
    }
