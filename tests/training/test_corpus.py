"""From tables to scores, and the one rule that makes every figure worth something: no work is on both sides."""

import pickle
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from livecsi.errors import InputError
from livecsi.training.scores.corpus import SPLIT_PERCENT, load_scores, split_of
from livecsi.training.scores.score import Role
from tests.training.made_up import BARS, TUNE, write_tables


def version(version_id: int, cluster_id: int | None = None, **more) -> dict:
    return {"version_id": version_id, "cluster_id": version_id if cluster_id is None else cluster_id, **more}


def test_the_tables_become_a_score_with_its_beat_chords_and_roles(tmp_path):
    (score,) = load_scores(write_tables(tmp_path, [version(7)]))
    assert (score.name, score.cluster_id, score.source) == ("pop909:7", 7, "pop909")
    assert len(score.notes) == BARS * (8 + 12 + 1)
    assert (np.diff(score.notes[:, 0]) >= 0).all()
    assert score.notes[:, 3].min() == 80, "a velocity that is not known is a middling one"
    assert len(score.notes_of(Role.MELODY)) == BARS * 8
    assert set(score.notes_of(Role.MELODY)[:, 2]) == {pitch + up for pitch in TUNE for up in (0, 1)}
    assert len(score.notes_of(Role.BASS)) == BARS
    period = np.diff(score.beat_seconds)
    np.testing.assert_allclose(period, period[0])
    assert period[0] == pytest.approx(0.5, rel=0.01)
    assert len(score.beat_seconds) == len(score.chord_root) + 1 == len(score.bar) + 1
    assert score.has_harmony


def test_what_is_not_for_training_stays_out(tmp_path):
    """Unknown sources, snippets, and a second version of a work: its near-duplicate must not count twice."""
    rows = [version(1), version(2, cluster_id=1), version(3, source="somewhere"), version(4, seconds=12.0), version(5)]
    names = [score.name for score in load_scores(write_tables(tmp_path, rows))]
    assert names == ["pop909:1", "pop909:5"]


def test_a_version_with_a_handful_of_notes_is_no_song(tmp_path):
    assert load_scores(write_tables(tmp_path, [version(1, seconds=50.0)], bars=2)) == []


def test_drums_have_no_pitch_but_their_time_counts(tmp_path):
    folder = write_tables(tmp_path, [version(1)])
    notes = pd.read_parquet(folder / "notes.parquet")
    drum = notes.iloc[:1].assign(dstart_cs=100, pitch=36, is_drum=True)
    pd.concat([drum, notes]).to_parquet(folder / "notes.parquet")
    (score,) = load_scores(folder)
    assert len(score.notes) == len(notes)
    assert score.notes[0, 0] == pytest.approx(1.0)


def test_a_short_tune_is_played_until_it_is_as_long_as_a_song(tmp_path):
    (score,) = load_scores(write_tables(tmp_path, [version(1, kind="melody", seconds=48.0)], bars=24))
    assert 200 <= score.beat_seconds[-1] < 260
    first, second = (score.notes_of(Role.MELODY)[start : start + 24, 2] for start in (0, 24 * 8))
    np.testing.assert_array_equal(first, second)


def test_a_chord_chart_gets_a_melody_it_never_had(tmp_path):
    (score,) = load_scores(write_tables(tmp_path, [version(1, kind="chords")]))
    assert len(score.notes_of(Role.MELODY)) > 50


def test_the_corpus_is_parsed_once_and_again_when_the_way_of_parsing_changed(tmp_path):
    folder, cache = write_tables(tmp_path / "tables", [version(1)]), tmp_path / "deep" / "corpus.pickle"
    parsed = load_scores(folder, cache)
    (folder / "notes.parquet").unlink()
    cached = load_scores(folder, cache)
    assert [score.name for score in cached] == [score.name for score in parsed]
    cache.write_bytes(pickle.dumps((-1, [])))
    with pytest.raises(InputError, match="notes.parquet: no such table"):
        load_scores(folder, cache)


def test_the_split_of_a_work_is_decided_for_ever():
    """Written down for the first release; any change would train the next one on works the first was tested on."""
    written = {0: "train", 8: "validation", 9: "validation", 15: "validation", 17: "train", 19: "test", 4711: "test"}
    assert {cluster: split_of(cluster) for cluster in written} == written


def test_the_shares_of_the_split_are_those_promised():
    counts = Counter(split_of(cluster) for cluster in range(5000))
    assert set(counts) == set(SPLIT_PERCENT)
    for name, percent in SPLIT_PERCENT.items():
        assert counts[name] / 50 == pytest.approx(percent, abs=1.5)
