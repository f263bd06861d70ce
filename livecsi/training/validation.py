"""How good a network in training is: searches with the runtime matcher, on material nothing is ever trained on.

A `Trial` is a list of references and of queries with their works. `search` asks a network, exported as a release would
be, for its opinions on each query's shortlist; `Search.figures` weighs them. The standardisation that a release takes
from its calibration is taken from the wrong pairs of the trial itself, so that no network needs a calibration first.
"""

import csv
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.evaluation.metrics import RetrievalFigures, retrieval_figures
from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.encoder import Encoder
from livecsi.identify.matcher import Matcher
from livecsi.identify.references import Reference
from livecsi.identify.scoring import COHORT, OPINIONS
from livecsi.identify.sessions import ReleasedModel
from livecsi.training.calibrate import spec_facts
from livecsi.training.export import export_network
from livecsi.training.networks.livecsi import BINS, LivecsiNetwork
from livecsi.types import Frames

SHORTLIST = 40
STORED_HOPS_PER_FRAME = 6
NOT_COMPARED = -1e6
Labelled = tuple[str, Frames]


@dataclass(frozen=True, slots=True)
class Trial:
    """References and queries with their works; `own` is the reference a query was cut from, or -1."""

    references: Sequence[Labelled]
    queries: Sequence[Labelled]
    own: Sequence[int]


@dataclass(frozen=True, slots=True)
class Search:
    """`opinions` (queries, references, 4), NaN outside the shortlists; `relevant` and `excluded` of the same size."""

    opinions: NDArray[np.float64]
    relevant: NDArray[np.bool_]
    excluded: NDArray[np.bool_]

    def figures(self, opinions: Sequence[str] = OPINIONS, cohort: bool = True) -> RetrievalFigures:
        """Retrieval by the sum of the standardised `opinions`, less half of the impostor means where `cohort`."""
        wrong = ~self.relevant & ~self.excluded & np.isfinite(self.opinions[..., 0])
        chosen = [OPINIONS.index(name) for name in opinions]
        values = self.opinions[wrong]
        raw = ((self.opinions - values.mean(0)) / values.std(0))[..., chosen].sum(-1)
        scores = np.where(np.isfinite(raw), raw - (self._impostors(raw, wrong) if cohort else 0), NOT_COMPARED)
        scores[self.excluded] = -np.inf
        return retrieval_figures(scores, self.relevant & ~self.excluded)

    def _impostors(self, raw: NDArray[np.float64], wrong: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Half the mean of each reference's best wrong scores."""
        best = -np.sort(-np.where(wrong, raw, -np.inf), axis=0)[:COHORT]
        compared = np.isfinite(best)
        return 0.5 * np.where(compared, best, 0).sum(0) / np.maximum(1, compared.sum(0))


def search(model: ReleasedModel, trial: Trial, shortlist: int = SHORTLIST) -> Search:
    """Compare every query with its shortlist."""
    encoder, session = Encoder(model, 1), model.session("matcher", 1)
    references = [Reference(i, i, encoder.encode(frames)) for i, (_, frames) in enumerate(trial.references)]
    matcher = Matcher(session, {}, references)
    works = np.array([work for work, _ in trial.references])
    relevant = np.array([work for work, _ in trial.queries])[:, None] == works[None]
    excluded = np.arange(len(works))[None] == np.array(trial.own)[:, None]
    opinions = np.full((*relevant.shape, len(OPINIONS)), np.nan)
    for row, (_, frames) in enumerate(trial.queries):
        query = encoder.encode(frames)
        order = np.argsort(-matcher.quick_similarity(query), kind="stable")[:shortlist]
        opinions[row, order] = matcher.opinions(query, [references[index] for index in order])[0]
    return Search(opinions, relevant, excluded)


def exported_model(network: LivecsiNetwork, folder: Path) -> ReleasedModel:
    """The two graphs of a network as a model without constants."""
    export_network(network, folder)
    files = {
        role: {"file": f"{role}.onnx", "sha256": hashlib.sha256((folder / f"{role}.onnx").read_bytes()).hexdigest()}
        for role in ("encoder", "matcher")
    }
    return ReleasedModel("trial", "livecsi", folder, {"files": files, "preprocessing": spec_facts(ConstantQSpec())})


def half_minutes(frames: Frames, length: int, most: int) -> list[Frames]:
    """Up to `most` stretches of `length` frames that do not overlap, spread over the recording."""
    count = max(1, min(most, frames.shape[1] // length))
    starts = np.linspace(0, max(0, frames.shape[1] - length), count).astype(int)
    return [frames[:, start : start + length] for start in starts]


def real_features(folder: Path) -> list[Labelled]:
    """Work and magnitudes (72, frames) of recorded re-performances, unpacked from decibels in 255 steps."""
    archive = np.load(folder / "real_features.npz")
    with (folder / "real_features.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    recordings = []
    for row in rows:
        decibels = archive[row["key"]][:BINS].astype(np.float64) / 255 * 80 - 80
        frames = decibels.shape[1] // STORED_HOPS_PER_FRAME
        magnitudes = 10 ** (decibels[:, : frames * STORED_HOPS_PER_FRAME] / 20)
        pooled = magnitudes.reshape(BINS, frames, STORED_HOPS_PER_FRAME).mean(2)
        recordings.append((row["work_id"], pooled.astype(np.float32)))
    return recordings


def re_performances(recordings: Sequence[Labelled], distractors: Sequence[Frames], length: int, cuts: int) -> Trial:
    """Every recording cut into queries and searched among all the others and the distractors."""
    references = [*recordings, *((f"distractor {i}", frames) for i, frames in enumerate(distractors))]
    parts = [(work, i, part) for i, (work, f) in enumerate(recordings) for part in half_minutes(f, length, cuts)]
    return Trial(references, [(work, part) for work, _, part in parts], [own for _, own, _ in parts])
