"""Phrases: what a large catalogue is searched by, in eight bits and in every key."""

import numpy as np
import pytest

from livecsi.identify.phrases import MOMENTS_PER_PHRASE, PhraseIndex, moments_of
from livecsi.identify.sequences import Sequences, pack, unpack
from livecsi.identify.song_index import SONGS_AT_ONCE
from tests.identify.made_up import random_sequences

SONGS = SONGS_AT_ONCE + 9


def with_phrases(phrases: np.ndarray) -> Sequences:
    made = random_sequences(np.random.default_rng(0), 4)
    return Sequences(made.levels, made.frame_seconds, phrases.astype(np.float32))


@pytest.fixture(scope="module")
def songs() -> list[Sequences]:
    rng = np.random.default_rng(6)
    return [with_phrases(rng.standard_normal((192, int(rng.integers(1, 9))))) for _ in range(SONGS)]


def test_similarity_by_its_definition(songs):
    query = with_phrases(np.random.default_rng(1).standard_normal((192, 3)) * [0.2, 0.5, 0.3])
    similarity = PhraseIndex(songs).similarity(query)
    assert similarity.shape == (SONGS,)
    for index in (0, 7, SONGS - 1):
        song = songs[index].phrases / np.linalg.norm(songs[index].phrases, axis=0)
        keys = [np.roll(query.phrases.reshape(16, 12, 3), -k, axis=1).reshape(192, 3) for k in range(12)]
        expected = max((key.T @ song).max(1).sum() for key in keys)
        assert similarity[index] / 127 == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("number", [0, SONGS_AT_ONCE - 1, SONGS_AT_ONCE, SONGS - 1])
def test_a_noisy_transposed_phrase_of_any_song_is_found(songs, number):
    own = songs[number].phrases[:, :1].reshape(16, 12, 1)
    heard = np.roll(own, 5, axis=1).reshape(192, 1) + 0.5 * np.random.default_rng(2).standard_normal((192, 1))
    assert int(np.argmax(PhraseIndex(songs).similarity(with_phrases(heard)))) == number


def test_a_song_without_phrases_is_like_nothing_and_disturbs_nobody(songs):
    mixed = [songs[0], random_sequences(np.random.default_rng(3), 8), songs[1]]
    similarity = PhraseIndex(mixed).similarity(songs[1])
    assert similarity[1] == 0 and int(np.argmax(similarity)) == 2


def test_phrases_are_stored_with_equal_lengths_however_little_they_count(songs):
    counts = 10.0 ** -np.arange(songs[4].phrases.shape[1])
    back = unpack(pack(with_phrases(counts * songs[4].phrases))).phrases
    own = songs[4].phrases / np.linalg.norm(songs[4].phrases, axis=0)
    assert back.dtype == np.float32 and np.abs(back - own).max() <= 0.501 / 127


@pytest.mark.parametrize("middle_moments", [16, 17])
def test_moments_hold_both_levels_at_the_same_time(middle_moments):
    rng = np.random.default_rng(4)
    middle, coarse = (rng.standard_normal((96, n)).astype(np.float32) for n in (middle_moments, 8))
    moments = moments_of(middle, coarse)
    assert moments.shape == (1, 24, 12, 8)
    np.testing.assert_array_equal(moments[0, :8].reshape(96, 8), coarse)
    np.testing.assert_array_equal(moments[0, 8:16].reshape(96, 8), middle[:, 0:16:2])
    np.testing.assert_array_equal(moments[0, 16:].reshape(96, 8), middle[:, 1:16:2])


def test_a_moment_is_drawn_out_to_a_phrase():
    sequences = random_sequences(np.random.default_rng(5), 1)
    assert moments_of(sequences.level(1), sequences.level(2)).shape[3] == MOMENTS_PER_PHRASE
