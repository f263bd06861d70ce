"""Help is what an impatient person sees first, so it may not load half of the scientific world."""

import statistics
import subprocess
import sys
import time

import pytest

from livecsi import __version__
from livecsi.cli import COMMANDS

PROMISED_SECONDS = 0.3
BUSY_MACHINE = 1.5
"""Tests share their cores with other work; 0.1 s is measured on an idle one, so this still catches a heavy import."""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livecsi.cli", *arguments], capture_output=True, text=True, check=False)  # fmt: skip


def test_help_answers_at_once():
    taken = []
    for _ in range(5):
        began = time.monotonic()
        assert run("--help").returncode == 0
        taken.append(time.monotonic() - began)
    assert statistics.median(taken) < PROMISED_SECONDS * BUSY_MACHINE


@pytest.mark.parametrize("arguments", [["-h"], ["replay", "-h"], ["catalogue", "import", "-h"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    code = "import sys; from livecsi.cli import root\ntry: root(sys.argv[1:])\nfinally: print(*sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    loaded = set(answer.stdout.split())
    assert "click" in loaded
    assert not loaded & {"numpy", "onnxruntime", "torch", "pydantic", "sqlite3", "rich", "soundfile", "av"}


def test_every_command_is_listed_and_has_help_of_its_own(livecsi):
    listed = livecsi("--help").stdout
    for command, summary in COMMANDS.items():
        assert command in listed and summary.split()[0] in listed
        answer = livecsi(command, "--help")
        assert (answer.exit_code, answer.stderr) == (0, "") and "Usage:" in answer.stdout


def test_version_and_unknown_commands(livecsi):
    assert livecsi("--version").stdout == f"livecsi, version {__version__}\n"
    answer = livecsi("rply")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "No such command 'rply'" in answer.stderr
