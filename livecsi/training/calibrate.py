"""Constants of a release: how the opinions are standardised, which songs are the background, what a score is worth.

Measured with the released graphs and the runtime matcher, so that they are the constants of the real path. Right
answers are windows of freshly rendered live versions of held-out works; wrong answers come from those and, where a
folder of music is given, from real recordings, whose resemblance to each other is what a venue will meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.cohort import impostor_means
from livecsi.identify.encoder import Encoder
from livecsi.identify.matcher import BACKGROUND, OPINIONS, Matcher, Reference
from livecsi.identify.sequences import Sequences
from livecsi.identify.sessions import Session
from livecsi.training.dataset import augment
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.types import Frames

STUDIO_FRAMES, WINDOW_FRAMES = 640, 201
BACKGROUND_SONGS = 24
FIRST_SCORING = {opinion: {"mean": 0.0, "deviation": 1.0, "weight": 1.0} for opinion in OPINIONS}
RIDGE = 1e-3

Scoring = dict[str, dict[str, float]]
Pairs = tuple[NDArray[np.float64], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Songs:
    """Studio versions and live windows of the same works, in the same order; a window may have no studio version."""

    studio: list[Reference]
    windows: list[Sequences]
    window_works: list[int]


def make_songs(
    encoder: Encoder, scores: Sequence[Score], music: Sequence[Frames], seed: int, say: Callable[[str], None]
) -> Songs:
    """One studio version and two live windows per score; real music is studio song and impostor window at once."""
    rng = np.random.default_rng(seed)
    studio, windows, works = [], [], []
    for index, score in enumerate(scores):
        performance = render_performance(score, rng, live=False, frames=STUDIO_FRAMES)
        studio.append(Reference(index, index, encoder.encode(performance.magnitude)))
        live = render_performance(score, rng, live=True, frames=STUDIO_FRAMES)
        for _ in range(2):
            windows.append(encoder.encode(_window(live.magnitude, rng)))
            works.append(index)
        if index % 20 == 19:
            say(f"calibration songs {index + 1}/{len(scores)}")
    for index, frames in enumerate(music, len(studio)):
        studio.append(Reference(index, index, encoder.encode(frames)))
        if frames.shape[1] > WINDOW_FRAMES:
            windows.append(encoder.encode(_window(frames, rng)))
            works.append(-2 - index)
    return Songs(studio, windows, works)


def _window(frames: Frames, rng: np.random.Generator) -> Frames:
    first = int(rng.integers(40, max(41, frames.shape[1] - WINDOW_FRAMES)))
    return augment(frames[:, first : first + WINDOW_FRAMES], rng, live=True)


def measure_scoring(session: Session, songs: Songs) -> Scoring:
    """Mean and deviation of each opinion over wrong pairs; every opinion weighs the same."""
    scoring = {}
    for opinion in OPINIONS:
        only = {name: {**FIRST_SCORING[name], "weight": float(name == opinion)} for name in OPINIONS}
        scores, right = _pairs(Matcher(session, only, []), songs, songs.studio, normalised=False)
        wrong = scores[~right]
        scoring[opinion] = {"mean": float(wrong.mean()), "deviation": float(wrong.std()), "weight": 1.0}
    return scoring


def choose_background(encoder: Encoder, scores: Sequence[Score], seed: int) -> list[Reference]:
    """Studio versions of held-out works that nobody will play."""
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(scores), BACKGROUND_SONGS, replace=False)
    frames = (render_performance(scores[i], rng, live=False, frames=STUDIO_FRAMES).magnitude for i in chosen)
    return [Reference(BACKGROUND, BACKGROUND, encoder.encode(magnitude)) for magnitude in frames]


def measured(matcher: Matcher, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[Reference]:
    """The references with their impostor means."""
    means = impostor_means(matcher, references, impostors)
    return [replace(reference, impostor_mean=mean) for reference, mean in zip(references, means, strict=True)]


def fit_calibration(matcher: Matcher, songs: Songs, references: Sequence[Reference]) -> dict[str, float]:
    """Slope and intercept of log p(score | right) / p(score | wrong): balanced logistic regression by Newton's method."""
    scores, right = _pairs(matcher, songs, references, normalised=True)
    design = np.stack([scores, np.ones_like(scores)], 1)
    weight = np.where(right, 0.5 / right.sum(), 0.5 / (~right).sum())
    beta = np.zeros(2)
    for _ in range(50):
        probability = 1 / (1 + np.exp(-np.clip(design @ beta, -30, 30)))
        gradient = design.T @ (weight * (probability - right)) + RIDGE * np.array([beta[0], 0])
        curvature = (design * (weight * probability * (1 - probability))[:, None]).T @ design
        beta -= np.linalg.solve(curvature + np.diag([RIDGE, 1e-9]), gradient)
    return {"slope": float(beta[0]), "intercept": float(beta[1])}


def _pairs(matcher: Matcher, songs: Songs, references: Sequence[Reference], normalised: bool) -> Pairs:
    """Scores of every window against every reference, and whether they are the same work."""
    scores, right = [], []
    for window, work in zip(songs.windows, songs.window_works, strict=True):
        others = [reference for reference in references if reference.work_id != -2 - work]
        for match in matcher.compare(window, others):
            if not match.reference.is_background:
                scores.append(match.score if normalised else match.raw_score)
                right.append(match.reference.work_id == work)
    return np.array(scores), np.array(right)


def spec_facts(spec: ConstantQSpec) -> dict[str, float | int]:
    """The preprocessing entry of the manifest."""
    return {"bins": spec.bins, "bins_per_octave": spec.bins_per_octave, "lowest_hertz": spec.lowest_hertz,
            "frame_samples": spec.frame_samples, "fine_frames": spec.fine_frames}


