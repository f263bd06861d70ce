"""Losses worked out by hand: a sign error here trains for hours in the wrong direction."""

import math

import pytest
import torch

from livecsi.training.losses import NOWHERE, alignment_loss, retrieval_loss, similarity_loss


def softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def test_retrieval_by_hand():
    """One query: its own song scores 2, a wrong one 0."""
    entropy, binary = softplus(-2), (softplus(-2) + softplus(0)) / 2
    assert retrieval_loss(torch.tensor([[2.0, 0.0]])).item() == pytest.approx(entropy + 0.1 * binary)
    assert retrieval_loss(torch.tensor([[20.0, -20.0]])).item() < 1e-6
    assert retrieval_loss(torch.tensor([[0.0, 20.0]])).item() > 20


def test_similarity_by_hand():
    square = torch.eye(2)
    assert similarity_loss(square, torch.tensor(3.0)).item() == pytest.approx(2 * softplus(-3))
    assert similarity_loss(1 - square, torch.tensor(3.0)).item() == pytest.approx(2 * softplus(3))


def test_a_twin_is_a_wrong_answer_for_queries_and_asks_for_none_itself():
    """Twins are columns without a query: 1 for the own song, 0 for the other one and for the twin."""
    with_twin = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    expected = math.log(1 + 2 * math.exp(-3)) + softplus(-3)
    assert similarity_loss(with_twin, torch.tensor(3.0)).item() == pytest.approx(expected)


def two_songs(frames: int = 5) -> torch.Tensor:
    """Song 0 is nothing but C, song 1 nothing but F sharp, in one of two channels: (2, 2, 12, frames)."""
    songs = torch.zeros(2, 2, 12, frames)
    songs[0, 0, 0], songs[1, 0, 6] = 1.0, 1.0
    return songs


def loss_of(query: torch.Tensor, rotation: int, query_beat: int = 0, tolerance: int = 0, reference_beat: int = 0):
    beats = torch.full((2, query.shape[3]), query_beat), torch.full((2, 5), reference_beat)
    return alignment_loss(
        query, two_songs(), *beats, torch.full((2,), rotation), torch.tensor(4.0), tolerance, moments=3)  # fmt: skip


def test_alignment_by_hand():
    """Each moment is like all five of its own song (4 after the temperature), and like none of the five others."""
    assert loss_of(two_songs(), rotation=0).item() == pytest.approx(softplus(-4), abs=1e-5)


@pytest.mark.parametrize("semitones", [1, 7, 11])
def test_the_rotation_says_how_far_the_reference_goes_up_to_the_query(semitones):
    higher = torch.roll(two_songs(), semitones, 2)
    assert loss_of(higher, semitones).item() == pytest.approx(softplus(-4), abs=1e-5)
    assert loss_of(higher, (semitones + 1) % 12).item() > 0.6


def test_the_own_song_at_another_beat_is_neither_right_nor_wrong():
    """Two of the five reference moments are of another beat: they may look the same, as a repeated bar does."""
    beats = torch.zeros(2, 5, dtype=torch.long), torch.tensor([[0, 0, 0, 1, 1]] * 2)
    loss = alignment_loss(two_songs(), two_songs(), *beats, torch.zeros(2, dtype=torch.long), torch.tensor(4.0), 0, 3)
    assert loss.item() == pytest.approx(math.log(1 + 5 / (3 * math.exp(4))), abs=1e-5)
    assert loss_of(two_songs(), 0, query_beat=3).item() == 0, "nothing of the query is in the reference"
    assert loss_of(two_songs(), 0, query_beat=1, tolerance=1).item() == pytest.approx(softplus(-4), abs=1e-5)


def test_moments_outside_the_song_teach_nothing_and_do_not_break_the_gradient():
    query = two_songs().requires_grad_()
    loss = loss_of(query, 0, query_beat=NOWHERE, reference_beat=NOWHERE)
    loss.backward()
    assert loss.item() == 0 and not query.grad.any()


def test_references_beyond_the_queries_are_wrong_answers():
    references = torch.cat([two_songs(), two_songs()[:1]])
    beats = torch.zeros(2, 5, dtype=torch.long), torch.tensor([[0] * 5, [0] * 5, [NOWHERE] * 5])
    loss = alignment_loss(two_songs(), references, *beats, torch.zeros(2, dtype=torch.long), torch.tensor(4.0), 0, 3)
    first = math.log((5 * math.exp(4) + 5 + 5 * math.exp(4)) / (5 * math.exp(4)))
    second = math.log((5 * math.exp(4) + 5 + 5) / (5 * math.exp(4)))
    assert loss.item() == pytest.approx((first + second) / 2, abs=1e-5)
