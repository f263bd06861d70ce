"""A gap has no sound of its own: what lies on both sides went on in it, unless it is too long to say."""

import numpy as np
import pytest

from livecsi.service.sound_kinds import LONGEST_BRIDGED_SECONDS, KindTimeline
from livecsi.types import Kind

FRAME_SECONDS = 0.5
MUSIC, SPEECH, SILENCE = 0, 1, 3


def timeline(*stretches: tuple[int, int, bool]) -> KindTimeline:
    """Stretches of frames of one kind, and whether they are a gap, heard in windows of forty frames."""
    kinds = np.concatenate([np.full(length, kind) for kind, length, _ in stretches])
    missing = np.concatenate([np.full(length, is_missing) for _, length, is_missing in stretches])
    whole = KindTimeline()
    for first in range(0, len(kinds), 20):
        frames = slice(max(0, first - 20), first + 20)
        sure = np.eye(4, dtype=np.float32)[kinds[frames]].T
        whole.add((frames.start, frames.start + sure.shape[1]), sure, missing[frames])
    return whole


def found(whole: KindTimeline) -> list[tuple[Kind, float, float]]:
    return [(s.kind, s.start_seconds, s.end_seconds) for s in whole.segments(FRAME_SECONDS)]


def test_music_goes_on_in_a_gap_between_music():
    whole = timeline((MUSIC, 100, False), (SILENCE, 60, True), (MUSIC, 100, False))
    assert found(whole) == [(Kind.UNKNOWN, 0.0, 130.0)]


def test_a_silence_that_was_heard_stays_silence():
    whole = timeline((MUSIC, 100, False), (SILENCE, 60, False), (MUSIC, 100, False))
    assert found(whole) == [(Kind.UNKNOWN, 0.0, 50.0), (Kind.SILENCE, 50.0, 80.0), (Kind.UNKNOWN, 80.0, 130.0)]


def test_a_gap_between_two_kinds_belongs_to_one_of_them():
    whole = timeline((MUSIC, 100, False), (SILENCE, 60, True), (SPEECH, 100, False))
    (music, _, edge), (speech, begin, _) = found(whole)
    assert (music, speech) == (Kind.UNKNOWN, Kind.SPEECH) and edge == begin and 50 <= edge <= 80


def test_of_a_long_gap_nothing_is_said():
    frames = int(LONGEST_BRIDGED_SECONDS / FRAME_SECONDS) + 20
    whole = timeline((MUSIC, 100, False), (SILENCE, frames, True), (MUSIC, 100, False))
    assert [kind for kind, _, _ in found(whole)] == [Kind.UNKNOWN, Kind.SILENCE, Kind.UNKNOWN]


def test_a_gap_at_the_beginning_or_the_end_is_no_music():
    whole = timeline((SILENCE, 60, True), (MUSIC, 100, False), (SILENCE, 60, True))
    assert [kind for kind, _, _ in found(whole)] == [Kind.SILENCE, Kind.UNKNOWN, Kind.SILENCE]


@pytest.mark.parametrize("before_frame", [0, 7, 90, 120, 200])
def test_forgetting_the_beginning_changes_nothing_after_it(before_frame):
    parts = (MUSIC, 100, False), (SPEECH, 80, False), (SILENCE, 80, False)
    whole, forgetful = timeline(*parts), timeline(*parts)
    forgetful.forget(before_frame)
    kept = [(k, max(a, before_frame * 0.5), b) for k, a, b in found(whole) if b > before_frame * 0.5]
    assert found(forgetful) == kept


def test_nothing_heard_is_no_segment():
    assert KindTimeline().segments(FRAME_SECONDS) == []
