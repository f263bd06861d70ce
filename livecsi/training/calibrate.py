"""What a score is worth: a logistic fit of "the best answer is right" on the answers of a rehearsal.

Sizes of catalogues weigh the same, and so do windows of songs inside and outside; twins weigh as much as songs may that
share all chords of one in the catalogue, from beginning to end, without being it: one in fifty.
"""

import json
from collections.abc import Sequence
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
Array = NDArray[np.float64]


def fit_calibration(answers: Sequence[Answer]) -> dict[str, float]:
    """The calibration entry of the manifest; raises FindingsError when the answers are too few or all alike."""
    design = np.array([(a.score, clipped(a.lead), np.log(max(1, a.works)), 1.0) for a in answers])
    slope, per_lead, per_log_work, intercept = _fitted(design, answers)
    return {"slope": slope, "per_lead": per_lead, "per_log_work": per_log_work, "intercept": intercept}


def fit_among_many(answers: Sequence[Answer]) -> dict[str, float]:
    """The part `among_many` of that entry, from the answers of catalogues of one size; raises FindingsError, too."""
    slope, per_lead, intercept = _fitted(np.array([(a.score, clipped(a.lead), 1.0) for a in answers]), answers)
    return {"works": answers[0].works, "slope": slope, "per_lead": per_lead, "intercept": intercept}


def write_measured(folder: Path, name: str, part: str, facts: dict[str, Any]) -> None:
    """Put `bands` or `among_many` into the calibration of a released model; its files, and with them its id, stay the
    same."""
    path = folder / MANIFEST_NAME
    manifest = json.loads(path.read_text(encoding="utf-8"))
    entry = next(model for model in manifest["models"] if model["name"] == name)
    entry["calibration"][part] = facts
    path.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


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
