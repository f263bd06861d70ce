"""Step k of a run is the same batch for ever, and its truth is true."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from livecsi.training.dataset import BatchShape, Material, RenderedPairs
from livecsi.training.losses import NOWHERE
from livecsi.training.recorded_pairs import recorded_pair, transpose
from livecsi.training.rendering.performance import render_performance
from tests.training.made_up import made_up_score

SHAPE = BatchShape(batch=3, reference_frames=96, query_frames=(48, 64), hard_from_step=4, recorded=1, twins=2)


@pytest.fixture(scope="module")
def scores():
    sources = ("pop909", "mcgill_billboard", "openewld", "ryans_mammoth", "oneills1850")
    return [made_up_score(cluster_id, source) for cluster_id, source in enumerate(sources)]


@pytest.fixture(scope="module")
def recordings(scores):
    return [render_performance(scores[0], np.random.default_rng(seed), True, frames).magnitude
            for seed, frames in enumerate((70, 200))]  # fmt: skip


@pytest.fixture(scope="module")
def pairs(scores, recordings):
    return RenderedPairs(Material(scores, recordings), SHAPE, seed=3, steps=10)


@pytest.mark.parametrize("step", [0, 3, 7])
def test_a_step_is_the_same_batch_whoever_asks_and_when(scores, recordings, pairs, step):
    first, again = pairs[step], RenderedPairs(Material(scores, recordings), SHAPE, seed=3, steps=99)[step]
    assert first.keys() == again.keys()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["query"], pairs[step + 2]["query"])
    assert not torch.equal(
        first["query"], RenderedPairs(Material(scores, recordings), SHAPE, seed=4, steps=9)[step]["query"]
    )


@pytest.mark.parametrize(("step", "query_frames", "references"), [(0, 48, 3), (1, 64, 3), (4, 48, 5)])
def test_shapes_and_ranges(pairs, step, query_frames, references):
    batch = pairs[step]
    assert batch["query"].shape == (3, 72, query_frames) and batch["query"].dtype == torch.float32
    assert batch["reference"].shape == (references, 72, 96)
    assert batch["query_beat"].shape == (3, query_frames) and batch["reference_beat"].shape == (references, 96)
    assert all(torch.isfinite(batch[name]).all() for name in ("query", "reference"))
    assert batch["rotation"].shape == (3,) and 0 <= int(batch["rotation"].min()) <= int(batch["rotation"].max()) < 12
    assert (batch["reference_beat"][3:] == NOWHERE).all(), "a twin is at no beat of the song"


def test_most_of_what_a_query_plays_is_in_its_reference(scores):
    """At the lengths of real training; a half-minute reference of another form may share little."""
    pairs, shared = RenderedPairs(Material(scores), BatchShape(batch=4), seed=3, steps=3), []
    for step in range(3):
        batch = pairs[step]
        for query, reference in zip(batch["query_beat"], batch["reference_beat"], strict=True):
            shared.append(torch.isin(query[query >= 0], reference).float().mean().item())
    assert np.mean(shared) > 0.7


def test_without_recordings_and_chords_every_work_is_a_rendered_one(scores):
    batch = RenderedPairs(Material(scores), SHAPE, seed=3, steps=10)[5]
    assert batch["query"].shape[0] == 3


def test_works_played_as_audio_join_the_batch_with_their_own_truth(scores):
    """Every performance of the pool has a loudness of its own by which it can be told."""
    rng, pool = np.random.default_rng(0), []
    for work in range(3):
        performances = [render_performance(scores[work], rng, live, 200) for live in (False, True)]
        pool.append([replace(p, transposition_semitones=work) for p in performances])
    shape = replace(SHAPE, sounded=2, hard_from_step=99)
    batch = RenderedPairs(Material(scores, (), pool), shape, seed=3, steps=10)[0]
    assert batch["query"].shape == (3, 72, 48) and batch["reference"].shape == (3, 72, 96)
    assert batch["rotation"][1:].tolist() == [0, 0]
    known = [set(p.beat[: shape.reference_frames].tolist()) for performances in pool for p in performances]
    assert all(set(beats.tolist()) in known for beats in batch["reference_beat"][1:])


@pytest.mark.parametrize("semitones", [-5, -1, 0, 4])
def test_transposing_moves_every_bin_and_lets_nothing_wrap_around(semitones):
    frames = np.random.default_rng(0).random((72, 10)).astype(np.float32)
    moved = transpose(frames, semitones)
    inside = slice(max(0, semitones), 72 + min(0, semitones))
    origin = slice(max(0, -semitones), 72 - max(0, semitones))
    np.testing.assert_array_equal(moved[inside], frames[origin])
    outside = np.delete(moved, np.arange(72)[inside], axis=0)
    assert len(outside) == abs(semitones) and (outside < 0.1).all()


def test_a_real_recording_and_its_treatment_agree_about_key_and_moment():
    """Each moment of the recording has one pitch of its own, so key and place can be read off the query."""
    recording = np.full((72, 60), 1e-3, np.float32)
    recording[24 + np.arange(60) % 20, np.arange(60)] = 1.0
    right = total = 0
    for seed in range(20):
        pair = recorded_pair([recording], 50, 30, np.random.default_rng(seed))
        assert len(pair.reference_beat) == 50 and len(pair.query_beat) == 30 and 0 <= pair.rotation < 12
        for moment in range(30):
            mates = np.flatnonzero(pair.reference_beat == pair.query_beat[moment])
            heard = pair.query[:, moment].argmax()
            expected = {(int(pair.reference[:, mate].argmax()) + pair.rotation) % 12 for mate in mates}
            right += int(heard % 12) in {(pitch + near) % 12 for pitch in expected for near in (-1, 0, 1)}
            total += 1
    assert right / total > 0.8
