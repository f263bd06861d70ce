"""A network of two inputs, through real graphs made by hand."""

import numpy as np
import pytest

from livecsi.features.chorus import chorus_start
from livecsi.identify.references import Reference
from livecsi.identify.scoring import COHORT
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.pairwise import MOST_PAIRS, PairwiseSystem, deepest_likeness
from livecsi.identify.systems.registry import system_of
from tests.identify.systems.graphs import entry, write_hakala
from tests.identify.systems.made_up import performed, song


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hakala")
    write_hakala(folder)
    files = {"encoder": "encoder.onnx", "matcher": "matcher.onnx"}
    facts = entry(folder, "hakala-basic", files, pairwise={"frames": 401, "feature": "basic"})
    return system_of(ReleasedModel("hakala-basic", "hakala", folder, facts), 1)


def test_a_song_is_401_frames_and_silence_follows_a_short_one(system):
    assert isinstance(system, PairwiseSystem)
    long, short = system.encode(song(0, 600)), system.encode(song(0, 120))
    assert [level.shape for level in long.maps] == [(72, 200), (72, 100), (72, 44), (72, 36)]
    assert (long.length_frames, short.length_frames) == (401, 120)
    assert np.abs(short.maps[0][:, 61:]).max() < 1e-6 < np.abs(short.maps[0][:, :59]).max()


def test_a_model_of_choruses_hears_both_songs_from_there(tmp_path):
    """What comes back begins at frame 240, after a long introduction that never does."""
    write_hakala(tmp_path)
    files = {"encoder": "encoder.onnx", "matcher": "matcher.onnx"}
    systems = {}
    for feature in ("basic", "chorus"):
        facts = entry(tmp_path, "hakala", files, pairwise={"frames": 401, "feature": feature})
        systems[feature] = system_of(ReleasedModel("hakala", "hakala", tmp_path, facts), 1)
    chorus = song(2, 80)
    form = np.concatenate([song(1, 240), chorus, song(3, 80), chorus, song(4, 80), chorus, song(5, 200)], axis=1)
    start = chorus_start(form)
    assert start > 0
    aligned, plain = systems["chorus"].encode(form), systems["basic"].encode(form[:, start:])
    np.testing.assert_allclose(aligned.maps[3], plain.maps[3])


def test_the_right_song_comes_first_out_of_a_shortlist(system):
    references = [Reference(n, n, system.encode(song(n, 401))) for n in range(40)]
    matches = system.matcher(references).rank(system.encode(performed(song(17, 401))), 64)
    assert matches[0].reference.work_id == 17
    assert len(matches) == MOST_PAIRS, "no more pairs than a window has time for"


def test_impostors_are_the_nearest_ones_for_no_song_is_compared_with_all(system, monkeypatch):
    references = [Reference(n, n, system.encode(song(n, 401))) for n in range(14)]
    asked = []
    likeness = PairwiseSystem.likeness
    monkeypatch.setattr(PairwiseSystem, "likeness", lambda s, q, songs: asked.extend(songs) or likeness(s, q, songs))
    means = system.impostor_means(references, references)
    assert len(asked) == 14 * COHORT and np.isfinite(means).all()
    assert system.impostor_means([], references) == []


def test_both_orders_are_averaged(system):
    one, other = system.encode(song(1)), system.encode(song(2))
    assert system.likeness(one, [other])[0].score == pytest.approx(system.likeness(other, [one])[0].score)


def test_the_shortlist_counts_rows_and_columns():
    """Every moment of the one is in the other, but only half of the other's in the one."""
    one, other = np.eye(4, dtype=np.float32)[:, :1], np.eye(4, dtype=np.float32)[:, :2]
    assert deepest_likeness(one, other) == pytest.approx((1.0 + 0.5) / 2)


def test_the_catalogue_keeps_the_maps(system):
    heard = system.encode(song(3))
    (kept,) = system.unpack([system.pack(heard)])
    for before, after in zip(heard.maps, kept.maps, strict=True):
        np.testing.assert_allclose(after, before, atol=1e-2)
