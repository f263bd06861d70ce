"""From hand-made windows to a setlist: what divides a night, what does not, and when a name is withheld."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from livecsi.identify.exactness import RECORDED_EXACTNESS
from livecsi.identify.setlist import LONGEST_BREAK_SECONDS, follow
from livecsi.settings import TrackingSettings
from livecsi.types import Candidate, Kind, Performance, ScoredWindow, Segment

TRACKING = TrackingSettings()
WINDOW_SECONDS, HOP_SECONDS = 60, 10
EDGE = 3.0


@dataclass(frozen=True)
class Stretch:
    """What really happens: a work, or work 0 for music in no catalogue, or another kind of sound."""

    start: float
    end: float
    work: int = 0
    kind: Kind = Kind.UNKNOWN


def song(work: int, log_odds: float, probability: float = 0.0, **more) -> Candidate:
    return Candidate(work, work, f"Song {work}", "", 2 * log_odds, probability, log_odds, **more)


def sure(work: int, probability: float) -> Candidate:
    """A candidate whose odds are what its probability says."""
    return song(work, math.log(probability / (1 - probability)), probability)


def overlap(stretch: Stretch, start: float, end: float) -> float:
    return max(0.0, min(stretch.end, end) - max(stretch.start, start))


def window(night: list[Stretch], start: float, end: float) -> ScoredWindow:
    """A window that hears every song of which it holds ten seconds, and doubts two others."""
    heard = [
        song(s.work, 5.0, window_start_seconds=max(s.start, start) - start, window_end_seconds=min(s.end, end) - start)
        for s in night if s.work and overlap(s, start, end) >= 10
    ]  # fmt: skip
    doubted = [song(work, -3.5) for work in (90, 91)]
    return ScoredWindow(start, end, 1.0, 0.0, tuple(heard + doubted))


def windows(night: list[Stretch]) -> list[ScoredWindow]:
    ends = range(20, int(night[-1].end) + 1, HOP_SECONDS)
    return [window(night, max(0, end - WINDOW_SECONDS), end) for end in ends]


def again(night: list[Stretch], probability: float = 0.97) -> Callable[[float, float], tuple[Candidate, ...]]:
    """Hear a whole stretch once more: the song that fills most of it, or only doubts."""

    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        most = max(night, key=lambda stretch: overlap(stretch, start, end))
        if most.work:
            return sure(most.work, probability), sure(90, 0.001)
        return sure(90, 0.25), sure(91, 0.1)

    return listen


def setlist(night: list[Stretch], heard: list[ScoredWindow] | None = None, **options) -> list[Performance]:
    segments = [Segment(s.start, s.end, s.kind) for s in night]
    heard = windows(night) if heard is None else heard
    return follow(heard, segments, night[-1].end, TRACKING, again(night, **options))


def brief(performances: list[Performance]) -> list[tuple[Kind, int | None]]:
    return [(p.kind, p.best.work_id if p.best else None) for p in performances]


def assert_edges(performance: Performance, start: float, end: float, within: float = EDGE) -> None:
    assert (performance.start_seconds, performance.end_seconds) == (
        pytest.approx(start, abs=within), pytest.approx(end, abs=within))  # fmt: skip


CROWD_SONG_CROWD = [
    Stretch(0, 30, kind=Kind.CROWD), Stretch(30, 210, work=1), Stretch(210, 240, kind=Kind.CROWD)]  # fmt: skip


def test_one_song_between_applause():
    (performance,) = setlist(CROWD_SONG_CROWD)
    assert brief([performance]) == [(Kind.SONG, 1)]
    assert_edges(performance, 30, 210)
    assert (performance.confidence, performance.margin) == (
        pytest.approx(0.97, abs=1e-3),
        pytest.approx(0.97, abs=2e-3),
    )


def test_two_songs_without_a_pause_are_divided_where_one_becomes_the_other():
    first, second = setlist([Stretch(0, 150, work=1), Stretch(150, 320, work=2)])
    assert brief([first, second]) == [(Kind.SONG, 1), (Kind.SONG, 2)]
    assert_edges(first, 0, 150, within=6)
    assert_edges(second, 150, 320, within=6)
    assert first.end_seconds == second.start_seconds


def test_talk_between_two_songs_belongs_to_neither():
    first, second = setlist(
        [Stretch(0, 120, work=1), Stretch(120, 170, kind=Kind.SPEECH), Stretch(170, 300, work=2)])  # fmt: skip
    assert_edges(first, 0, 120)
    assert_edges(second, 170, 300)


@pytest.mark.parametrize("at", [3, 9, 15])
def test_one_stray_window_changes_nothing(at):
    heard = windows(CROWD_SONG_CROWD)
    stray = replace(heard[at], candidates=(song(90, 6.0, window_end_seconds=60.0),))
    assert setlist(CROWD_SONG_CROWD, [*heard[:at], stray, *heard[at + 1 :]]) == setlist(CROWD_SONG_CROWD)


def test_a_song_heard_without_doubt_but_not_confirmed_stays_unknown_with_its_alternatives():
    (performance,) = setlist(CROWD_SONG_CROWD, probability=TRACKING.name_probability - 0.01)
    assert (performance.kind, performance.best) == (Kind.UNKNOWN, None)
    assert [candidate.work_id for candidate in performance.alternatives] == [1, 90]
    assert_edges(performance, 30, 210)


def test_music_that_is_in_no_catalogue_is_reported_as_unknown():
    night = [
        Stretch(0, 100, work=1), Stretch(100, 130, kind=Kind.SPEECH), Stretch(130, 300),
        Stretch(300, 320, kind=Kind.CROWD),
    ]  # fmt: skip
    named, stranger = setlist(night)
    assert brief([named, stranger]) == [(Kind.SONG, 1), (Kind.UNKNOWN, None)]
    assert_edges(stranger, 130, 300)
    assert stranger.confidence < TRACKING.name_probability


def test_a_few_bars_of_soundcheck_are_no_performance():
    night = [
        Stretch(0, 60, kind=Kind.CROWD), Stretch(60, 60 + TRACKING.minimum_music_seconds - 2),
        Stretch(80, 200, kind=Kind.CROWD),
    ]  # fmt: skip
    assert setlist(night) == []


@pytest.mark.parametrize(("pause", "performances"), [(LONGEST_BREAK_SECONDS - 8, 1), (LONGEST_BREAK_SECONDS + 30, 2)])
def test_a_false_start_is_one_performance_and_an_encore_another(pause, performances):
    night = [
        Stretch(0, 100, work=1), Stretch(100, 100 + pause, kind=Kind.SILENCE),
        Stretch(100 + pause, 220 + pause, work=1),
    ]  # fmt: skip
    found = setlist(night)
    assert brief(found) == [(Kind.SONG, 1)] * performances
    assert_edges(replace(found[0], end_seconds=found[-1].end_seconds), 0, 220 + pause)


def test_the_vamp_before_the_first_verse_belongs_to_the_song():
    """The gate hears music from 30 s on, the song is recognised only from 55 s on."""
    night = [
        Stretch(0, 30, kind=Kind.CROWD), Stretch(30, 55), Stretch(55, 200, work=1),
        Stretch(200, 220, kind=Kind.CROWD),
    ]  # fmt: skip
    (performance,) = setlist(night)
    assert brief([performance]) == [(Kind.SONG, 1)]
    assert_edges(performance, 30, 200)


LONG_SOLO = [Stretch(0, 150, work=1), Stretch(150, 260), Stretch(260, 280, kind=Kind.CROWD)]


@pytest.mark.parametrize("whole", [0.97, 0.5])
def test_a_solo_that_sounds_like_nothing_is_its_song_when_nothing_is_nearer(whole):
    """Windows know the song until 150 s; heard again, the rest resembles it most, whether or not the whole does."""

    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        if start > 100:
            return sure(1, 0.6), sure(2, 0.1)
        return (sure(1, 0.97 if end < 200 else whole),)

    segments = [Segment(s.start, s.end, s.kind) for s in LONG_SOLO]
    found = follow(windows(LONG_SOLO), segments, 280.0, TRACKING, listen)
    assert brief(found) == [(Kind.SONG, 1)]
    assert found[0].start_seconds == 0 and found[-1].end_seconds == pytest.approx(260, abs=EDGE)


def test_pieces_of_one_song_never_get_the_name_of_another():
    """Both pieces say 1, their whole says 2 and is surer of it."""

    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        if start > 100:
            return (sure(1, 0.6),)
        return (sure(1, 0.95),) if end < 200 else (sure(2, 0.99), sure(1, 0.005))

    segments = [Segment(s.start, s.end, s.kind) for s in LONG_SOLO]
    found = follow(windows(LONG_SOLO), segments, 280.0, TRACKING, listen)
    assert brief(found) == [(Kind.SONG, 1)]


def test_neighbours_that_resemble_different_songs_stay_apart():
    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        return (sure(2, 0.3),) if start > 100 else (sure(1, 0.97),)

    segments = [Segment(s.start, s.end, s.kind) for s in LONG_SOLO]
    found = follow(windows(LONG_SOLO), segments, 280.0, TRACKING, listen)
    assert brief(found) == [(Kind.SONG, 1), (Kind.UNKNOWN, None)]


def test_two_recordings_of_a_work_are_one_answer():
    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        return sure(1, 0.95), replace(sure(1, 0.9), recording_id=11), sure(2, 0.05)

    heard, segments = windows(CROWD_SONG_CROWD), [Segment(s.start, s.end, s.kind) for s in CROWD_SONG_CROWD]
    (performance,) = follow(heard, segments, 240, TRACKING, listen)
    assert (performance.best.recording_id, performance.confidence) == (1, pytest.approx(0.95, abs=0.01))
    assert [candidate.work_id for candidate in performance.alternatives] == [2]
    assert performance.margin == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(
    ("exactness", "kind"), [(RECORDED_EXACTNESS - 0.01, Kind.SONG), (RECORDED_EXACTNESS, Kind.RECORDED)]
)
def test_the_studio_recording_itself_is_no_song_of_the_band(exactness, kind):
    def listen(start: float, end: float) -> tuple[Candidate, ...]:
        return (replace(sure(1, 0.97), exactness=exactness),)

    segments = [Segment(s.start, s.end, s.kind) for s in CROWD_SONG_CROWD]
    (performance,) = follow(windows(CROWD_SONG_CROWD), segments, 240, TRACKING, listen)
    assert brief([performance]) == [(kind, 1)]


def test_silence_and_nothing_at_all_have_no_setlist():
    assert setlist([Stretch(0, 600, kind=Kind.SILENCE)]) == []
    assert follow([], [], 0.0, TRACKING, again([Stretch(0, 1)])) == []
    assert follow([], [], 100.0, TRACKING, again([Stretch(0, 1)])) == []


def test_windows_alone_name_nothing_where_no_music_sounds():
    night = [Stretch(0, 240, work=1, kind=Kind.SPEECH)]
    doubtful = [replace(w, candidates=(song(1, 1.0, window_end_seconds=60.0),)) for w in windows(night)]
    assert setlist(night, doubtful) == []


def test_the_setlist_is_in_order_and_nothing_overlaps():
    night = [
        Stretch(0, 100, work=3), Stretch(100, 190, work=1), Stretch(190, 230, kind=Kind.CROWD), Stretch(230, 330),
        Stretch(330, 345, kind=Kind.SILENCE), Stretch(345, 460, work=2), Stretch(460, 560, work=3),
    ]  # fmt: skip
    found = setlist(night)
    assert [work for _, work in brief(found)] == [3, 1, None, 2, 3]
    assert all(a.end_seconds <= b.start_seconds for a, b in zip(found, found[1:], strict=False))
