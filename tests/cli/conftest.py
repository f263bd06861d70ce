"""A state directory of its own for every test, and the command line run in a process of its own or in this one."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from livecsi.cli import main, root


@dataclass
class Answer:
    """What a command said and how it ended."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def state(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("LIVECSI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "state"


@pytest.fixture
def livecsi(state, capfdbinary):
    """Run one command the way the installed program does, error lines and exit codes included."""

    def run(*arguments) -> Answer:
        capfdbinary.readouterr()
        with pytest.raises(SystemExit) as left:
            main([str(argument) for argument in arguments])
            raise SystemExit(0)
        stdout, stderr = capfdbinary.readouterr()
        return Answer(int(left.value.code or 0), stdout.decode("utf-8", "replace"), stderr.decode())

    return run


@pytest.fixture
def runner(state):
    """For commands whose output is bytes."""
    return lambda *arguments: CliRunner().invoke(root, [str(argument) for argument in arguments])
