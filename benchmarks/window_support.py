"""What the windows of a stretch are worth, and the stretch as a whole: the fit behind `identify.support`.

Every stretch that the tracker cuts out of rehearsal nights (`night_audio --rehearsal`, works and arrangements that no
other benchmark asks about) is compared as a whole, and its best answer is right or not; known songs and everything else
weigh the same, for the odds are those of a song that may as well be in the catalogue as not.

    python -m benchmarks.window_support --nights DIR [--models DIR] [--workers 2]
"""

import argparse
import json
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import write_table
from benchmarks.setlist import Place, listening
from livecsi.audio.recording import RecordingSource
from livecsi.evaluation.tables import TrueSegment, read_truth
from livecsi.identify.setlist import divide
from livecsi.identify.support import (
    INTERCEPT,
    LEAST_OVERLAP_SECONDS,
    ODDS_PER_MEAN,
    mean_log_odds,
    overlap_seconds,
)
from livecsi.service.pipeline import Pipeline
from livecsi.settings import DecodingSettings

WRONG_NAMES = (1, 3, 5, 10)
RIDGE = 1e-6
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stretch:
    """The log odds of a stretch and of its windows; whether a known song was played, and whether the answer is it."""

    whole: float
    windows: float
    is_known: bool
    right: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    place = Place(arguments.nights, arguments.models, 0, None, arguments.cache)
    stretches = _all_stretches(place, arguments.workers)
    known = sum(stretch.is_known for stretch in stretches)
    whole, windows = (np.array([getattr(s, name) for s in stretches]) for name in ("whole", "windows"))
    one = np.ones(len(stretches))
    designs = {"whole": np.c_[whole, one], "windows": np.c_[windows, one], "both": np.c_[whole, windows, one]}
    write_table(
        "window_support",
        f"The windows of a stretch, and the stretch as a whole: {known} known songs and tapes of "
        f"{len(stretches)} stretches",
        "python -m benchmarks.window_support --nights DIR",
        ["odds from", "weights", "log loss", *(f"right before wrong name {n}" for n in WRONG_NAMES)],
        [_row(name, design, fit(design, stretches), stretches) for name, design in designs.items()]
        + [_row("in the code", designs["windows"], np.array([ODDS_PER_MEAN, INTERCEPT]), stretches)],
        f"Model {listening(place)[0].model_id}. The last weight is the intercept.",
    )


def _all_stretches(place: Place, workers: int) -> list[Stretch]:
    """Those of all nights, heard once and kept beside them."""
    kept = place.nights / "stretches.json"
    if not kept.is_file():
        paths = sorted(place.nights.glob("night-*.ogg"))
        with ProcessPoolExecutor(workers) as pool:
            found = [stretch for night in pool.map(partial(_stretches, place), paths) for stretch in night]
        kept.write_text(json.dumps([asdict(stretch) for stretch in found]) + "\n", encoding="utf-8")
    return [Stretch(**stretch) for stretch in json.loads(kept.read_text(encoding="utf-8"))]


def _stretches(place: Place, path: Path) -> list[Stretch]:
    ear, identifier, names = listening(place)
    pipeline = Pipeline(ear, identifier)
    with RecordingSource(path, DecodingSettings()) as source:
        for piece in source:
            pipeline.accept(piece)
    pipeline.end()
    listener, truth = pipeline.listener, read_truth(path.with_suffix(".csv"))
    found = []
    for start, end in divide(listener.windows(), listener.segments(), pipeline.duration_seconds):
        answers = listener.hear_whole(start, end)
        inside = [w for w in listener.windows() if overlap_seconds(w, start, end) >= LEAST_OVERLAP_SECONDS]
        if answers and inside:
            best = answers[0]
            played = _played(truth, start, end)
            right = bool(played) and played == names.get(best.work_id)
            found.append(Stretch(best.log_odds, mean_log_odds(inside, best.work_id), bool(played), right))
    return found


def fit(design: Array, stretches: Sequence[Stretch]) -> Array:
    """Logistic regression of "the best answer is right" by Newton's method."""
    right = np.array([stretch.right for stretch in stretches], bool)
    weight = _even(stretches)
    beta = np.zeros(design.shape[1])
    for _ in range(60):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (probability - right))
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design
        beta -= np.linalg.solve(curvature + RIDGE * np.eye(len(beta)), gradient)
    return beta


def _even(stretches: Sequence[Stretch]) -> Array:
    """Weights with which known songs and all else count the same, one in all."""
    known = np.array([stretch.is_known for stretch in stretches])
    return np.where(known, 0.5 / max(known.sum(), 1), 0.5 / max((~known).sum(), 1))


def _played(truth: Sequence[TrueSegment], start_seconds: float, end_seconds: float) -> str:
    """The work that most of a stretch is, live or from a tape; empty for one that is in no catalogue."""
    return max(truth, key=lambda s: min(s.end_seconds, end_seconds) - max(s.start_seconds, start_seconds)).work


def _row(name: str, design: Array, weights: Array, stretches: Sequence[Stretch]) -> list[str]:
    odds = design @ weights
    right = np.array([stretch.right for stretch in stretches])
    loss = float(np.sum(_even(stretches) * np.logaddexp(0.0, np.where(right, -odds, odds))))
    in_order = right[np.argsort(-odds, kind="stable")]
    wrong_before = np.cumsum(~in_order)
    named = [str(int(in_order[: np.searchsorted(wrong_before, n)].sum())) for n in WRONG_NAMES]
    return [name, ", ".join(f"{weight:.2f}" for weight in weights), f"{loss:.3f}", *named]


if __name__ == "__main__":
    main()
