"""Children that hang, die and babble are replaced; what was lost is booked to the sample."""

import os
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from livecsi.audio.live import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, RECOVERY_SECONDS, Backoff, LiveSource
from livecsi.clock import SystemClock
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap
from tests.audio import fake_child
from tests.audio.recorder import Recorder


def record(scenario: str, **settings) -> Recorder:
    command = [sys.executable, str(Path(fake_child.__file__)), scenario]
    return Recorder(LiveSource(CaptureSettings(stall_seconds=0.6, **settings), SystemClock(), command))


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


@pytest.mark.parametrize(
    ("scenario", "reason", "words"),
    [
        ("hang", "stalled", "the capture process hangs"),
        ("die", "child_died", "SIGSEGV"),
        ("babble", "child_died", "talks nonsense"),
    ],
)
def test_a_bad_child_is_replaced_and_the_gap_has_its_name(scenario, reason, words):
    children_before = psutil.Process().children()
    with record(scenario) as recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        recorder.wait_for(lambda status: reason in status.restarts)
        assert words in recorder.source.status.trouble
        recorder.wait_for(lambda status: status.is_capturing, 5.0)
        assert recorder.source.status.trouble == ""
        time.sleep(0.3)
        assert [why for _, _, why in recorder.gaps()] == ["waiting", reason]
        assert recorder.seconds == pytest.approx(time.monotonic() - recorder.began_seconds, abs=0.5)
    assert psutil.Process().children() == children_before


def test_overflow_is_booked_to_the_sample():
    with record("overflow") as recorder:
        recorder.wait_for(lambda status: "stalled" in status.restarts)
    pieces = [piece for piece in recorder.pieces if isinstance(piece, Block) or piece.reason == "overflow"]
    lost = [piece.last_sample - piece.first_sample for piece in pieces if isinstance(piece, Gap)]
    frames = 30 * fake_child.PIECE_FRAMES + 3 * fake_child.LOST_FRAMES
    exact = frames * SAMPLE_RATE_HERTZ / fake_child.RATE_HERTZ
    assert pieces[-1].last_sample - pieces[0].first_sample == pytest.approx(exact, abs=0.5)
    assert lost == [pytest.approx(fake_child.LOST_FRAMES * SAMPLE_RATE_HERTZ / fake_child.RATE_HERTZ, abs=1)] * 3


def test_stopping_takes_less_than_half_a_second_even_with_a_hanging_child():
    recorder = record("hang")
    with recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        time.sleep(0.7)
        stopping = time.monotonic()
    assert time.monotonic() - stopping < 0.5


def test_a_program_that_cannot_be_started_is_trouble_and_no_crash():
    with Recorder(LiveSource(CaptureSettings(), SystemClock(), ["/nowhere/capture"])) as recorder:
        recorder.wait_for(lambda status: status.restarts.get("child_died", 0) >= 2)
        assert "No such file" in recorder.source.status.trouble


def test_starting_again_and_again_leaves_no_descriptor_and_no_thread_behind():
    process = psutil.Process(os.getpid())
    before = process.num_fds(), threading.active_count()
    with Recorder(LiveSource(CaptureSettings(), SystemClock(), [sys.executable, "-c", "pass"])) as recorder:
        recorder.wait_for(lambda status: status.restarts.get("child_died", 0) >= 4)
    assert (process.num_fds(), threading.active_count()) == before


def test_the_pause_grows_and_shrinks_again_so_that_a_cure_does_not_outlast_the_fault():
    backoff = Backoff()
    pauses = [backoff.failed() for _ in range(8)]
    assert pauses[:3] == [FIRST_PAUSE_SECONDS, 2 * FIRST_PAUSE_SECONDS, 4 * FIRST_PAUSE_SECONDS]
    assert pauses[-1] == LONGEST_PAUSE_SECONDS
    backoff.went_well(RECOVERY_SECONDS)
    assert backoff.failed() == LONGEST_PAUSE_SECONDS / 2
    for _ in range(10):
        backoff.went_well(RECOVERY_SECONDS)
    assert backoff.failed() == FIRST_PAUSE_SECONDS
