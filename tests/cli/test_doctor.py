"""`livecsi doctor` as a person and a script meet it: a line per check, JSON, and the exit code."""

import json

import pytest

from tests.ports import free_port


@pytest.fixture(autouse=True)
def no_daemon_and_no_sound_card(state, monkeypatch):
    monkeypatch.setenv("LIVECSI_CAPTURE__INPUT", "-")
    monkeypatch.setenv("LIVECSI_CAPTURE__RATE_HERTZ", "44100")
    monkeypatch.setenv("LIVECSI_SERVICE__PORT", str(free_port()))


def test_a_fresh_box_is_told_what_to_do_first(livecsi):
    answer = livecsi("doctor")
    assert answer.exit_code == 1
    lines = {line.split()[1]: line for line in answer.stdout.splitlines()}
    assert lines["catalogue"].startswith("✗") and "livecsi catalogue import songs.csv" in lines["catalogue"]
    assert lines["model"].startswith("✓") and lines["daemon"].startswith("–") and lines["ledger"].startswith("–")
    assert answer.stderr.endswith("checks are not in order\n") and answer.stderr.count("\n") == 1


def test_json_has_the_same_checks_and_nothing_else_on_stdout(livecsi):
    answer = livecsi("doctor", "--json")
    checks = json.loads(answer.stdout)["checks"]
    assert answer.exit_code == 1
    assert {check["what"] for check in checks} >= {"daemon", "input", "clock", "disk", "model", "catalogue", "ledger"}
    assert all(set(check) == {"what", "mark", "says", "advice"} for check in checks)
    assert {check["mark"] for check in checks} <= {"good", "note", "bad"}


def test_looking_makes_nothing(livecsi, state):
    livecsi("doctor")
    assert not state.exists()
