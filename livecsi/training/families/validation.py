"""How good a family in training is: held-out works rendered once, every version searched among all others.

Real re-performances, where there are any, are a figure beside it and choose nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from livecsi.evaluation.metrics import RetrievalFigures, retrieval_figures
from livecsi.features.chorus import from_chorus
from livecsi.training.augmentation import augment
from livecsi.training.families.objectives import Objective
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.versions import WHOLE_SONG_FRAMES, as_input, of_length
from livecsi.training.networks.blocks import Input
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.types import Frames

FRAMES = 401
VERSIONS = 3
SEED = 20_240_607
Labelled = tuple[str, Frames]


@dataclass(frozen=True, slots=True)
class FamilyTrial:
    """Works and magnitudes (72, frames): rendered ones to choose by, real ones to look at."""

    rendered: Sequence[Labelled]
    real: Sequence[Labelled] = ()


def rendered_versions(scores: Sequence[Score], frames: int = WHOLE_SONG_FRAMES) -> list[Labelled]:
    """A studio and two live versions of each work; the same ones whenever and wherever."""
    made = []
    for score in scores:
        for number in range(VERSIONS):
            rng = np.random.default_rng([SEED, score.cluster_id, number])
            whole = render_performance(score, rng, number > 0, frames).magnitude
            made.append((str(score.cluster_id), augment(whole, rng, number > 0)))
    return made


def prepared(frames: Frames, plan: FamilyPlan, kind: Input) -> Frames:
    """The 120 s a family hears of a whole recording, as it wants them."""
    cut = from_chorus(frames, FRAMES) if plan.batch.chorus else frames
    return np.ascontiguousarray(as_input(of_length(cut, FRAMES), kind), dtype=np.float32)


def search(objective: Objective, versions: Sequence[Labelled], plan: FamilyPlan) -> RetrievalFigures:
    """All against all; the objective is left in the mode it was in."""
    was_training, device = objective.training, next(objective.parameters()).device
    objective.eval()
    with torch.no_grad():
        features = [torch.from_numpy(prepared(frames, plan, objective.input)).to(device) for _, frames in versions]
        scores = objective.scores(features)
    objective.train(was_training)
    return all_against_all(scores, [work for work, _ in versions])


def all_against_all(scores: NDArray[np.float64], works: Sequence[str]) -> RetrievalFigures:
    """Figures of (versions, versions) scores, higher is more alike; no version is found by itself."""
    names = np.array(works)
    others = ~np.eye(len(names), dtype=bool)
    return retrieval_figures(np.where(others, scores, -np.inf), (names[:, None] == names[None]) & others)
