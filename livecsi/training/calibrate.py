"""Constants of a release: how the opinions are standardised, which songs are the background, what a score is worth.

Measured with the released graphs and the runtime matcher, so that they are the constants of the real path. Right
answers are windows of freshly rendered live versions of held-out works, some of them badly heard. Wrong answers come
from those, from twins (other songs on the same chords) and, where a folder of music is given, from real recordings,
whose resemblance to each other is what a venue will meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import FindingsError
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.encoder import Encoder
from livecsi.identify.matcher import BACKGROUND, COHORT, OPINIONS, Matcher, Reference, fuse, normalise
from livecsi.identify.sequences import Sequences
from livecsi.training.augmentation import augment
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.types import Frames

STUDIO_FRAMES = 640
WINDOW_FRAMES = (201, 100, 300)
BACKGROUND_SONGS = 24
CATALOGUE_SIZES = (5, 10, 20, 40, 80)
DRAWS_PER_WINDOW = 4
TWIN_EVERY = 4
TWIN_SHARE = 0.2
TWIN = -10
RIDGE = 1e-4
Array = NDArray[np.float64]
Scoring = dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True)
class Bench:
    """Every window compared with every reference: `opinions` (windows, references, 4), and which work each one is.

    A twin's window has work `TWIN - w`, w being the work whose chords it plays.
    """

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
            twin = chord_twin(score, seed)
            if index % TWIN_EVERY == 0 and twin is not None:
                other = render_performance(twin, rng, live=True, frames=STUDIO_FRAMES).magnitude
                windows += [(TWIN - index, encoder.encode(_window(other, frames, rng))) for frames in WINDOW_FRAMES]
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


def fit_calibration(bench: Bench, scoring: Scoring, impostor_means: Array, seed: int) -> dict[str, float]:
    """Logistic regression of "the best answer is right" on its score and the log of the catalogue size.

    Each window is asked of random catalogues of several sizes, with and without its song where there is one; a twin
    always meets the song whose chords it plays.
    """
    rng = np.random.default_rng(seed)
    answers = [
        answer
        for window in range(len(bench.window_works))
        for size in CATALOGUE_SIZES * DRAWS_PER_WINDOW
        for answer in _answers(bench, fuse(bench.opinions[window], scoring), impostor_means, window, size, rng)
    ]
    table = np.array(answers)
    if not np.isfinite(table).all() or not 0 < table[:, 2].sum() < len(table):
        raise FindingsError(f"{len(bench.window_works)} windows are too few to calibrate on", "hold out more works")
    design = np.column_stack([table[:, 0], np.log(table[:, 1]), np.ones(len(table))])
    beta = _logistic(design, table[:, 2].astype(bool), table[:, 3])
    return {"slope": float(beta[0]), "per_log_work": float(beta[1]), "intercept": float(beta[2])}


def _answers(
    bench: Bench, raw: Array, impostor_means: Array, window: int, size: int, rng: np.random.Generator
) -> list[tuple[float, int, bool, float]]:
    """Score of the best answer, catalogue size, whether it is right, and what the example weighs."""
    works, work = bench.works, bench.window_works[window]
    is_twin = work <= TWIN
    own = np.flatnonzero(works == (TWIN - work if is_twin else work))
    songs = np.flatnonzero((works != BACKGROUND) & (works != works[own[0]]))
    others = rng.choice(songs, min(size, len(songs)), replace=False)
    catalogues = [np.append(own, others[1:])] if is_twin else [others, np.append(own, others[1:])]
    answers = []
    for catalogue in catalogues:
        everyone = np.concatenate([catalogue, np.flatnonzero(works == BACKGROUND)])
        scores = normalise(raw[everyone], impostor_means[everyone], works[everyone])[: len(catalogue)]
        best = int(scores.argmax())
        right = bool(works[catalogue[best]] == work)
        twins = (bench.window_works <= TWIN).mean()
        weight = TWIN_SHARE / max(twins, 1e-9) if is_twin else (1 - TWIN_SHARE) / (1 - twins)
        answers.append((float(scores[best]), len(catalogue), right, float(weight)))
    return answers


def _logistic(design: Array, right: NDArray[np.bool_], weight: Array) -> Array:
    """Newton's method, both classes weighing the same in all, slopes held by a small ridge."""
    weight = np.where(right, 0.5 * weight / weight[right].sum(), 0.5 * weight / weight[~right].sum())
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
