"""Impostors: chosen the same way every time, cut to a minute, and never versions of the song itself."""

import numpy as np
import pytest

from livecsi.identify.cohort import choose_impostors, impostor_means, middle_of
from livecsi.identify.references import BACKGROUND, Reference
from tests.identify.made_up import random_sequences


@pytest.fixture(scope="module")
def songs():
    rng = np.random.default_rng(2)
    return [Reference(n, n, random_sequences(rng, 20)) for n in range(1, 7)]


@pytest.fixture(scope="module")
def matcher(ear):
    return ear.system.matcher([])


def test_impostors_are_spread_evenly_over_the_catalogue_and_never_chosen_twice():
    songs = [Reference(n, n, random_sequences(np.random.default_rng(n), 4)) for n in range(100)]
    chosen = choose_impostors(songs, 4)
    assert [reference.work_id for reference in chosen] == [0, 33, 66, 99]
    assert choose_impostors(songs[:3], 48) == songs[:3]
    assert choose_impostors([], 48) == []


def test_the_middle_minute_is_cut_at_the_same_moment_on_all_levels():
    sequences = random_sequences(np.random.default_rng(0), 100)
    middle = middle_of(sequences, 60.0)
    assert [level.shape[1] for level in middle.levels] == [100, 50, 25]
    for cut, level, step in zip(middle.levels, sequences.levels, (4, 2, 1), strict=True):
        np.testing.assert_array_equal(cut, level[:, 37 * step : 62 * step])


def test_a_song_shorter_than_a_minute_stays_whole_and_no_cut_is_too_short_for_the_graph():
    sequences = random_sequences(np.random.default_rng(0), 10)
    assert middle_of(sequences, 60.0).levels[0].shape == sequences.levels[0].shape
    assert middle_of(sequences, 0.1).levels[2].shape[1] == 4


def test_a_cover_in_the_catalogue_does_not_make_its_song_a_hub(matcher, songs):
    """Two recordings of one work resemble each other completely, and that must not count against either."""
    twin = Reference(99, songs[0].work_id, songs[0].sequences)
    without = impostor_means(matcher, songs, songs)
    with_twin = impostor_means(matcher, [*songs, twin], [*songs, twin])
    assert with_twin[0] == pytest.approx(without[0])
    assert with_twin[-1] == pytest.approx(with_twin[0], abs=0.3)
    stranger = Reference(99, 1000, songs[0].sequences)
    assert impostor_means(matcher, [songs[0]], [stranger])[0] > with_twin[0] + 1


def test_background_songs_are_impostors_of_each_other_but_not_of_themselves(matcher, songs):
    background = [Reference(BACKGROUND, BACKGROUND, song.sequences) for song in songs]
    np.testing.assert_allclose(
        impostor_means(matcher, background, background), impostor_means(matcher, songs, songs), rtol=1e-6
    )


def test_a_song_without_impostors_has_nothing_taken_off(matcher, songs):
    assert impostor_means(matcher, songs[:1], songs[:1]) == [0.0]
    assert impostor_means(matcher, [], songs) == []
