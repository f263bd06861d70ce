"""What an arranger may change about a song and what not, over many seeds."""

from dataclasses import fields, replace

import numpy as np
import pytest

from livecsi.training.rendering.accompaniment import (
    Chart,
    bass_line,
    chord_tones,
    comping,
    drum_hits,
    random_onsets,
)
from livecsi.training.rendering.arranger import arrange
from livecsi.training.scores.score import Role, Score
from tests.training.made_up import made_up_score

SECONDS = 60.0
SEEDS = range(30)


@pytest.fixture(scope="module")
def score() -> Score:
    return made_up_score()


def tune_only(score: Score) -> Score:
    silent = np.zeros(len(score.bar), np.int64)
    return replace(score, notes=score.notes_of(Role.MELODY), chord_root=silent - 1, chord_mask=silent)


@pytest.mark.parametrize("live", [False, True])
def test_a_seed_is_a_performance(score, live):
    once, again, other = (arrange(score, np.random.default_rng(seed), live, SECONDS) for seed in (5, 5, 6))
    for field in fields(once):
        np.testing.assert_array_equal(getattr(once, field.name), getattr(again, field.name))
    assert once.notes.shape != other.notes.shape or not np.array_equal(once.notes, other.notes)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_note_can_be_played(score, seed):
    made = arrange(score, np.random.default_rng(seed), bool(seed % 2), SECONDS)
    start, length, pitch, amplitude, timbre = made.notes.T
    assert start.min() > -0.5 and (length >= 0.05).all()
    assert pitch.min() >= 0 and pitch.max() <= 127
    assert (amplitude > 0).all() and np.isfinite(made.notes).all()
    assert set(timbre) <= set(range(len(made.timbres)))
    assert start.max() >= SECONDS - 5, "the song goes on to the end of the excerpt"


@pytest.mark.parametrize("seed", SEEDS)
def test_the_truth_about_beats_is_consistent(score, seed):
    """Beats come in order of time, exist in the score, and mostly follow each other as they do there."""
    made = arrange(score, np.random.default_rng(seed), bool(seed % 2), SECONDS)
    assert len(made.beat_of) == len(made.beat_seconds)
    assert (np.diff(made.beat_seconds) > 0).all()
    assert made.beat_of.min() >= 0 and made.beat_of.max() < len(score.bar)
    assert (np.diff(made.beat_of) == 1).mean() > 0.9
    assert made.beat_seconds[0] == pytest.approx(made.intro_seconds, abs=0.01)
    assert -6 <= made.transposition_semitones < 6


def test_the_whole_tune_is_in_the_key_it_says(score):
    """The pitch classes of a bare tune are those of the score moved by the transposition; a late lift may blur it."""
    tune, right = tune_only(score), 0
    expected = np.bincount(tune.notes[:, 2].astype(int) % 12, minlength=12)
    for seed in range(40):
        made = arrange(tune, np.random.default_rng(seed), False, SECONDS)
        heard = np.bincount(made.notes[:, 2].astype(int) % 12, minlength=12)
        fit = [np.dot(np.roll(expected, shift), heard) for shift in range(12)]
        right += int(np.argmax(fit)) == made.transposition_semitones % 12
    assert right >= 38


def test_keys_and_tempi_are_all_used(score):
    made = [arrange(score, np.random.default_rng(seed), False, SECONDS) for seed in range(60)]
    assert len({arrangement.transposition_semitones for arrangement in made}) >= 9
    tempi = [1 / np.median(np.diff(arrangement.beat_seconds)) / 2 for arrangement in made]
    assert min(tempi) < 0.9 and max(tempi) > 1.15 and min(tempi) > 0.6 and max(tempi) < 1.6


def chart(score: Score, bars: int = 16) -> Chart:
    beats = bars * 4
    root, mask = score.chord_root[:beats].copy(), score.chord_mask[:beats].copy()
    root[8:12], mask[8:12] = -1, 0
    return Chart(np.arange(beats) * 0.5, np.full(beats, 0.5), np.arange(beats) % 4, root, mask)


def test_chord_changes_and_how_long_they_are_held_by_hand(score):
    made = chart(score, bars=4)
    assert np.flatnonzero(made.changes()).tolist() == [0, 4, 12], "bar three is silent"
    assert made.held_seconds()[[0, 3, 4, 12]].tolist() == [2.0, 0.5, 2.0, 2.0]


def test_chord_tones_rise_from_the_lowest_pitch(score):
    made = chart(score)
    assert chord_tones(made, 48)[0].tolist() == [48, 52, 55, 60]
    assert chord_tones(made, 50)[0].tolist() == [52, 55, 60, 64]


@pytest.mark.parametrize("seed", SEEDS)
def test_comping_plays_the_chord_of_its_beat_and_rests_where_there_is_none(score, seed):
    made = chart(score)
    notes = comping(made, np.random.default_rng(seed))
    beat = np.floor(notes[:, 0] / 0.5 + 1e-9).astype(int)
    assert len(notes) > 0 and beat.min() >= 0 and beat.max() < len(made.root)
    assert (made.root[beat] >= 0).all()
    assert (made.mask[beat] >> (notes[:, 2].astype(int) % 12) & 1).all()
    assert (notes[:, 1] > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bass_is_low_and_drums_stay_in_the_song(score, seed):
    rng, made = np.random.default_rng(seed), chart(score)
    bass = bass_line(made, rng)
    assert bass[:, 2].min() >= 26 and bass[:, 2].max() <= 60
    hits = drum_hits(made, rng)
    assert set(hits[:, 1]) <= {0, 1, 2} and (hits[:, 2] > 0).all()
    assert hits[:, 0].min() >= 0 and hits[:, 0].max() < 16 * 2.0


@pytest.mark.parametrize("seed", SEEDS)
def test_onsets_lie_on_their_grid_within_the_bar(seed):
    rng = np.random.default_rng(seed)
    onsets = random_onsets(rng, 0.5, rng.uniform(0, 1))
    assert len(onsets) >= 1 and onsets.min() >= 0 and onsets.max() < 4
    assert (onsets % 0.5 == 0).all() and (np.diff(onsets) > 0).all()
