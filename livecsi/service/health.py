"""The small window on the daemon: metrics for Prometheus, two lamps for whoever restarts things, one status for people.

    GET /metrics   text for Prometheus
    GET /healthz   200 while the analysis makes progress, else 503
    GET /readyz    200 while audio is heard (listening, degraded), else 503
    GET /status    one JSON object, see `status_document`

It has threads of its own and only ever reads, so that a slow or rude client costs the night nothing: at most
`CLIENTS_AT_ONCE` are served, a silent one is dropped after `CLIENT_SECONDS`, and further ones are turned away.
"""

import errno
import json
import math
import socket
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import structlog
from prometheus_client import CONTENT_TYPE_LATEST

from livecsi.clock import format_utc
from livecsi.errors import BusyError, SettingsError
from livecsi.service.status import State, Status
from livecsi.service.telemetry import Telemetry

CLIENTS_AT_ONCE = 8
CLIENT_SECONDS = 2.0
HEARING = (State.LISTENING, State.DEGRADED)

Answer = tuple[int, str, bytes]
TEXT = "text/plain; charset=utf-8"
JSON = "application/json"


class HealthServer:
    """Answers while the daemon runs; `status` and `is_alive` are asked anew for every request, from other threads."""

    def __init__(
        self, host: str, port: int, telemetry: Telemetry, status: Callable[[], Status], is_alive: Callable[[], bool]
    ) -> None:
        self._host, self._wanted_port = host, port
        self._telemetry, self._status, self._is_alive = telemetry, status, is_alive
        self._server: _Server | None = None

    @property
    def port(self) -> int:
        """The port it listens on, which is another one than asked for when that was 0."""
        return int(self._server.server_address[1]) if self._server else self._wanted_port

    def start(self) -> None:
        """Listen; raises BusyError when somebody else has the port, SettingsError for an address that is not ours."""
        try:
            self._server = _Server(self._host, self._wanted_port, self._answer)
        except (OSError, UnicodeError) as error:
            raise _explained(error, self._host, self._wanted_port) from error
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="health", daemon=True).start()
        structlog.get_logger().info("answering", host=self._host, port=self.port)

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _answer(self, path: str) -> Answer:
        match path.partition("?")[0]:
            case "/metrics":
                return 200, CONTENT_TYPE_LATEST, self._telemetry.exposition()
            case "/healthz":
                return _lamp(self._is_alive(), "alive", "the analysis is stuck")
            case "/readyz":
                state = self._status().state
                return _lamp(state in HEARING, state.value, state.value)
            case "/status":
                return 200, JSON, json.dumps(status_document(self._status()), allow_nan=False).encode()
            case _:
                return 404, TEXT, b"there is /metrics, /healthz, /readyz and /status\n"


def status_document(status: Status) -> dict[str, Any]:
    """A `Status` as plain JSON values, field by field: times in UTC, dates as they are, null for what is no number."""
    document: dict[str, Any] = _plain(asdict(status))
    return document


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, host: str, port: int, answer: Callable[[str], Answer]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.answer = answer
        self._places = threading.BoundedSemaphore(CLIENTS_AT_ONCE)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without the parent's look-up of our own host name, which can take long where there is no name server."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is its own business."""


class _Handler(BaseHTTPRequestHandler):
    timeout = CLIENT_SECONDS
    server: _Server
    server_version, sys_version = "livecsi", ""

    def do_GET(self) -> None:
        try:
            answer = self.server.answer(self.path)
        except Exception as error:  # a view must never take the daemon with it, and never shows its insides
            structlog.get_logger().error("no answer", path=self.path, error=f"{type(error).__name__}: {error}")
            answer = 500, TEXT, b"internal error, see the log\n"
        self._send(answer)

    def _refuse(self) -> None:
        self._send((405, TEXT, b"only GET\n"))

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse

    def _send(self, answer: Answer) -> None:
        code, kind, body = answer
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if code == 405:
            self.send_header("Allow", "GET")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Requests are no news."""


def _lamp(is_on: bool, on: str, off: str) -> Answer:
    return (200, TEXT, f"{on}\n".encode()) if is_on else (503, TEXT, f"{off}\n".encode())


def _explained(error: OSError | UnicodeError, host: str, port: int) -> BusyError | SettingsError:
    reason = getattr(error, "strerror", None) or str(error)
    if isinstance(error, OSError) and error.errno in (errno.EADDRINUSE, errno.EACCES):
        return BusyError(f"port {port} of {host} cannot be used: {reason}", "set service.port to a free one")
    return SettingsError(f"cannot listen on {host!r}: {reason}", "set service.host to an address of this machine")


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {key: _plain(each) for key, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case datetime():
            return format_utc(value)
        case date():
            return value.isoformat()
        case float() if not math.isfinite(value):
            return None
        case _:
            return value
