"""A real sound server is captured through PortAudio; it is killed, restarted, frozen and thawed meanwhile."""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
import soxr

from livecsi.audio.live import LiveSource
from livecsi.clock import SystemClock
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Gap
from tests.audio.recorder import Recorder

NOTICED_SECONDS = 2.0
BACK_SECONDS = 10.0
EDGE_SECONDS = 0.5
PLAYER_STARTS_SECONDS = 0.4
FOREVER_SECONDS = 600


def noise(seconds: float, seed: int = 1) -> np.ndarray:
    """Louder on the left; every stretch of it is like no other, and half a sample more or less changes little."""
    slow = np.random.default_rng(seed).standard_normal(int(4_410 * seconds)) * 0.1
    mono = soxr.resample(slow, 4_410, 44_100)
    return np.column_stack([mono, 0.5 * mono]).astype(np.float32)


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "noise.wav"
    soundfile.write(path, noise(3.0), 44_100)
    return path


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "long.wav"
    soundfile.write(path, noise(FOREVER_SECONDS), 44_100)
    return path


def expected(channel_gains: tuple[float, float] = (0.5, 0.5)) -> np.ndarray:
    """What the three seconds look like after the mix and at our rate."""
    mono = noise(3.0) @ np.array(channel_gains, dtype=np.float32)
    return soxr.resample(mono, 44_100, SAMPLE_RATE_HERTZ, quality="HQ")


def locate(wanted: np.ndarray, recorded: np.ndarray) -> tuple[float, float, float]:
    """Where it begins in the recording in seconds, the correlation there, and how loud it is against the original."""
    length = len(recorded) + len(wanted)
    cross = np.fft.irfft(np.fft.rfft(recorded, length) * np.conj(np.fft.rfft(wanted, length)), length)
    begin = int(np.argmax(cross[: len(recorded)]))
    there = recorded[begin : begin + len(wanted)]
    correlation = there @ wanted[: len(there)] / (np.linalg.norm(there) * np.linalg.norm(wanted) + 1e-9)
    return begin / SAMPLE_RATE_HERTZ, float(correlation), float(np.linalg.norm(there) / np.linalg.norm(wanted))


def record(**settings) -> Recorder:
    return Recorder(LiveSource(CaptureSettings(**settings), SystemClock()))


def play_and_find(recorder: Recorder, pulse, sound: Path, wanted: np.ndarray) -> tuple[float, float, float]:
    """Play the sound; how late it begins in the recording, its correlation, and its gain."""
    recorder.wait_for(lambda status: status.is_capturing)
    began = time.monotonic() - recorder.began_seconds
    pulse.play(sound).wait(30)
    time.sleep(0.5)
    seconds, correlation, gain = locate(wanted, recorder.samples)
    return seconds - began, correlation, gain


def test_what_is_played_is_captured(pulse, sound):
    with record() as recorder:
        delay, correlation, gain = play_and_find(recorder, pulse, sound, expected())
        assert recorder.seconds == pytest.approx(time.monotonic() - recorder.began_seconds, abs=0.5)
    assert correlation > 0.98
    assert gain == pytest.approx(1.0, abs=0.02)
    assert -0.1 < delay < PLAYER_STARTS_SECONDS
    assert [reason for _, _, reason in recorder.gaps()] == ["waiting"]
    assert recorder.gaps()[0][1] < BACK_SECONDS


def test_one_channel_at_another_rate_and_gain(pulse, sound):
    """The right channel is half as loud as the left; 6.02 dB make that up."""
    with record(channels=(2,), rate_hertz=48_000, gain_db=6.0206) as recorder:
        _, correlation, gain = play_and_find(recorder, pulse, sound, expected((0.0, 1.0)))
        assert recorder.source.status.levels.level_dbfs > -40
        recorder.wait_for(lambda status: status.levels.level_dbfs == -120.0 and status.levels.zeros_seconds > 0.5)
    assert correlation > 0.98
    assert gain == pytest.approx(2.0, abs=0.04)


def test_a_channel_that_does_not_exist_is_waited_for_with_advice(pulse):
    with record(channels=(3,)) as recorder:
        recorder.wait_for(lambda status: "capture.channels asks for number 3" in status.trouble)
        assert not recorder.source.status.is_capturing


def test_an_input_that_is_not_there_is_waited_for_and_time_goes_on(pulse):
    with record(input="usb-port:0000:00:14.0-2.1") as recorder:
        recorder.wait_for(lambda status: status.restarts.get("waiting", 0) >= 3)
        assert "livecsi devices" in recorder.source.status.trouble
        assert recorder.source.status.input_name == "usb-port:0000:00:14.0-2.1"
        assert recorder.seconds == pytest.approx(time.monotonic() - recorder.began_seconds, abs=2.0)


def outage(pulse, recorder: Recorder, how: str, lasts_seconds: float) -> tuple[float, float]:
    """Take the server away and bring it back; when it went and when it was back, on the recording's time line."""
    gone_seconds = time.monotonic() - recorder.began_seconds
    pulse.kill() if how == "killed" else pulse.freeze()
    assert recorder.wait_for(lambda status: not status.is_capturing) <= NOTICED_SECONDS
    assert recorder.source.status.trouble
    time.sleep(lasts_seconds)
    pulse.restart() if how == "killed" else pulse.thaw()
    return gone_seconds, time.monotonic() - recorder.began_seconds


def survive(pulse, long_sound: Path, how: str, times: int) -> None:
    """Music plays; each outage is a gap with the right edges, and the music after it is where the clock says."""
    reason = "device_lost" if how == "killed" else "stalled"
    with record() as recorder:
        for number in range(times):
            recorder.wait_for(lambda status: status.is_capturing)
            pulse.play(long_sound)
            recorder.wait_for(lambda status: status.levels.level_dbfs > -40)
            time.sleep(1.0)
            gone, back = outage(pulse, recorder, how, 1.0 + number % 3)
            recorder.wait_for(lambda status: status.is_capturing, BACK_SECONDS)
            time.sleep(0.5)
            begin, end, why = recorder.gaps()[-1]
            assert why == reason
            assert begin == pytest.approx(gone, abs=EDGE_SECONDS)
            assert back - EDGE_SECONDS <= end <= back + BACK_SECONDS
            assert recorder.seconds == pytest.approx(time.monotonic() - recorder.began_seconds, abs=EDGE_SECONDS)
        assert len(recorder.gaps()) == times + 1
        assert recorder.source.status.restarts[reason] == times


def test_a_killed_server_leaves_a_gap_with_the_right_edges(pulse, long_sound):
    survive(pulse, long_sound, "killed", times=2)


def test_a_frozen_server_leaves_a_gap_with_the_right_edges(pulse, long_sound):
    survive(pulse, long_sound, "frozen", times=1)


def test_music_after_an_outage_is_where_the_clock_says(pulse, sound):
    with record() as recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        outage(pulse, recorder, "killed", 1.0)
        delay, correlation, _ = play_and_find(recorder, pulse, sound, expected())
    assert correlation > 0.98
    assert -0.1 < delay < PLAYER_STARTS_SECONDS


def test_what_stops_the_daemon_does_not_stop_its_ears(pulse):
    with record() as recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        (child,) = [child for child in psutil.Process().children() if "livecsi.audio.capture" in child.cmdline()]
        child.send_signal(signal.SIGTERM)
        child.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert recorder.source.status.is_capturing and not recorder.source.status.restarts


def test_a_killed_daemon_leaves_no_child_behind(pulse):
    program = (
        "from livecsi.audio.probe import *; from livecsi.clock import *; probe(CaptureSettings(), SystemClock(), 60)"
    )
    daemon = psutil.Popen([sys.executable, "-c", program])
    deadline = time.monotonic() + 10
    while not daemon.children():
        assert time.monotonic() < deadline and daemon.poll() is None
        time.sleep(0.05)
    time.sleep(1.0)
    children = daemon.children()
    daemon.kill()
    daemon.wait()
    gone, alive = psutil.wait_procs(children, timeout=2)
    assert gone and not alive


@pytest.mark.live
@pytest.mark.parametrize("how", ["killed", "frozen"])
def test_five_outages_in_a_row(pulse, long_sound, how):
    survive(pulse, long_sound, how, times=5)


@pytest.mark.live
@pytest.mark.timeout(1200)
def test_a_hundred_losses_leave_nothing_behind(pulse):
    with record() as recorder:
        process = psutil.Process(os.getpid())
        for number in range(100):
            recorder.wait_for(lambda status: status.is_capturing)
            if number == 5:
                before = (process.num_fds(), process.num_threads(), process.memory_info().rss)
            outage(pulse, recorder, "killed", 0.0)
        recorder.wait_for(lambda status: status.is_capturing)
        assert process.num_fds() <= before[0] and process.num_threads() <= before[1]
        assert process.memory_info().rss - before[2] < 20 * 2**20


@pytest.mark.live
def test_a_reader_that_sleeps_too_long_loses_the_middle_and_no_time(pulse):
    pieces = []
    began = time.monotonic()
    with LiveSource(CaptureSettings(), SystemClock()) as source:
        for piece in source:
            pieces.append(piece)
            if len(pieces) == 40:
                time.sleep(14.0)
            elif time.monotonic() - began > 20.0:
                break
    (lost,) = [piece for piece in pieces if isinstance(piece, Gap) and piece.reason == "overflow"]
    assert (lost.last_sample - lost.first_sample) / SAMPLE_RATE_HERTZ == pytest.approx(14.0 - 10.4, abs=0.7)
    assert pieces[-1].last_sample / SAMPLE_RATE_HERTZ == pytest.approx(time.monotonic() - began, abs=0.5)


@pytest.mark.live
@pytest.mark.parametrize("frozen_seconds", [3.0, 11.0, 19.0])
def test_a_server_that_hangs_from_the_beginning_is_waited_for(pulse, frozen_seconds):
    pulse.freeze()
    with record() as recorder:
        time.sleep(frozen_seconds)
        assert not recorder.source.status.is_capturing
        pulse.thaw()
        recorder.wait_for(lambda status: status.is_capturing, BACK_SECONDS)
        assert [why for _, _, why in recorder.gaps()] == ["waiting"]
