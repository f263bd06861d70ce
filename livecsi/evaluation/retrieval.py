"""Every query against every studio song, and every recording against every other, with the runtime matcher."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from livecsi.clock import SystemClock
from livecsi.evaluation.metrics import RetrievalFigures, retrieval_figures
from livecsi.evaluation.tables import LabelledRecording
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.systems.system import Encoded, Matching
from livecsi.service.catalogue import LONGEST_QUERY_SECONDS
from livecsi.service.ear import Ear

Step = Callable[[str, int, int], None]


def evaluate_retrieval(
    ear: Ear,
    studio: Sequence[LabelledRecording],
    queries: Sequence[LabelledRecording],
    longest_query_seconds: float = LONGEST_QUERY_SECONDS,
    step: Step = lambda *_: None,
) -> tuple[RetrievalFigures, float]:
    """The figures, and seconds per query for encoding and ranking it."""
    works = {work: number for number, work in enumerate(sorted({recording.work for recording in studio}))}
    sequences = _encode_all(ear, studio, "studio songs", step)
    matcher, references = _prepared(ear, sequences, [works[recording.work] for recording in studio])
    clock = SystemClock()
    began = clock.monotonic_seconds()
    scores = np.empty((len(queries), len(references)))
    for row, query in enumerate(queries):
        _, heard = ear.sequences_of(query.path)
        scores[row] = _scores(matcher, ear.system.middle(heard, longest_query_seconds), references)
        step("queries", row + 1, len(queries))
    seconds = (clock.monotonic_seconds() - began) / len(queries)
    relevant = np.array([[query.work == recording.work for recording in studio] for query in queries])
    return retrieval_figures(scores, relevant), seconds


def evaluate_pairs(
    ear: Ear,
    recordings: Sequence[LabelledRecording],
    longest_query_seconds: float = LONGEST_QUERY_SECONDS,
    step: Step = lambda *_: None,
) -> tuple[RetrievalFigures, float]:
    """All against all, self left out by index; the cohort is measured without knowing which are the same work."""
    sequences = _encode_all(ear, recordings, "recordings", step)
    matcher, references = _prepared(ear, sequences, list(range(len(recordings))))
    clock = SystemClock()
    began = clock.monotonic_seconds()
    scores = np.full((len(recordings), len(recordings)), -np.inf)
    for row, heard in enumerate(sequences):
        others = [index for index in range(len(recordings)) if index != row]
        query = ear.system.middle(heard, longest_query_seconds)
        scores[row, others] = _scores(matcher, query, [references[index] for index in others])
        step("comparisons", row + 1, len(recordings))
    seconds = (clock.monotonic_seconds() - began) / len(recordings)
    work = np.array([recording.work for recording in recordings])
    relevant = (work[:, None] == work[None]) & ~np.eye(len(work), dtype=bool)
    return retrieval_figures(scores, relevant), seconds


def _encode_all(ear: Ear, recordings: Sequence[LabelledRecording], what: str, step: Step) -> list[Encoded]:
    encoded = []
    for count, recording in enumerate(recordings, 1):
        encoded.append(ear.sequences_of(recording.path)[1])
        step(what, count, len(recordings))
    return encoded


def _prepared(ear: Ear, sequences: Sequence[Encoded], works: Sequence[int]) -> tuple[Matching, list[Reference]]:
    """References with their impostor means, as a catalogue of them would have."""
    bare = [Reference(index, work, s) for index, (work, s) in enumerate(zip(works, sequences, strict=True))]
    means = ear.system.impostor_means(bare, choose_impostors([*bare, *ear.system.background()]))
    return ear.system.matcher([]), [
        replace(reference, impostor_mean=mean) for reference, mean in zip(bare, means, strict=True)
    ]


def _scores(matcher: Matching, query: Encoded, references: Sequence[Reference]) -> np.ndarray:
    found = {id(match.reference): match.score for match in matcher.compare(query, references)}
    return np.array([found[id(reference)] for reference in references])
