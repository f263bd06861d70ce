"""Beats, chords and invented melodies, on pieces where the truth is known."""

from dataclasses import replace

import numpy as np
import pytest

from livecsi.training.scores.harmony import find_beats, find_chords, invent_melody
from livecsi.training.scores.score import Role
from livecsi.training.scores.twins import chord_twin
from tests.training.made_up import BARS, BEAT_SECONDS, made_up_score


@pytest.mark.parametrize(("period", "first"), [(0.4, 0.0), (0.5, 0.0), (0.6, 0.0), (0.4, 0.25), (0.5, 0.25)])
def test_the_beat_of_a_steady_piece(period, first):
    """Two notes on every beat, and one between those of every fourth."""
    beats = first + np.arange(120) * period
    onsets = np.sort(np.concatenate([beats, beats, beats[::4] + period / 2]))
    found = find_beats(onsets, 120 * period)
    assert np.diff(found) == pytest.approx(period, rel=0.01)
    offset = (found[0] - first) % period
    assert min(offset, period - offset) < 0.05


@pytest.fixture(scope="module")
def score():
    return made_up_score()


def test_four_chords_are_found_on_every_beat(score):
    root, mask = find_chords(score.notes, score.beat_seconds[:-1], melody_only=False)
    agreeing = (root == score.chord_root) & (mask == score.chord_mask)
    assert agreeing[:-1].mean() > 0.95


def test_a_bare_melody_is_harmonised_bar_by_bar_with_triads():
    """Every bar arpeggiates its chord, so there is only one answer."""
    beats = np.arange(16) * 0.5
    pitches = [60, 64, 67, 60, 69, 72, 76, 69, 65, 69, 72, 65, 67, 71, 74, 67]
    notes = np.array([(beat, 0.5, pitch, 90, Role.MELODY) for beat, pitch in zip(beats, pitches, strict=True)], float)
    root, mask = find_chords(notes, beats, melody_only=True)
    assert root[:12].tolist() == [0] * 4 + [9] * 4 + [5] * 4
    assert mask[0] == 0b10010001 and mask[4] == (1 << 9 | 1 << 0 | 1 << 4)


def test_where_nothing_sounds_there_is_no_chord():
    notes = np.array([(0.0, 0.5, 60, 90, Role.ACCOMPANIMENT), (0.0, 0.5, 64, 90, Role.ACCOMPANIMENT)], float)
    root, mask = find_chords(notes, np.arange(8) * 0.5, melody_only=False)
    assert (root[2:] == -1).all() and (mask[2:] == 0).all()


def test_an_invented_melody_can_be_sung_over_its_chords(score):
    melody = invent_melody(score.chord_root, score.chord_mask, score.beat_seconds[:-1], np.random.default_rng(3))
    assert len(melody) > BARS
    assert (melody[:, 4] == Role.MELODY).all()
    assert melody[:, 2].min() > 45 and melody[:, 2].max() < 90
    assert (melody[:, 1] > 0).all() and melody[:, 0].max() < score.beat_seconds[-1]
    beat = (melody[:, 0] / BEAT_SECONDS).astype(int)
    belongs = score.chord_mask[beat] >> (melody[:, 2].astype(int) % 12) & 1
    assert 0.6 < belongs.mean() < 1.0, "mostly chord notes, some passing ones"
    assert len(invent_melody(np.full(8, -1), np.zeros(8, int), np.arange(8.0), np.random.default_rng(3))) == 0


def test_a_twin_has_the_chords_and_beat_of_its_song_and_a_tune_of_its_own(score):
    twin = chord_twin(score, seed=1)
    np.testing.assert_array_equal(twin.chord_root, score.chord_root)
    np.testing.assert_array_equal(twin.beat_seconds, score.beat_seconds)
    assert set(twin.notes[:, 4]) == {Role.MELODY} and (np.diff(twin.notes[:, 0]) >= 0).all()
    assert not np.array_equal(twin.notes[:40, 2], score.notes_of(Role.MELODY)[:40, 2])
    np.testing.assert_array_equal(chord_twin(score, seed=1).notes, twin.notes)
    assert not np.array_equal(chord_twin(score, seed=2).notes[:, 2][:50], twin.notes[:, 2][:50])
    bare = replace(score, chord_root=np.full(len(score.bar), -1), chord_mask=np.zeros(len(score.bar), np.int64))
    assert chord_twin(bare, seed=1) is None
