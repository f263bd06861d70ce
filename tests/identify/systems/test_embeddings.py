"""Vectors of segments, through a real graph made by hand."""

import numpy as np
import pytest

from livecsi.errors import InputError
from livecsi.identify.references import Reference
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.embeddings import EmbeddingSystem, Segments, segment_starts
from livecsi.identify.systems.registry import system_of
from tests.identify.systems.graphs import entry, write_embedder
from tests.identify.systems.made_up import performed, song

LENGTHS = {"segment_frames": 200, "hop_frames": 50, "shortest_frames": 100}
FACTS = {"embedding": {"dimensions": 720, "input": "hpcp", **LENGTHS}}


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedder")
    write_embedder(folder / "embedder.onnx")
    facts = entry(folder, "follows", {"embedder": "embedder.onnx"}, **FACTS)
    return system_of(ReleasedModel("follows", "follows", folder, facts), 1)


def segments(vectors, first_frames, segment_frames=100, length_frames=300) -> Segments:
    return Segments(np.array(vectors, np.float32), np.array(first_frames), segment_frames, length_frames)


def test_segments_reach_from_the_beginning_to_the_very_end():
    assert segment_starts(500, 200, 100).tolist() == [0, 100, 200, 300]
    assert segment_starts(530, 200, 100).tolist() == [0, 100, 200, 300, 330]
    assert segment_starts(200, 200, 100).tolist() == [0]


def test_a_song_is_indexed_and_a_short_one_is_one_segment(system):
    long, short = system.encode(song(0)), system.encode(song(0, 150))
    assert isinstance(system, EmbeddingSystem)
    assert (long.first_frames.tolist(), long.segment_frames) == ([0, 50, 100, 150, 200], 200)
    assert (short.first_frames.tolist(), short.segment_frames) == ([0], 150)
    np.testing.assert_allclose(np.linalg.norm(long.vectors, axis=1), 1.0, atol=1e-5)
    with pytest.raises(InputError, match="less than 30 s"):
        system.encode(song(0, 99))


def test_a_window_is_found_with_its_place(system):
    references = [Reference(n, n, system.encode(song(n))) for n in range(6)]
    match = system.matcher(references).rank(system.encode(performed(song(4)[:, 150:350])), 3)[0]
    assert match.reference.work_id == 4
    assert match.song_start_seconds == pytest.approx(150 * system.features.frame_seconds)


def test_scores_and_places_by_hand(system):
    """The best segment for each part of the query, averaged; the best of all says where we are."""
    studio = segments([[1, 0], [0, 1], [0.6, 0.8]], [0, 100, 200])
    query = segments([[1, 0], [0.8, 0.6]], [0, 50], length_frames=150)
    (found,) = system.likeness(query, [studio])
    assert found.score == pytest.approx((1.0 + 0.96) / 2)
    assert found.song_seconds == pytest.approx((0.0, 100 * system.features.frame_seconds))
    assert found.window_seconds == pytest.approx((0.0, 100 * system.features.frame_seconds))


def test_the_middle_is_the_segments_that_lie_in_it(system):
    whole = segments(np.eye(5), [0, 100, 200, 300, 400], 100, 500)
    frame = system.features.frame_seconds
    assert system.middle(whole, 300 * frame).vectors.tolist() == np.eye(5)[1:4].tolist()
    assert system.middle(whole, 20 * frame).vectors.tolist() == np.eye(5)[2:3].tolist()
    assert system.middle(whole, 9000 * frame).first_frames.tolist() == [0, 100, 200, 300, 400]


def test_the_catalogue_keeps_vectors(system):
    heard = system.encode(song(3))
    (kept,) = system.unpack([system.pack(heard)])
    np.testing.assert_allclose(kept.vectors, heard.vectors, atol=1e-3)
    assert kept.first_frames.tolist() == heard.first_frames.tolist()
    assert (kept.segment_frames, kept.length_frames) == (heard.segment_frames, heard.length_frames)
    assert len(system.pack(heard)) < 20_000
