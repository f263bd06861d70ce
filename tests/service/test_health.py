"""The window on the daemon, asked over real sockets: what it answers, and what a rude client cannot do."""

import http.client
import json
import re
import socket
import time
from pathlib import Path

import pytest

from livecsi.errors import BusyError, SettingsError
from livecsi.service.health import CLIENTS_AT_ONCE, HealthServer, status_document
from livecsi.service.status import State
from livecsi.service.telemetry import Telemetry
from tests.service.made_up_status import TITLE, a_status


class Daemon:
    """What a health server looks at."""

    def __init__(self) -> None:
        self.shown, self.is_alive, self.is_broken = a_status(), True, False

    def status(self):
        if self.is_broken:
            raise RuntimeError("secret inside")
        return self.shown


@pytest.fixture
def daemon():
    return Daemon()


@pytest.fixture
def server(daemon):
    server = HealthServer("127.0.0.1", 0, Telemetry(), daemon.status, lambda: daemon.is_alive)
    server.start()
    yield server
    server.stop()


def ask(server: HealthServer, path: str, method: str = "GET") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=5)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Content-Type") or "", answer.read().decode()
    finally:
        connection.close()


def test_metrics_are_what_prometheus_reads(server):
    code, kind, body = ask(server, "/metrics")
    assert (code, kind.split(";")[0]) == (200, "text/plain")
    assert 'livecsi_state{state="starting"} 1.0' in body
    assert TITLE not in body


@pytest.mark.parametrize(("state", "code"), [
    (State.STARTING, 503), (State.WAITING, 503), (State.LISTENING, 200), (State.DEGRADED, 200), (State.STOPPING, 503),
])  # fmt: skip
def test_ready_means_that_audio_is_heard(server, daemon, state, code):
    daemon.shown = a_status(state)
    assert ask(server, "/readyz")[::2] == (code, f"{state.value}\n")


def test_alive_means_that_the_analysis_moves_whatever_the_state(server, daemon):
    daemon.shown = a_status(State.WAITING)
    assert ask(server, "/healthz")[::2] == (200, "alive\n")
    daemon.is_alive = False
    assert ask(server, "/healthz")[::2] == (503, "the analysis is stuck\n")


def test_the_status_is_plain_json(server, daemon):
    daemon.shown = a_status(State.WAITING, ("the disk is full; free some space",))
    code, kind, body = ask(server, "/status")
    said = json.loads(body)
    assert (code, kind) == (200, "application/json")
    assert (said["state"], said["troubles"]) == ("waiting for device", ["the disk is full; free some space"])
    assert (said["night"], said["running_since"], said["level_dbfs"]) == (
        "2024-05-01",
        "2024-05-01T17:00:00.000Z",
        None,
    )
    assert [line["title"] for line in said["setlist"]] == [TITLE, ""]
    assert said["guess"]["probability"] == 0.61


@pytest.mark.parametrize("path", ["/", "/metrics/", "/../etc/passwd", "/status/x", "/%6detrics"])
def test_other_paths_are_refused(server, path):
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(server, method):
    assert ask(server, "/status", method)[0] == 405


def test_a_view_that_fails_hides_its_insides_and_the_next_one_works(server, daemon):
    daemon.is_broken = True
    code, _, body = ask(server, "/status")
    assert code == 500 and "secret" not in body
    daemon.is_broken = False
    assert ask(server, "/status")[0] == 200


def test_a_port_in_use_is_one_line_that_names_the_setting(server, daemon):
    second = HealthServer("127.0.0.1", server.port, Telemetry(), daemon.status, lambda: True)
    with pytest.raises(BusyError, match=rf"^port {server.port} of 127\.0\.0\.1 .*\(set service\.port to a free one\)$"):
        second.start()


@pytest.mark.parametrize("host", ["203.0.113.7", "no.such.host.invalid", "x" * 70])
def test_an_address_that_is_not_ours_is_one_line_that_names_the_setting(daemon, host):
    with pytest.raises(SettingsError, match=r"set service\.host to an address of this machine\)$"):
        HealthServer(host, 0, Telemetry(), daemon.status, lambda: True).start()


def test_it_listens_on_ipv6_too(daemon):
    server = HealthServer("::1", 0, Telemetry(), daemon.status, lambda: True)
    server.start()
    try:
        with socket.create_connection(("::1", server.port), timeout=5) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert line.recv(100).startswith(b"HTTP/1.0 200")
    finally:
        server.stop()


def test_silent_clients_take_all_places_and_lose_them_again(server):
    silent = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(CLIENTS_AT_ONCE)]
    try:
        time.sleep(0.3)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            ask(server, "/healthz")
        deadline = time.monotonic() + 8.0
        while time.monotonic() < deadline:
            try:
                assert ask(server, "/healthz")[0] == 200
                return
            except (http.client.RemoteDisconnected, ConnectionResetError):
                time.sleep(0.2)
        pytest.fail("the places were never given back")
    finally:
        for line in silent:
            line.close()


def test_stopped_it_gives_its_port_back(daemon):
    first = HealthServer("127.0.0.1", 0, Telemetry(), daemon.status, lambda: True)
    first.start()
    port = first.port
    first.stop()
    second = HealthServer("127.0.0.1", port, Telemetry(), daemon.status, lambda: True)
    second.start()
    second.stop()


def test_every_field_of_the_status_is_described():
    page = (Path(__file__).parents[2] / "docs" / "operating.md").read_text()
    described = set(re.findall(r"`(\w+)`", page[page.index("`/status` is one object") :]))
    document = status_document(a_status())
    fields = {*document, *document["guess"], *(key for line in document["setlist"] for key in line)}
    assert fields <= described
