"""Who is asked: everybody by MaxSim, or those whose moments are most like the query's; and who of them is listed."""

from dataclasses import replace

import numpy as np
import pytest

from livecsi.identify import shortlist as shortlist_module
from livecsi.identify.matcher import Matcher
from livecsi.identify.references import Reference
from livecsi.identify.sequences import Sequences, StoredSequences, pack
from livecsi.identify.shortlist import max_similarity
from livecsi.identify.song_index import MomentIndex
from tests.identify.made_up import excerpt, random_sequences, transposed

SONGS = 135


@pytest.fixture(scope="module")
def songs() -> list[Sequences]:
    rng = np.random.default_rng(4)
    return [random_sequences(rng, int(rng.integers(8, 40))) for _ in range(SONGS)]


def noisy(sequences: Sequences, rng: np.random.Generator) -> Sequences:
    fine, middle, coarse = (level + 0.1 * rng.standard_normal(level.shape) for level in sequences.levels)
    return Sequences(
        tuple((level / np.linalg.norm(level, axis=0)).astype(np.float32) for level in (fine, middle, coarse)), 0.3
    )


def test_max_similarity_by_its_definition(songs):
    query = transposed(excerpt(songs[5], 2, 7), 4)
    similarity, rotations = max_similarity(query, [song.levels[2] for song in songs[:9]])
    for index, song in enumerate(songs[:9]):
        scores = []
        for semitones in range(12):
            matrix = transposed(query, -semitones).levels[2].T @ song.levels[2]
            scores.append(0.5 * (matrix.max(1).mean() + matrix.max(0).mean()))
        assert similarity[index] == pytest.approx(max(scores), abs=1e-5)
        assert rotations[index] == int(np.argmax(scores))
    assert rotations[5] == 4


def test_nobody_to_ask_is_no_error(songs):
    similarity, rotations = max_similarity(songs[0], [])
    assert similarity.shape == rotations.shape == (0,)


@pytest.fixture
def large(ear, songs, monkeypatch) -> Matcher:
    """Of 135 songs 30 are asked, and 12 of them aligned on the fine level."""
    monkeypatch.setattr(shortlist_module, "ASKED_SONGS", 30)
    monkeypatch.setattr(shortlist_module, "FINELY_ALIGNED_SONGS", 12)
    return ear.system.matcher([Reference(n, n, StoredSequences(pack(song))) for n, song in enumerate(songs)])


@pytest.mark.parametrize("number", [1, 77])
def test_a_large_catalogue_gives_the_answers_of_a_small_one(ear, songs, large, number):
    """From stored sequences: the same song first, with the score of the full comparison."""
    exact = ear.system.matcher(large.references)
    query = noisy(excerpt(songs[number], 0, 8), np.random.default_rng(number))
    ours, theirs = large.rank(query, 6), exact.rank(query, 6)
    assert ours[0].reference.work_id == theirs[0].reference.work_id == number
    assert ours[0].raw_score == pytest.approx(theirs[0].raw_score, abs=1e-4)


def test_a_list_of_few_is_ordered_by_three_opinions_with_hubs_held_back(ear, large, songs):
    query = noisy(excerpt(songs[9], 0, 8), np.random.default_rng(9))
    listed = large.shortlist(query, 5)
    assert len(listed.references) == len(listed.similarity) == len(listed.rotations) == 5
    assert listed.references[0].work_id == 9
    with_a_hub = [replace(r, impostor_mean=1000.0 * (r.work_id == 9)) for r in large.references]
    listed = ear.system.matcher(with_a_hub).shortlist(query, 5)
    assert 9 not in [reference.work_id for reference in listed.references]


def test_whoever_is_not_aligned_on_the_fine_level_is_not_listed(large, songs, monkeypatch):
    """The fine level has the last word on the list, and only on those the others left."""
    query = noisy(excerpt(songs[3], 0, 8), np.random.default_rng(3))
    asked = []
    align = shortlist_module.align
    monkeypatch.setattr(shortlist_module, "align", lambda matrices: asked.append(matrices) or align(matrices))
    large.shortlist(query, 5)
    fine = [matrix for matrices in asked for matrix in matrices if len(matrix) == query.level(0).shape[1]]
    middle = [matrix for matrices in asked for matrix in matrices if len(matrix) == query.level(1).shape[1]]
    assert (len(middle), len(fine)) == (30, 12)


@pytest.mark.parametrize(("moments", "step"), [(8, 1), (25, 1), (26, 2), (51, 3)])
def test_moments_are_found_in_the_best_key_and_of_a_long_query_every_second_or_third(songs, moments, step):
    query = transposed(random_sequences(np.random.default_rng(moments), moments), 3)
    found = MomentIndex(songs[:9]).similarity(query)
    for index, song in enumerate(songs[:9]):
        rows = [transposed(query, -k).levels[2][:, ::step].T @ song.levels[2] for k in range(12)]
        assert found[index] == pytest.approx(max(matrix.max(1).sum() for matrix in rows), rel=0.03)


def test_a_long_list_of_a_large_catalogue_asks_as_many(large, songs):
    listed = large.shortlist(excerpt(songs[9], 0, 8), SONGS)
    assert sorted(reference.work_id for reference in listed.references) == list(range(SONGS))
