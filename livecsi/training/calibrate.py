"""What a score is worth: a logistic fit of "the best answer is right" on the answers of a rehearsal.

Sizes of catalogues weigh the same, and so do windows of songs inside and outside; twins weigh as much as songs may that
share all chords of one in the catalogue, from beginning to end, without being it: one in fifty.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import FindingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.calibration import clipped
from livecsi.training.rehearsal import Answer

TWIN_SHARE = 0.02
RIDGE = 1e-4
Array = NDArray[np.float64]


def fit_calibration(answers: Sequence[Answer]) -> dict[str, float]:
    """The calibration entry of the manifest; raises FindingsError when the answers are too few or all alike."""
    right = np.array([answer.right for answer in answers], bool)
    design = np.array([(a.score, clipped(a.lead), np.log(max(1, a.works)), 1.0) for a in answers])
    if not np.isfinite(design).all() or right.all() or not right.any():
        raise FindingsError(f"{len(answers)} answers are too few to calibrate on", "hold out more works")
    slope, per_lead, per_log_work, intercept = (float(value) for value in _logistic(design, right, weights(answers)))
    return {"slope": slope, "per_lead": per_lead, "per_log_work": per_log_work, "intercept": intercept}


def weights(answers: Sequence[Answer]) -> Array:
    """What each answer counts, one in all: the shares of the kinds are the same for every size of catalogue."""
    shares = {"present": (1 - TWIN_SHARE) / 2, "absent": (1 - TWIN_SHARE) / 2, "twin": TWIN_SHARE}
    groups = [(answer.works, answer.kind) for answer in answers]
    count = {group: groups.count(group) for group in set(groups)}
    weight = np.array([shares[kind] / count[works, kind] for works, kind in groups])
    return np.asarray(weight / weight.sum())


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
