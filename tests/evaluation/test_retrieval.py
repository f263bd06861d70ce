"""Retrieval and pairs with the released model: every recording keeps its own row, and nobody is asked about itself."""

import shutil

import numpy as np
import pytest

from livecsi.evaluation.retrieval import evaluate_pairs, evaluate_retrieval
from livecsi.evaluation.tables import LabelledRecording, read_recordings
from tests.conftest import FIXTURES

WORKS = ("W03", "W06", "W08")


def of_works(table: str, works: tuple[str, ...] = WORKS) -> list[LabelledRecording]:
    return [recording for recording in read_recordings(FIXTURES / table) if recording.work in works]


def test_live_versions_find_their_studio_songs(ear):
    told: list[tuple[str, int, int]] = []
    studio, live = of_works("studio.csv"), of_works("live.csv")
    figures, seconds = evaluate_retrieval(ear, studio, live, 240.0, lambda *step: told.append(step))
    assert (figures.top1, figures.queries, figures.references) == (1.0, 3, 3)
    assert seconds > 0
    assert told == [(what, n, 3) for what in ("studio songs", "queries") for n in (1, 2, 3)]


def test_a_query_without_a_studio_song_is_counted_and_spoils_nothing(ear):
    figures, _ = evaluate_retrieval(ear, of_works("studio.csv", WORKS[:2]), of_works("live.csv"))
    assert (figures.queries, figures.unanswerable) == (2, 1)


def test_in_pairs_a_recording_is_never_its_own_answer(ear, tmp_path):
    """Two byte-identical files are two recordings of one work, and everything else has no answer but itself."""
    copy = tmp_path / "copy.ogg"
    studio = of_works("studio.csv")
    shutil.copy(studio[0].path, copy)
    figures, _ = evaluate_pairs(ear, [*studio, LabelledRecording(copy, studio[0].work, "copy")], 60.0)
    assert (figures.queries, figures.unanswerable, figures.references) == (2, 2, 4)
    assert figures.top1 == 1.0


def test_live_and_studio_versions_find_each_other(ear):
    figures, _ = evaluate_pairs(ear, [*of_works("studio.csv"), *of_works("live.csv")], 120.0)
    assert (figures.queries, figures.unanswerable) == (6, 0)
    assert figures.top1 == 1.0
    assert figures.p_at_10 == pytest.approx(0.1)
    assert np.isfinite(figures.map)
