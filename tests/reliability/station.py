"""A radio station on the loopback: sends the concert as fast or as slowly as asked, and does not wait for listeners."""

import io
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import numpy as np
import soundfile

from livecsi.types import SAMPLE_RATE_HERTZ


class Station:
    """Plays `samples` once, to the first who comes; then it is off the air."""

    def __init__(self, samples: np.ndarray, speed: float = float("inf")) -> None:
        file = io.BytesIO()
        with soundfile.SoundFile(file, "w", SAMPLE_RATE_HERTZ, 1, format="OGG") as pages:
            for first in range(0, len(samples), SAMPLE_RATE_HERTZ):  # all at once is more than its stack can take
                pages.write(samples[first : first + SAMPLE_RATE_HERTZ])
        self._body, self._seconds, self._speed = file.getvalue(), len(samples) / SAMPLE_RATE_HERTZ, speed
        self._has_played, self._is_closed = threading.Event(), threading.Event()
        station = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if station._has_played.is_set():
                    self.send_error(503)
                    return
                station._has_played.set()
                self.send_response(200)
                self.send_header("Content-Type", "audio/ogg")
                self.end_headers()
                with suppress(ConnectionError):  # a listener who went away
                    station._send(self.wfile)

            def log_message(self, format: str, *arguments: Any) -> None:
                """Requests are no news."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/stage"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._is_closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _send(self, line: Any) -> None:
        began, sent = time.monotonic(), 0
        while sent < len(self._body) and not self._is_closed.wait(0.02):
            played = (time.monotonic() - began) * self._speed / self._seconds
            due = int(len(self._body) * min(1.0, played))
            line.write(self._body[sent:due])
            sent = due
