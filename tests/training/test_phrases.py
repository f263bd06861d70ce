"""The phrases are learned by being found, in every key, and the graph says what the network says."""

import dataclasses

import numpy as np
import pytest
import torch

from livecsi.errors import FindingsError
from livecsi.identify.encoder import Encoder
from livecsi.identify.phrases import PhraseIndex
from livecsi.identify.sequences import Sequences
from livecsi.identify.sessions import find_model
from livecsi.training.networks.phrases import INPUTS, PHRASE_CHANNELS, PhraseNetwork, phrase_similarity, unit_phrases
from livecsi.training.phrase_works import PhraseWork, gather_works
from livecsi.training.phrases import PhraseLearner, PhrasePlan, batch, train_phrases
from livecsi.training.release import release_phrases
from livecsi.training.rendering.pool import render_pool
from livecsi.training.trainer import Listener
from tests.training.made_up import made_up_score
from tests.training.released import copied_model

PLAN = PhrasePlan(steps=12, works=6, twins=2, query_moments=(12,), song_moments=(16,), checkpoint_every=4, seed=3)


def made_up_works(count: int = 8) -> list[PhraseWork]:
    """Works of random moments: a window is the song with noise, a twin another one."""
    rng, works = np.random.default_rng(1), []
    for number in range(count):
        song = 0.1 * rng.standard_normal((INPUTS, 12, 24))
        heard = song[:, :, 4:20] + 0.03 * rng.standard_normal((INPUTS, 12, 16))
        twin = 0.1 * rng.standard_normal((INPUTS, 12, 24)) if number % 2 else None
        works.append(PhraseWork([half(heard)], [half(song)], None if twin is None else half(twin)))
    return works


def half(moments: np.ndarray) -> np.ndarray:
    return moments.astype(np.float16)


@pytest.fixture
def network() -> PhraseNetwork:
    torch.manual_seed(2)
    return PhraseNetwork(8).eval()


def test_a_transposed_song_has_transposed_phrases(network):
    moments = 0.1 * torch.randn(2, INPUTS, 12, 20)
    with torch.no_grad():
        plain, higher = network(moments), network(torch.roll(moments, 3, 2))
    assert plain.shape == (2, PHRASE_CHANNELS, 12, 5)
    torch.testing.assert_close(torch.roll(plain, 3, 2), higher, atol=1e-5, rtol=0)


def test_the_phrases_of_a_query_count_one_together(network):
    with torch.no_grad():
        phrases = network(0.1 * torch.randn(3, INPUTS, 12, 40))
    lengths = (phrases * phrases).sum((1, 2)).sqrt()
    torch.testing.assert_close(lengths.sum(1), torch.ones(3))
    assert (unit_phrases(phrases).flatten(1, 2).norm(dim=1) - 1).abs().max() < 1e-5


def test_training_and_the_catalogue_mean_the_same_by_similarity(network):
    with torch.no_grad():
        query, songs = (network(0.1 * torch.randn(n, INPUTS, 12, 16)) for n in (1, 4))
        expected = phrase_similarity(query, songs).amax(2)[0]
    stored = [Sequences((np.empty((96, 0)),) * 3, 0.3, song.flatten(0, 1).numpy()) for song in songs]
    asked = Sequences((np.empty((96, 0)),) * 3, 0.3, query[0].flatten(0, 1).numpy())
    np.testing.assert_allclose(PhraseIndex(stored).similarity(asked) / 127, expected.numpy(), atol=0.01)


def test_a_batch_is_the_same_whenever_it_is_asked_for_and_has_twins_at_its_end():
    works = made_up_works()
    query, song = batch(works, PLAN, 5)
    assert query.shape == (6, INPUTS, 12, 12) and song.shape[0] == 6 + 2
    for again, first in zip(batch(works, PLAN, 5), (query, song), strict=True):
        assert torch.equal(again, first)
    assert not torch.equal(batch(works, PLAN, 6)[0], query)


def test_what_is_shorter_than_asked_for_is_heard_again():
    query, _ = batch(made_up_works(), dataclasses.replace(PLAN, query_moments=(40,)), 0)
    assert query.shape[3] == 40
    assert torch.equal(query[..., :16], query[..., 16:32])


def test_training_finds_the_songs_of_its_works_and_resumes_as_if_nothing_had_happened(tmp_path):
    works = made_up_works()
    whole = train_phrases(works, PLAN, tmp_path / "whole", Listener())
    train_phrases(works, dataclasses.replace(PLAN, budget_seconds=0.0), tmp_path / "parts", Listener())
    parts = train_phrases(works, PLAN, tmp_path / "parts", Listener())
    for name, value in whole.state_dict().items():
        assert torch.equal(value, parts.state_dict()[name]), name
    torch.manual_seed(PLAN.seed)
    loss, top1 = loss_of(PhraseLearner(), works)
    learned = PhraseLearner()
    learned.network.load_state_dict(whole.state_dict())
    better, found = loss_of(learned, works)
    assert better < loss and found >= top1


def loss_of(learner: PhraseLearner, works: list[PhraseWork]) -> tuple[float, float]:
    with torch.no_grad():
        loss, top1 = learner.train()(*batch(works, PLAN, 99))
    return float(loss), top1


def test_works_come_from_a_pool_are_heard_once_and_only_those_of_the_split(tmp_path):
    scores, said = [made_up_score(number, bars=24) for number in (1, 2, 3)], []
    pool, heard, encoder = tmp_path / "pool", tmp_path / "heard", Encoder(find_model("livecsi"), 1)
    render_pool(scores, pool, 4, 96, 1, None)
    works = gather_works(encoder, scores[:2], pool, heard, 1, Listener(said.append))
    assert len(works) == 2
    for work in works:
        assert len(work.windows) == 1 and len(work.songs) == 3 and work.twin is not None
        assert work.songs[0].shape == (INPUTS, 12, 12) and work.songs[0].dtype == np.float16
    (heard / "2.npz").unlink()
    (pool / "1.npz").write_bytes(b"not needed any more")
    again = gather_works(encoder, scores[:2], pool, heard, 1, Listener(said.append))
    for ours, first in zip(again, works, strict=True):
        np.testing.assert_array_equal(ours.songs[2], first.songs[2])
        np.testing.assert_array_equal(ours.twin, first.twin)


def test_phrases_join_the_model_whose_encoder_they_hear_and_no_other(tmp_path):
    folder = copied_model(tmp_path, without=("phrases",))
    model = find_model("livecsi", folder)
    magnitude = np.random.default_rng(0).gamma(0.5, 1.0, (72, 200)).astype(np.float32)
    assert Encoder(model, 1).encode(magnitude).phrases.shape == (192, 0)
    with pytest.raises(FindingsError, match="hear livecsi@0, not livecsi@"):
        release_phrases(PhraseNetwork(), folder, {"encoder": "livecsi@0"})
    release_phrases(PhraseNetwork(), folder, {"encoder": model.id})
    released = find_model("livecsi", folder)
    assert released.id == model.id, "what was encoded stays valid"
    assert Encoder(released, 1).encode(magnitude).phrases.shape == (192, 200 // 32)
