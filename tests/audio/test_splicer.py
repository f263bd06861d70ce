"""The time line of live audio: no sample is counted twice, none is forgotten, and edges follow the clock."""

import numpy as np
import pytest
import soxr

from livecsi.audio.splicer import Lateness, Loss, Splicer
from livecsi.audio.wire import Heard
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap

RATE_HERTZ = 48_000
SECOND = SAMPLE_RATE_HERTZ


def heard(stamp_seconds: float, seconds: float = 0.1, lost_frames: int = 0) -> Heard:
    return Heard(lost_frames, stamp_seconds, 0.1, 0, np.full(round(seconds * RATE_HERTZ), 0.1, dtype=np.float32))


def feed(splicer: Splicer, stamps: np.ndarray, reason: Loss = Loss.WAITING) -> list[Block | Gap]:
    return [piece for stamp in stamps for piece in splicer.heard(heard(stamp), reason)]


def gaps(pieces: list[Block | Gap]) -> list[Gap]:
    return [piece for piece in pieces if isinstance(piece, Gap)]


@pytest.fixture
def splicer() -> Splicer:
    """Entered at 100 s of the monotonic clock."""
    splicer = Splicer(100.0)
    splicer.opened(RATE_HERTZ)
    return splicer


def test_a_stream_in_pieces_is_the_stream_in_one(splicer):
    whole = np.random.default_rng(3).standard_normal(RATE_HERTZ * 3).astype(np.float32)
    pieces, frame = [], 0
    for size in [1, 700, 2_400, 24_000, 100_000, len(whole)]:
        samples = whole[frame : frame + size]
        pieces += splicer.heard(Heard(0, 100.0 + frame / RATE_HERTZ, 1.0, 0, samples), Loss.WAITING)
        frame += len(samples)
    pieces += splicer.lost()
    expected = soxr.resample(whole, RATE_HERTZ, SAMPLE_RATE_HERTZ, quality="HQ")
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), expected)
    assert max(len(piece.samples) for piece in pieces) <= SECOND // 2


def test_waiting_is_reported_while_it_lasts_and_ends_where_the_first_sample_was_heard(splicer):
    early = [*splicer.missing(101.5, Loss.WAITING), *splicer.missing(102.5, Loss.WAITING)]
    assert early == [Gap(0, SECOND, "waiting"), Gap(SECOND, 2 * SECOND, "waiting")]
    pieces = feed(splicer, np.array([102.5]))
    assert pieces[0] == Gap(2 * SECOND, 2 * SECOND + SECOND // 2, "waiting")


def test_after_a_loss_the_clock_says_how_long_it_was(splicer):
    before = [*feed(splicer, np.arange(100.0, 105.0, 0.1)), *splicer.lost()]
    assert before[-1].last_sample == 5 * SECOND
    during = list(splicer.missing(106.5, Loss.STALLED))
    after = feed(splicer, np.arange(108.0, 109.0, 0.1), Loss.STALLED)
    assert during == [Gap(5 * SECOND, 6 * SECOND, "stalled")]
    assert gaps(after) == [Gap(6 * SECOND, 8 * SECOND, "stalled")]


def test_a_slow_sound_card_does_not_lengthen_the_next_gap(splicer):
    """100 s of its audio take 101 s: the loss of two seconds stays one of two."""
    feed(splicer, 100.0 + np.arange(1000) * 0.101)
    list(splicer.lost())
    last = splicer.position
    after = feed(splicer, np.array([100.0 + 999 * 0.101 + 0.1 + 2.0]), Loss.DEVICE_LOST)
    assert gaps(after) == [Gap(last, last + 2 * SECOND, "device_lost")]


def test_what_a_stream_repeats_to_those_who_come_back_is_left_out(splicer):
    feed(splicer, np.arange(100.0, 105.0, 0.1))
    list(splicer.lost())
    again = [*feed(splicer, np.arange(103.0, 106.0, 0.1), Loss.DEVICE_LOST), *splicer.lost()]
    assert not gaps(again)
    assert again[0].first_sample == 5 * SECOND and splicer.position == 6 * SECOND


def test_lost_frames_are_counted_without_rounding_errors_that_add_up(splicer):
    frames = 0
    for number in range(200):
        lost_frames = 37 * number
        frames += lost_frames + 4_800
        for piece in splicer.heard(heard(100.0 + frames / RATE_HERTZ - 0.1, lost_frames=lost_frames), Loss.WAITING):
            assert isinstance(piece, Block) or piece.reason == "overflow"
    list(splicer.lost())
    assert splicer.position == pytest.approx(frames * SAMPLE_RATE_HERTZ / RATE_HERTZ, abs=0.5)


def test_a_hole_that_nobody_reported_is_found_in_the_stamps(splicer):
    before = feed(splicer, np.arange(100.0, 110.0, 0.1))
    after = feed(splicer, np.arange(111.0, 121.0, 0.1))
    assert not gaps(before)
    (hole,) = gaps(after)
    assert hole.reason == "stalled" and hole.last_sample - hole.first_sample == pytest.approx(SECOND, abs=2)
    assert hole.first_sample < 19 * SECOND


def test_a_busy_machine_that_catches_up_has_lost_nothing():
    lateness = Lateness()
    delays = np.zeros(400)
    delays[100:130] = np.linspace(3.0, 0.0, 30)
    assert not any(lateness.hole_seconds(50.0 + 0.1 * n + late, 0.0, 0.1) for n, late in enumerate(delays))


def test_a_pipe_has_no_gaps_however_late_it_is():
    splicer = Splicer(None)
    splicer.opened(RATE_HERTZ)
    pieces = [*splicer.missing(500.0, Loss.WAITING), *feed(splicer, np.array([7.0, 90.0, 91.0])), *splicer.lost()]
    assert not gaps(pieces) and splicer.position == pytest.approx(0.3 * SECOND, abs=1)
