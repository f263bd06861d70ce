"""A rehearsal asks what a venue will ask: songs inside and outside of a catalogue, and twins of those inside."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from livecsi.identify.scoring import OPINIONS
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.training.constants import measured_scoring
from livecsi.training.rehearsal import (
    BACKGROUND_SONGS,
    WINDOW_FRAMES,
    Repertoire,
    rehearse,
    set_the_stage,
    spread,
    with_impostors,
)
from tests.training.made_up import made_up_score

PLAYED, OTHERS = 4, 3
SIZES = ((4, 2, 1), (6, 1, 1))


@pytest.fixture(scope="module")
def stage(ear):
    held_out = [made_up_score(number) for number in range(PLAYED + BACKGROUND_SONGS)]
    others = [made_up_score(100 + number) for number in range(OTHERS)]
    music = [np.random.default_rng(0).gamma(0.5, 1.0, (72, 200)).astype(np.float32)]
    return set_the_stage(ear.system, Repertoire(held_out, others, music), 1, lambda _: None)


def test_everybody_is_on_stage(stage):
    assert [song.work_id for song in stage.songs] == list(range(PLAYED + 1 + OTHERS)) and stage.held_out == PLAYED
    assert len(stage.background) == BACKGROUND_SONGS and all(song.is_background for song in stage.background)
    windows = Counter((window.work, window.is_twin) for window in stage.windows)
    assert windows == {**{(work, False): len(WINDOW_FRAMES) for work in range(PLAYED)}, (0, True): len(WINDOW_FRAMES)}
    assert len({window.sequences.duration_seconds for window in stage.windows}) == len(WINDOW_FRAMES)


def test_a_corpus_in_the_order_of_its_sources_is_chosen_from_evenly():
    scores = [made_up_score(number) for number in range(7)]
    assert [score.cluster_id for score in spread(scores, 3)] == [0, 3, 6]
    assert spread(scores, 20) == scores and spread([], 3) == []


def test_a_rehearsal_asks_about_songs_inside_and_outside_and_gives_the_same_answers_again(ear, stage):
    scoring = measured_scoring(ear.system.session, stage, 1)
    assert tuple(scoring) == OPINIONS and all(entry["deviation"] > 0 for entry in scoring.values())
    system = DeepSequences(replace(ear.model, facts={**ear.model.facts, "scoring": scoring}), 1)
    measured = with_impostors(system, stage)
    assert any(song.impostor_mean for song in measured.songs) and any(s.impostor_mean for s in measured.background)
    answers = rehearse(system.matcher, measured, SIZES, 1, lambda _: None)
    kinds = Counter(answer.kind for answer in answers)
    assert kinds["present"] == kinds["absent"] == 3 * 2 * len(WINDOW_FRAMES), "two works inside, two outside"
    assert {answer.works for answer in answers} == {4, 6}
    assert not any(answer.right for answer in answers if answer.kind != "present")
    assert any(answer.right for answer in answers)
    assert answers == rehearse(system.matcher, measured, SIZES, 1, lambda _: None)


def test_songs_on_stage_are_as_a_catalogue_keeps_them(ear, stage):
    for song in stage.songs:
        [kept] = ear.system.unpack([ear.system.pack(song.sequences)])
        for level, again in zip(song.sequences.levels, kept.levels, strict=True):
            np.testing.assert_allclose(level, again, atol=1e-3)
