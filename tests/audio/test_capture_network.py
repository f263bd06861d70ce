"""A station on the loopback is listened to like a microphone: its burst, its silence and its end included."""

import io
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import av
import numpy as np
import pytest
import soundfile
import soxr

from livecsi.audio.capture_process import display_name
from livecsi.audio.live import LiveSource
from livecsi.clock import SystemClock
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.audio.recorder import Recorder
from tests.ports import free_port

SECONDS = 8
BURST_SECONDS = 3.0
RATE_HERTZ = 44_100


def programme() -> np.ndarray:
    """Low noise to find it by, and a little hiss that keeps the pages of the stream short."""
    random = np.random.default_rng(5)
    low = soxr.resample(random.standard_normal(4_410 * SECONDS) * 0.1, 4_410, RATE_HERTZ)
    return (low + 0.01 * random.standard_normal(len(low))).astype(np.float32)


def encoded(container: str, **how) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, programme(), RATE_HERTZ, format=container, **how)
    return file.getvalue()


class Station:
    """Sends its programme live, beginning with a burst, or as a file with a length; `is_down` ends all of it."""

    def __init__(self, body: bytes, is_live: bool) -> None:
        self.is_down = False
        station = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if station.is_down:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "audio/ogg" if is_live else "audio/flac")
                if not is_live:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                began, sent = time.monotonic(), 0
                while sent < len(body) and not station.is_down:
                    seconds = time.monotonic() - began + BURST_SECONDS if is_live else SECONDS
                    due = min(len(body), int(len(body) * seconds / SECONDS))
                    self.wfile.write(body[sent:due])
                    sent = due
                    time.sleep(0.05)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://user:secret@127.0.0.1:{self._server.server_port}/stage?token=secret"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.is_down = True
        self._server.shutdown()
        self._server.server_close()


def send_by_udp(port: int, seconds: float, missing: tuple[float, float]) -> None:
    """MPEG-TS in real time without what is missing, as a network that drops packets delivers it."""
    samples = np.tile(programme(), 2)[np.newaxis]
    began = time.monotonic()
    with av.open(f"udp://127.0.0.1:{port}?pkt_size=1316", "w", format="mpegts") as output:
        stream = output.add_stream("mp2", rate=RATE_HERTZ, layout="mono")
        for first in range(0, int(seconds * RATE_HERTZ), 1_152):
            frame = av.AudioFrame.from_ndarray(
                (samples[:, first : first + 1_152] * 32_767).astype("<i2"), layout="mono"
            )
            frame.rate, frame.pts = RATE_HERTZ, first
            time.sleep(max(0.0, began + first / RATE_HERTZ - time.monotonic()))
            if not missing[0] <= first / RATE_HERTZ < missing[1]:
                output.mux(stream.encode(frame))


@pytest.fixture
def station(request):
    kind = getattr(request, "param", "live")
    made = Station(encoded("OGG", subtype="VORBIS") if kind == "live" else encoded("FLAC"), kind == "live")
    yield made
    made.close()


def record(url: str, **settings) -> Recorder:
    return Recorder(LiveSource(CaptureSettings(input=url, **settings), SystemClock()))


def correlation_at(recorder: Recorder, begin_seconds: float, wanted: np.ndarray) -> float:
    """The best correlation within a second of where the wanted piece should be."""
    first = max(0, int((begin_seconds - 1) * SAMPLE_RATE_HERTZ))
    there = recorder.samples[first : first + len(wanted) + 2 * SAMPLE_RATE_HERTZ]
    length = len(there) + len(wanted)
    cross = np.fft.irfft(np.fft.rfft(there, length) * np.conj(np.fft.rfft(wanted, length)), length)
    begin = int(np.argmax(cross[: len(there)]))
    found = there[begin : begin + len(wanted)]
    return float(found @ wanted[: len(found)] / (np.linalg.norm(found) * np.linalg.norm(wanted)))


def test_a_station_is_where_the_clock_says_although_it_begins_with_a_burst(station):
    with record(station.url) as recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        recorder.wait_for(lambda status: status.restarts.get("device_lost", 0) == 1)
        assert recorder.seconds == pytest.approx(time.monotonic() - recorder.began_seconds, abs=1.0)
        assert "secret" not in recorder.source.name
        wanted = soxr.resample(programme(), RATE_HERTZ, SAMPLE_RATE_HERTZ)[
            5 * SAMPLE_RATE_HERTZ : 7 * SAMPLE_RATE_HERTZ
        ]
        assert correlation_at(recorder, 5 - BURST_SECONDS + 0.5, wanted) > 0.98


def test_a_station_that_is_down_is_waited_for_and_comes_back(station):
    with record(station.url) as recorder:
        recorder.wait_for(lambda status: status.is_capturing)
        station.is_down = True
        recorder.wait_for(lambda status: not status.is_capturing)
        recorder.wait_for(lambda status: "cannot be opened" in status.trouble)
        assert "secret" not in recorder.source.status.trouble
        station.is_down = False
        recorder.wait_for(lambda status: status.is_capturing, 10.0)
        assert recorder.gaps()[-1][2] == "device_lost"


@pytest.mark.parametrize("station", ["file"], indirect=True)
def test_a_recording_behind_a_url_is_played_once_at_its_own_speed(station):
    with record(station.url) as recorder:
        time.sleep(3.0)
        assert recorder.seconds < 3.5
        recorder._thread.join(15)
    ((_, heard_from, why),) = recorder.gaps()
    assert why == "waiting"
    assert recorder.seconds - heard_from == pytest.approx(SECONDS, abs=0.2)
    wanted = soxr.resample(programme(), RATE_HERTZ, SAMPLE_RATE_HERTZ)[5 * SAMPLE_RATE_HERTZ :]
    assert correlation_at(recorder, heard_from + 5, wanted) > 0.98


def test_packets_that_got_lost_are_a_gap_as_long_as_they_were():
    port = free_port(socket.SOCK_DGRAM)
    sender = threading.Thread(target=send_by_udp, args=(port, 7.0, (4.0, 5.0)))
    with record(f"udp://127.0.0.1:{port}") as recorder:
        sender.start()
        sender.join()
        recorder.wait_for(lambda status: not status.is_capturing)
    _, (begin, end, why), *_ = recorder.gaps()
    assert why == "overflow" and end - begin == pytest.approx(1.0, abs=0.1)


def test_passwords_stay_out_of_what_is_shown():
    assert display_name("rtsp://user:secret@10.0.0.9:554/one?key=secret") == "rtsp://10.0.0.9:554/one"
    assert display_name("usb-port:0000:00:14.0-2.1") == "usb-port:0000:00:14.0-2.1"
