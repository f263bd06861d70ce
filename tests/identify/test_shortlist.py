"""Who is asked: everybody by MaxSim, or those whose moments or phrases are most like the query's."""

import numpy as np
import pytest

from livecsi.identify import shortlist as shortlist_module
from livecsi.identify.encoder import Encoder
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


def test_a_large_catalogue_gives_the_answers_of_a_small_one(ear, songs, monkeypatch):
    """By phrases and from stored sequences: the same song first, with the score of the full comparison."""
    encoder = Encoder(ear.model, 1)
    stored = [StoredSequences(pack(encoder.with_phrases(song))) for song in songs]
    references = [Reference(n, n, song) for n, song in enumerate(stored)]
    exact = ear.system.matcher(references)
    monkeypatch.setattr(shortlist_module, "EXACT_SONGS", 30)
    large = ear.system.matcher(references)
    for number in (1, 77):
        query = encoder.with_phrases(noisy(excerpt(songs[number], 0, 8), np.random.default_rng(number)))
        ours, theirs = large.rank(query, 12), exact.rank(query, 12)
        assert ours[0].reference.work_id == theirs[0].reference.work_id == number
        assert ours[0].raw_score == pytest.approx(theirs[0].raw_score, abs=1e-4)


def test_a_song_whose_phrases_are_of_another_is_found_by_its_moments(ear, songs, monkeypatch):
    """What happened to one real recording in ten: its phrases said nothing, and nobody asked it."""
    encoder, deaf = Encoder(ear.model, 1), 77
    heard = [encoder.with_phrases(song) for song in songs]
    wrong = Sequences(heard[deaf].levels, heard[deaf].frame_seconds, -heard[deaf].phrases)
    references = [Reference(n, n, wrong if n == deaf else song) for n, song in enumerate(heard)]
    monkeypatch.setattr(shortlist_module, "EXACT_SONGS", 10)
    large = ear.system.matcher(references)
    query = encoder.with_phrases(noisy(excerpt(songs[deaf], 0, 8), np.random.default_rng(deaf)))
    listed, _, _ = large.shortlist(query, 6)
    assert len(listed) == 6 and deaf in [reference.work_id for reference in listed[:2]]
    assert large.rank(query, 6)[0].reference.work_id == deaf


@pytest.mark.parametrize(("moments", "step"), [(8, 1), (25, 1), (26, 2), (51, 3)])
def test_moments_are_found_in_the_best_key_and_of_a_long_query_every_second_or_third(songs, moments, step):
    query = transposed(random_sequences(np.random.default_rng(moments), moments), 3)
    found = MomentIndex(songs[:9]).similarity(query)
    for index, song in enumerate(songs[:9]):
        rows = [transposed(query, -k).levels[2][:, ::step].T @ song.levels[2] for k in range(12)]
        assert found[index] / 127 == pytest.approx(max(matrix.max(1).sum() for matrix in rows), rel=0.03)


def test_a_query_without_phrases_asks_everybody(ear, songs, monkeypatch):
    """A cut has none, nor has a model without that graph."""
    monkeypatch.setattr(shortlist_module, "EXACT_SONGS", 30)
    references = [Reference(n, n, song) for n, song in enumerate(songs)]
    listed, _, _ = ear.system.matcher(references).shortlist(excerpt(songs[9], 0, 8), SONGS)
    assert sorted(reference.work_id for reference in listed) == list(range(SONGS))
