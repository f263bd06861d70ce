"""One query against many songs, with the released graphs: the quick ranking, the key, and a fair score."""

from dataclasses import replace

import numpy as np
import pytest

from livecsi.identify.alignment import ALIGNED_AT_ONCE
from livecsi.identify.matcher import Matcher
from livecsi.identify.references import BACKGROUND, Reference
from livecsi.identify.scoring import OPINIONS, fuse, normalise
from tests.identify.made_up import excerpt, random_sequences, transposed


@pytest.fixture(scope="module")
def songs():
    rng = np.random.default_rng(11)
    return [Reference(n, n, random_sequences(rng, int(rng.integers(15, 40)))) for n in range(1, 9)]


@pytest.fixture(scope="module")
def matcher(ear, songs) -> Matcher:
    return ear.system.matcher(songs)


def scoring(**weights: float) -> dict[str, dict[str, float]]:
    return {opinion: {"mean": 0.0, "deviation": 1.0, "weight": weights.get(opinion, 0.0)} for opinion in OPINIONS}


@pytest.mark.parametrize("seed", range(5))
def test_the_head_hears_the_song_in_the_key_of_the_query(ear, matcher, songs, seed):
    """A transposed query changes the rotation that is found, and no opinion."""
    query = excerpt(songs[seed].sequences, 2, 14)
    plain, rotations, paths = matcher.opinions(query, songs)
    moved, moved_rotations, moved_paths = matcher.opinions(transposed(query, 5), songs)
    np.testing.assert_allclose(moved, plain, atol=2e-4)
    assert paths == moved_paths and ((moved_rotations - rotations) % 12 == 5).all()
    np.testing.assert_allclose(matcher.quick_similarity(query), plain[:, OPINIONS.index("similarity")], atol=1e-6)


def test_opinions_do_not_depend_on_who_else_is_compared(matcher, songs):
    query, many = excerpt(songs[2].sequences, 0, 12), [songs[index % 8] for index in range(ALIGNED_AT_ONCE + 6)]
    opinions, rotations, paths = matcher.opinions(query, many)
    for index in (0, ALIGNED_AT_ONCE - 1, ALIGNED_AT_ONCE, len(many) - 1):
        alone, rotation, path = matcher.opinions(query, [many[index]])
        np.testing.assert_allclose(opinions[index], alone[0], atol=1e-5)
        assert (rotations[index], paths[index]) == (rotation[0], path[0])


@pytest.mark.parametrize("semitones", [0, 1, 5, 11])
def test_a_transposed_excerpt_is_found_with_its_key_and_place(matcher, songs, semitones):
    original = songs[3]
    query = transposed(excerpt(original.sequences, 4, 14), semitones)
    best = matcher.rank(query, 8)[0]
    assert (best.reference, best.rotation) == (original, semitones)
    assert best.song_start_seconds == pytest.approx(4 * 2.4, abs=1.3)
    assert best.song_end_seconds == pytest.approx(14 * 2.4, abs=1.3)
    assert best.window_start_seconds == pytest.approx(0, abs=1.3)
    assert best.window_end_seconds == pytest.approx(10 * 2.4, abs=1.3)


def test_the_shortlist_holds_the_right_song_and_no_more_than_asked(matcher, songs):
    matches = matcher.rank(excerpt(songs[6].sequences, 0, 12), 3)
    assert len(matches) == 3 and matches[0].reference is songs[6]
    assert [match.score for match in matches] == sorted((match.score for match in matches), reverse=True)


def test_an_empty_catalogue_answers_nothing(ear, songs):
    empty = ear.system.matcher([])
    assert empty.rank(songs[0].sequences, 5) == []


def test_opinions_by_hand():
    facts = {
        "head": {"mean": 1.0, "deviation": 2.0, "weight": 1.0},
        "similarity": {"mean": 0.5, "deviation": 0.1, "weight": 3.0},
        "fine_alignment": {"mean": 0.0, "deviation": 1.0, "weight": 0.0},
        "middle_alignment": {"mean": -1.0, "deviation": 4.0, "weight": 1.0},
    }
    opinions = np.array([[5.0, 0.6, 99.0, 1.0], [1.0, 0.5, 7.0, -1.0]])
    np.testing.assert_allclose(fuse(opinions, facts), [2 + 3 + 0 + 0.5, 0.0])


def test_normalisation_by_hand():
    raw, means = np.array([5.0, 3.0, 1.0]), np.array([2.0, 2.0, 0.0])
    np.testing.assert_allclose(normalise(raw, means, np.array([1, 2, 3])), [4 - 1, 2 - 1, 1 - 1])
    np.testing.assert_allclose(normalise(raw, means, np.array([1, 1, 3])), [4 - 0.5, 2 - 0.5, 1 - 0.5])
    np.testing.assert_allclose(normalise(raw[:1], means[:1], np.array([1])), [4.0])


def test_a_second_recording_of_the_right_work_is_no_impostor_of_the_first():
    raw, works = np.array([9.0, 8.5, 1.0, 0.0]), np.array([7, 7, 2, 3])
    alone = normalise(raw[[0, 2, 3]], np.zeros(3), works[[0, 2, 3]])
    assert normalise(raw, np.zeros(4), works)[0] == alone[0]


def test_background_songs_compete_with_each_other_too():
    raw, works = np.array([4.0, 3.0, 2.0]), np.array([BACKGROUND, BACKGROUND, 1])
    assert normalise(raw, np.zeros(3), works)[2] == pytest.approx(2.0 - 0.5 * 3.0)


def test_a_hub_that_resembles_everything_loses_what_it_always_gets(ear, songs):
    """Without its impostor mean the hub would be raised above all others by exactly half of it."""
    plain = Matcher(ear.system.session, scoring(similarity=1.0), [])
    query = random_sequences(np.random.default_rng(99), 10)
    before = {match.reference.work_id: match for match in plain.compare(query, songs)}
    hub = replace(songs[0], impostor_mean=before[1].raw_score + 10)
    after = plain.compare(query, [hub, *songs[1:]])
    assert after[-1].reference is hub
    assert after[-1].raw_score == before[1].raw_score
