"""Systems side by side: every recording of a set against every other, with each system as the daemon would run it.

All hear the same frames. A recording is compared with all others, itself left out by index; scores are normalised by
impostors as in a catalogue, the cohort being measured without knowing which recordings are the same work. `raw_map` is
MAP without that normalisation, as the literature has it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from livecsi.clock import processor_seconds
from livecsi.evaluation.curves import PairCurves, balanced, pair_curves
from livecsi.evaluation.metrics import RetrievalFigures, retrieval_figures
from livecsi.evaluation.tables import LabelledRecording
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.systems.system import Encoded, System
from livecsi.service.ear import Ear
from livecsi.types import Frames

LENGTHS_SECONDS = (15.0, 30.0, 60.0, 90.0, 120.0, 180.0)
LENGTH_QUERIES = 60
"""How many recordings are cut to each length; more would take hours with the slower systems."""
Array = NDArray[np.float64]
Step = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording as frames, the work it is, and its name."""

    work: str
    name: str
    frames: Frames


@dataclass(frozen=True, slots=True)
class AtLength:
    """Queries of one length: how many were found, and what one of them costs in milliseconds of a processor."""

    seconds: float
    figures: RetrievalFigures
    encode_milliseconds: float
    rank_milliseconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One system on one set; `scores` (recordings, recordings), a recording itself being -inf."""

    model: str
    figures: RetrievalFigures
    raw_map: float
    scores: Array
    balanced_pairs: PairCurves
    all_pairs: PairCurves
    by_length: tuple[AtLength, ...]
    encode_milliseconds: float
    pair_milliseconds: float
    payload_bytes: float


def heard(ear: Ear, rows: Sequence[LabelledRecording], step: Step = lambda *_: None) -> list[Labelled]:
    """The recordings of a table through the front end that all systems share; raises InputError."""
    recordings = []
    for count, row in enumerate(rows, 1):
        recordings.append(Labelled(row.work, row.title, ear.frames_of(row.path)[1]))
        step("recordings", count, len(rows))
    return recordings


def compare_system(
    name: str, system: System, recordings: Sequence[Labelled], step: Step = lambda *_: None
) -> Comparison:
    """All figures of one system on one set."""
    began = processor_seconds()
    encoded = [system.encode(_played_on(recording.frames, system.minimum_frames)) for recording in recordings]
    encode_seconds = processor_seconds() - began
    references = _measured(system, encoded)
    same = same_work(recordings)
    began = processor_seconds()
    raw, scores = _all_against_all(system, encoded, references, lambda *at: step(name, *at))
    pair_seconds = processor_seconds() - began
    pairs = np.triu(np.ones_like(same), 1)
    values, labels = ((scores + scores.T) / 2)[pairs], same[pairs]
    few = balanced(labels)
    return Comparison(
        name,
        retrieval_figures(scores, same),
        retrieval_figures(raw, same).map,
        scores,
        pair_curves(values[few], labels[few]),
        pair_curves(values, labels),
        tuple(_at_lengths(system, recordings, references)),
        1000 * encode_seconds / len(recordings),
        1000 * pair_seconds / (len(recordings) * (len(recordings) - 1)),
        float(np.mean([len(system.pack(one)) for one in encoded])),
    )


def same_work(recordings: Sequence[Labelled]) -> NDArray[np.bool_]:
    """Which pairs are the same work, (recordings, recordings); nothing is a pair with itself."""
    work = np.array([recording.work for recording in recordings])
    return np.asarray((work[:, None] == work[None]) & ~np.eye(len(work), dtype=bool))


def middle_frames(frames: Frames, length: int) -> Frames:
    """The middle `length` frames."""
    first = max(0, frames.shape[1] - length) // 2
    return frames[:, first : first + length]


def _played_on(frames: Frames, shortest: int) -> Frames:
    """A recording that is too short for a system, over and over until it is long enough."""
    return frames if frames.shape[1] >= shortest else np.tile(frames, -(-shortest // frames.shape[1]))


def _measured(system: System, encoded: Sequence[Encoded]) -> list[Reference]:
    """References with impostor means, every recording counting as a work of its own."""
    bare = [Reference(index, index, one) for index, one in enumerate(encoded)]
    means = system.impostor_means(bare, choose_impostors([*bare, *system.background()]))
    return [replace(reference, impostor_mean=mean) for reference, mean in zip(bare, means, strict=True)]


def _all_against_all(
    system: System, queries: Sequence[Encoded], references: Sequence[Reference], step: Callable[[int, int], None]
) -> tuple[Array, Array]:
    """Raw and normalised scores (queries, references)."""
    raw, scores = (np.full((len(queries), len(references)), -np.inf) for _ in range(2))
    for row, query in enumerate(queries):
        _fill(system, query, [r for r in references if r.recording_id != row], raw[row], scores[row])
        step(row + 1, len(queries))
    return raw, scores


def _fill(system: System, query: Encoded, references: Sequence[Reference], raw: Array, scores: Array) -> None:
    for match in system.matcher([]).compare(query, references):
        raw[match.reference.recording_id], scores[match.reference.recording_id] = match.raw_score, match.score


def _at_lengths(system: System, recordings: Sequence[Labelled], references: Sequence[Reference]) -> list[AtLength]:
    frame_seconds = system.features.frame_seconds
    frames = [(seconds, round(seconds / frame_seconds)) for seconds in LENGTHS_SECONDS]
    return [_at_length(system, recordings, references, s, n) for s, n in frames if n >= system.minimum_frames]


def _at_length(
    system: System, recordings: Sequence[Labelled], references: Sequence[Reference], seconds: float, length: int
) -> AtLength:
    """The middles of some recordings, as long as they are long enough, against all whole ones."""
    same = same_work(recordings)
    able = [i for i, recording in enumerate(recordings) if recording.frames.shape[1] >= length and same[i].any()]
    chosen = (
        [able[int(place)] for place in np.unique(np.linspace(0, len(able) - 1, LENGTH_QUERIES).astype(int))]
        if able
        else []
    )
    scores, raw = np.full((len(chosen), len(references)), -np.inf), np.empty(len(references))
    encoding = ranking = 0.0
    for row, index in enumerate(chosen):
        began = processor_seconds()
        query = system.encode(middle_frames(recordings[index].frames, length))
        encoding += processor_seconds() - began
        began = processor_seconds()
        _fill(system, query, [r for r in references if r.recording_id != index], raw, scores[row])
        ranking += processor_seconds() - began
    count = max(1, len(chosen))
    return AtLength(seconds, retrieval_figures(scores, same[chosen]), 1000 * encoding / count, 1000 * ranking / count)
