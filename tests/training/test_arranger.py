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
    riff,
)
from livecsi.training.rendering.arranger import arrange
from livecsi.training.rendering.form import NOWHERE, choose_form
from livecsi.training.rendering.singing import consonants, rewrite_phrases, sing_along, to_chord_tones
from livecsi.training.rendering.variety import FULL, PLAIN
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
    known = made.beat_of[made.beat_of != NOWHERE]
    assert known.min() >= 0 and known.max() < len(score.bar) and len(known) > len(made.beat_of) / 6
    assert (np.diff(known) == 1).mean() > 0.85
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
    """Half a beat early counts: players push."""
    made = chart(score)
    notes = comping(made, np.random.default_rng(seed), intermodulating=bool(seed % 2))
    assert len(notes) > 0 and notes[:, 0].min() >= -0.25 and notes[:, 0].max() < 0.5 * len(made.root)
    played = np.zeros(len(notes), bool)
    for early in (0.0, 0.25):
        beat = np.clip(np.floor((notes[:, 0] + early) / 0.5 + 1e-9).astype(int), 0, len(made.root) - 1)
        member = made.mask[beat] >> (notes[:, 2].astype(int) % 12) & 1
        played |= (made.root[beat] >= 0) & (member == 1)
    assert played.all() and (notes[:, 1] > 0).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_the_bass_is_low_and_drums_stay_in_the_song(score, seed):
    rng, made = np.random.default_rng(seed), chart(score)
    bass = bass_line(made, rng)
    assert bass[:, 2].min() >= 26 and bass[:, 2].max() <= 60
    hits = drum_hits(made, rng)
    assert set(hits[:, 1]) <= {0, 1, 2} and (hits[:, 2] > 0).all()
    assert hits[:, 0].min() >= 0 and hits[:, 0].max() < 16 * 2.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_riff_repeats_in_the_middle_register(score, seed):
    notes = riff(chart(score), np.random.default_rng(seed))
    assert notes[:, 2].min() >= 40 and notes[:, 2].max() <= 79
    bar = np.floor((notes[:, 0] + 0.25) / 2.0).astype(int)
    rhythm = [np.round(notes[bar == number, 0] % 2.0, 3).tolist() for number in (4, 5, 6)]
    assert rhythm[0] == rhythm[1] == rhythm[2] != []


@pytest.mark.parametrize("seed", SEEDS)
def test_a_form_adds_bars_without_the_tune_only_when_it_may(score, seed):
    plain = choose_form(score, np.random.default_rng(seed), PLAIN)
    assert plain.tune.all() and not plain.solo.any() and (plain.beat_of == plain.order).all()
    form = choose_form(score, np.random.default_rng(seed), FULL)
    assert not (form.tune & form.solo).any()
    assert (form.beat_of[~form.tune] == NOWHERE).all() and (form.beat_of[form.tune] >= 0).all()


def test_forms_differ_and_some_have_introductions_and_solos(score):
    forms = [choose_form(score, np.random.default_rng(seed), FULL) for seed in range(60)]
    assert sum(form.solo.any() for form in forms) > 8
    assert sum(not form.tune[0] and not form.solo[0] for form in forms) > 8
    assert len({tuple(form.order) for form in forms}) > 30


def test_the_nearest_chord_tone_by_hand():
    c_major = (1 << 0) | (1 << 4) | (1 << 7)
    pitch = np.array([60.0, 61.0, 62.0, 65.0, 66.0, 71.0])
    assert to_chord_tones(pitch, np.full(6, c_major)).tolist() == [60, 60, 60, 64, 67, 72]
    assert to_chord_tones(pitch, np.zeros(6, int)).tolist() == pitch.tolist(), "no chord, no change"


def test_rewritten_phrases_are_other_notes_at_the_same_moments(score):
    made, melody = chart(score, 24), score.notes_of(Role.MELODY)
    melody = melody[melody[:, 0] < 40]
    changed = 0
    for seed in SEEDS:
        sung = rewrite_phrases(melody, made, np.random.default_rng(seed))
        assert len(sung) > 0.3 * len(melody) and set(sung[:, 0]) <= set(melody[:, 0])
        assert np.abs(sung[:, 2] - melody[np.isin(melody[:, 0], sung[:, 0]), 2]).max() <= 7
        changed += sung.shape != melody.shape or not np.array_equal(sung, melody)
    assert 8 < changed < len(SEEDS)


@pytest.mark.parametrize("seed", range(10))
def test_an_audience_is_late_and_a_consonant_early(seed):
    rng = np.random.default_rng(seed)
    melody = np.column_stack([np.arange(100) * 2.0, np.ones(100), np.full(100, 60.0), np.ones(100)])
    late = (sing_along(melody, rng)[:, 0] + 1) % 2 - 1
    assert 0 < late.mean() < 0.17 and 0.02 < late.std() < 0.08
    hits = consonants(melody, rng)
    assert set(hits[:, 1]) == {3.0} and ((hits[:, 0] + 0.05) % 2 < 1e-9).all() and 30 < len(hits) < 90


@pytest.mark.parametrize("seed", SEEDS)
def test_onsets_lie_on_their_grid_within_the_bar(seed):
    rng = np.random.default_rng(seed)
    onsets = random_onsets(rng, 0.5, rng.uniform(0, 1))
    assert len(onsets) >= 1 and onsets.min() >= 0 and onsets.max() < 4
    assert (onsets % 0.5 == 0).all() and (np.diff(onsets) > 0).all()
