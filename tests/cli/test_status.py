"""`livecsi status` asks a real health server; without one it says so in a line."""

import dataclasses
import http.server
import json
import threading

import pytest

from livecsi.service.health import HealthServer, status_document
from livecsi.service.status import Guess, State
from livecsi.service.telemetry import Telemetry
from tests.ports import free_port
from tests.service.made_up_status import a_status


class Shown:
    def __init__(self) -> None:
        self.status = a_status()


@pytest.fixture
def daemon(state, monkeypatch):
    """Something that answers as the daemon would, at the port of the settings."""
    shown = Shown()
    server = HealthServer("127.0.0.1", 0, Telemetry(), lambda: shown.status, lambda: True)
    server.start()
    monkeypatch.setenv("LIVECSI_SERVICE__PORT", str(server.port))
    monkeypatch.setenv("LIVECSI_VENUE__TIMEZONE", "Europe/Helsinki")
    yield shown
    server.stop()


def test_a_person_sees_state_level_night_and_setlist_in_the_time_of_the_venue(livecsi, daemon):
    answer = livecsi("status")
    assert (answer.exit_code, answer.stderr) == (0, "")
    for words in ("listening", "Scarlett 2i2 USB", "-18.2 dBFS", "2024-05-01, The Tin Harbour", "Korobeiniki", "98%",
                  "20:30:00", "perhaps Auld Lang Syne 61%", "0:01:24", "80 studio songs", "unknown"):  # fmt: skip
        assert words in answer.stdout, words
    assert "\x1b" not in answer.stdout


def test_json_is_the_document_of_the_daemon(livecsi, daemon):
    assert json.loads(livecsi("status", "--json").stdout) == status_document(daemon.status)


def test_troubles_are_shown_and_silence_has_no_number(livecsi, daemon):
    daemon.status = a_status(State.WAITING, ("no input is called card:USB; plug it in",))
    answer = livecsi("status")
    assert "waiting for device" in answer.stdout and "plug it in" in answer.stdout and "unknown" in answer.stdout


def test_a_title_is_never_read_as_markup_or_as_orders_to_the_terminal(livecsi, daemon):
    daemon.status = dataclasses.replace(a_status(), guess=Guess("[red]Rosso[/red] \x1b[2J", "x", 0.5))
    answer = livecsi("status")
    assert "perhaps [red]Rosso[/red]" in answer.stdout and "\x1b" not in answer.stdout


def test_without_a_daemon_one_line_says_how_to_start_it(livecsi, monkeypatch):
    monkeypatch.setenv("LIVECSI_SERVICE__PORT", str(free_port()))
    answer = livecsi("status")
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (1, "", 1)
    assert "is not running" in answer.stderr and "systemctl start livecsi" in answer.stderr


@pytest.mark.parametrize("body", [b"<html>another program</html>", b"[]", b'{"state": "fine"}'])
def test_another_program_on_the_port_is_not_taken_for_the_daemon(livecsi, monkeypatch, body):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("LIVECSI_SERVICE__PORT", str(other.server_address[1]))
        answer = livecsi("status", "--json")
        other.shutdown()
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "is no livecsi" in answer.stderr
