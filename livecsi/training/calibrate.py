"""Constants of a release: how the opinions are standardised, which songs are the background, what a score is worth.

Measured with the released graphs and the runtime matcher, so that they are the constants of the real path. Right
answers are windows of freshly rendered live versions of held-out works, some of them badly heard; wrong answers come
from those and, where a folder of music is given, from real recordings, whose resemblance to each other is what a venue
will meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.encoder import Encoder
from livecsi.identify.matcher import BACKGROUND, COHORT, OPINIONS, Matcher, Reference, fuse, normalise
from livecsi.identify.sequences import Sequences
from livecsi.training.dataset import augment
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.types import Frames

STUDIO_FRAMES = 640
WINDOW_FRAMES = (201, 100)
BACKGROUND_SONGS = 24
CATALOGUE_SIZES = (5, 10, 20, 40, 80)
DRAWS_PER_WINDOW = 4
RIDGE = 1e-4
Array = NDArray[np.float64]
Scoring = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Every window compared with every reference: `opinions` (windows, references, 4), and which work each one is."""

    references: list[Reference]
    window_works: NDArray[np.int64]
    opinions: Array

    @property
    def works(self) -> NDArray[np.int64]:
        return np.array([reference.work_id for reference in self.references])

    def wrong(self) -> NDArray[np.bool_]:
        """Pairs of different works, and of anything with a background song."""
        return self.window_works[:, None] != self.works[None]


def set_up_bench(
    encoder: Encoder,
    matcher: Matcher,
    scores: Sequence[Score],
    music: Sequence[Frames],
    seed: int,
    say: Callable[[str], None],
) -> Bench:
    """Studio and live versions of the scores, real music beside them, the last scores as background."""
    rng = np.random.default_rng(seed)
    references: list[Reference] = []
    windows: list[tuple[int, Sequences]] = []
    for index, score in enumerate(scores):
        background = index >= len(scores) - BACKGROUND_SONGS
        number = BACKGROUND if background else index
        studio = render_performance(score, rng, live=False, frames=STUDIO_FRAMES).magnitude
        references.append(Reference(number, number, encoder.encode(studio)))
        if not background:
            live = render_performance(score, rng, live=True, frames=STUDIO_FRAMES).magnitude
            windows += [(index, encoder.encode(_window(live, frames, rng))) for frames in WINDOW_FRAMES]
    for index, frames in enumerate(music, len(scores)):
        references.append(Reference(index, index, encoder.encode(frames)))
        windows.append((index, encoder.encode(_window(frames, WINDOW_FRAMES[0], rng))))
    opinions = []
    for count, (_, window) in enumerate(windows, 1):
        opinions.append(matcher.opinions(window, references)[0])
        if count % 20 == 0:
            say(f"calibration windows {count}/{len(windows)}")
    return Bench(references, np.array([work for work, _ in windows]), np.stack(opinions))


def measure_scoring(bench: Bench) -> Scoring:
    """Mean and deviation of each opinion over wrong pairs; every opinion weighs the same."""
    wrong = bench.opinions[bench.wrong()]
    return {
        opinion: {"mean": float(wrong[:, i].mean()), "deviation": float(wrong[:, i].std()), "weight": 1.0}
        for i, opinion in enumerate(OPINIONS)
    }


def measure_impostors(bench: Bench, scoring: Scoring) -> Array:
    """Per reference the mean of its ten best raw scores against windows of other works."""
    raw = np.where(bench.wrong(), fuse(bench.opinions, scoring), -np.inf)
    return np.asarray(-np.sort(-raw, axis=0)[:COHORT].mean(0))


def fit_calibration(
    bench: Bench, scoring: Scoring, impostor_means: Array, rendered: int, seed: int
) -> dict[str, float]:
    """Logistic regression of "right" on score and log catalogue size.

    For random catalogues of several sizes, each window of the first `rendered` works contributes the score of its right
    song and, with that song taken out, the best score of a wrong one; real music contributes wrong ones only.
    """
    rng = np.random.default_rng(seed)
    raw, works = fuse(bench.opinions, scoring), bench.works
    songs, background = np.flatnonzero(works != BACKGROUND), np.flatnonzero(works == BACKGROUND)
    rows: list[tuple[float, float, bool]] = []
    for window, work in enumerate(bench.window_works):
        for size in CATALOGUE_SIZES * DRAWS_PER_WINDOW:
            others = rng.choice(songs[works[songs] != work], min(size, len(songs) - 1), replace=False)
            absent = np.concatenate([others, background])
            best = normalise(raw[window, absent], impostor_means[absent], works[absent])[: len(others)].max()
            rows.append((float(best), np.log(len(others)), False))
            own = np.flatnonzero(works == work)
            if work < rendered and len(own):
                present = np.concatenate([own, absent[1:]])
                score = normalise(raw[window, present], impostor_means[present], works[present])[0]
                rows.append((float(score), np.log(len(others)), True))
    table = np.array(rows)
    beta = _logistic(np.column_stack([table[:, :2], np.ones(len(table))]), table[:, 2].astype(bool))
    return {"slope": float(beta[0]), "per_log_work": float(beta[1]), "intercept": float(beta[2])}


def _logistic(design: Array, right: NDArray[np.bool_]) -> Array:
    """Newton's method, both classes weighing the same, slopes held by a small ridge."""
    weight = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum())
    ridge = np.diag([RIDGE] * (design.shape[1] - 1) + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(60):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (probability - right)) + ridge @ beta
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design + ridge
        beta -= np.linalg.solve(curvature + 1e-9 * np.eye(len(beta)), gradient)
    return beta


def _window(frames: Frames, length: int, rng: np.random.Generator) -> Frames:
    """A stretch from somewhere after the beginning, roughened; every other one twice."""
    first = int(rng.integers(min(40, max(0, frames.shape[1] - length)), max(1, frames.shape[1] - length) + 1))
    cut = augment(frames[:, first : first + length], rng, live=True)
    return augment(cut, rng, live=True) if rng.random() < 0.5 else cut


def spec_facts(spec: ConstantQSpec) -> dict[str, float | int]:
    """The preprocessing entry of the manifest."""
    return {
        "bins": spec.bins,
        "bins_per_octave": spec.bins_per_octave,
        "lowest_hertz": spec.lowest_hertz,
        "frame_samples": spec.frame_samples,
        "fine_frames": spec.fine_frames,
    }
