"""The chorus of a song whose form is known is found, in plain frames and in rendered performances."""

import numpy as np
import pytest

from livecsi.features.chorus import SHORTEST_FRAMES, chorus_start, from_chorus
from livecsi.training.rendering.performance import render_performance
from livecsi.training.rendering.variety import PLAIN
from livecsi.training.scores.score import Role, Score

VERSE_BARS, CHORUS_BARS, BEAT_SECONDS = 12, 8, 0.5
FORM = "vcvcbc"
SONGS = 16


def frames_of(form: str, lengths: dict[str, int], seed: int = 0) -> tuple[np.ndarray, list[int]]:
    """A random texture for each letter (a capital one is new every time), and where each part begins."""
    rng = np.random.default_rng(seed)
    known = {letter: rng.gamma(0.4, 1.0, (72, length)) for letter, length in lengths.items()}
    parts = [rng.gamma(0.4, 1.0, known[x.lower()].shape) if x.isupper() else known[x] for x in form]
    starts = np.cumsum([0, *(part.shape[1] for part in parts)])[:-1]
    noisy = np.concatenate(parts, 1) * rng.uniform(0.7, 1.4, (1, sum(part.shape[1] for part in parts)))
    return noisy.astype(np.float32), [int(start) for start in starts]


@pytest.mark.parametrize("seed", range(5))
def test_what_comes_back_is_the_chorus_and_it_begins_where_it_is_first_heard(seed):
    """Verses with another tune each time, one chorus three times."""
    frames, starts = frames_of("VcVcVc", {"v": 90, "c": 60}, seed)
    assert abs(chorus_start(frames) - starts[1]) <= 60 - SHORTEST_FRAMES


def test_of_two_parts_that_come_back_the_one_heard_more_often_counts():
    frames, starts = frames_of("vcVcvcC", {"v": 70, "c": 60})
    assert abs(chorus_start(frames) - starts[1]) <= 60 - SHORTEST_FRAMES


def test_a_song_too_short_for_a_chorus_begins_at_its_beginning():
    assert chorus_start(np.ones((72, 2 * SHORTEST_FRAMES - 1), np.float32)) == 0


def test_silence_has_no_chorus_and_no_infinities():
    assert chorus_start(np.zeros((72, 300), np.float32)) >= 0


def test_the_last_frames_where_less_is_left():
    frames, _ = frames_of("VcVc", {"v": 90, "c": 60})
    assert from_chorus(frames, 250).shape == (72, 250)
    np.testing.assert_array_equal(from_chorus(frames, 250), frames[:, 50:])
    assert from_chorus(frames, 500).shape == frames.shape


def song(seed: int) -> Score:
    """Verses of one chord sequence with a new tune each, a chorus with chords and a tune of its own."""
    rng = np.random.default_rng(seed)
    chorus_chords, verse_chords = (rng.choice([0, 2, 4, 5, 7, 9], 4) for _ in range(2))
    chorus_tune = rng.choice([0, 2, 4, 5, 7, 9, 11, 12], CHORUS_BARS * 4)
    bars, notes = [], []
    for part in FORM:
        chords, count = (chorus_chords, CHORUS_BARS) if part == "c" else (verse_chords, VERSE_BARS)
        tune = chorus_tune if part == "c" else rng.choice([0, 2, 4, 5, 7, 9, 11, 12], count * 4)
        for bar in range(count):
            start, root = 4 * len(bars) * BEAT_SECONDS, int(chords[bar % 4])
            bars.append(root)
            notes += [(start, 2.0, 48 + root + step, 90.0, Role.ACCOMPANIMENT) for step in (0, 4, 7)]
            notes += [(start + b * BEAT_SECONDS, 0.45, 72 + tune[4 * bar + b], 100.0, Role.MELODY) for b in range(4)]
    root = np.repeat(bars, 4)
    mask = np.array([sum(1 << (r + step) % 12 for step in (0, 4, 7)) for r in root])
    beats = np.arange(len(root) + 1) * BEAT_SECONDS
    return Score("song", seed, "file", np.array(sorted(notes)), beats, root, mask, np.arange(len(root)) // 4)


def choruses(beat: np.ndarray) -> np.ndarray:
    """Whether each frame plays a beat of a chorus."""
    edges = np.cumsum([0, *(4 * (CHORUS_BARS if part == "c" else VERSE_BARS) for part in FORM)])
    inside = np.zeros(len(beat), bool)
    for part, first, last in zip(FORM, edges[:-1], edges[1:], strict=True):
        inside |= (part == "c") & (beat >= first) & (beat < last)
    return inside


def test_the_chorus_of_rendered_performances_is_found():
    """Bands cut, repeat and transpose; what is played from the found moment on must mostly be a chorus."""
    shares, chances = [], []
    for seed in range(100, 100 + SONGS):
        rendered = render_performance(song(seed), np.random.default_rng(seed), seed % 2 == 1, 440, PLAIN)
        inside = choruses(rendered.beat)
        start = chorus_start(rendered.magnitude)
        shares.append(inside[start : start + SHORTEST_FRAMES].mean())
        chances.append(inside.mean())
    assert np.mean(shares) > np.mean(chances) + 0.2
