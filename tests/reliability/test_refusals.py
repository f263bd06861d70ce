"""What cannot work is refused at the start: soon, in one line that says what to do, with the exit code of its kind."""

import resource
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.daemon import LiveDaemon, livecsi, until

REFUSED_SECONDS = 5.0
"""Of the processor: what neighbours do with it is not our affair."""
MODELS = Path(__file__).parents[2] / "models"
RAW_OPTIONS = {"LIVECSI_CAPTURE__INPUT": "-", "LIVECSI_CAPTURE__RATE_HERTZ": "22050"}


def unknown_settings(folder: Path) -> dict[str, str]:
    path = folder / "config" / "livecsi" / "livecsi.toml"
    path.parent.mkdir(parents=True)
    path.write_text("[captur]\ngain_db = 3\n")
    return {}


def no_catalogue(folder: Path) -> dict[str, str]:
    (folder / "catalogue.sqlite").unlink()
    return {}


def empty_catalogue(folder: Path) -> dict[str, str]:
    assert livecsi(folder, "catalogue", "remove", "1", "2", "3").returncode == 0
    return {}


def model_of_unknown_hash(folder: Path) -> dict[str, str]:
    models = shutil.copytree(MODELS, folder / "models")
    encoder = next((models / "livecsi").glob("*encoder*.onnx"))
    content = bytearray(encoder.read_bytes())
    content[len(content) // 2] ^= 1
    encoder.write_bytes(content)
    return {"LIVECSI_MODEL__DIRECTORY": str(models)}


def catalogue_from_the_future(folder: Path) -> dict[str, str]:
    with sqlite3.connect(folder / "catalogue.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    return {}


@pytest.mark.parametrize(
    ("spoil", "exit_code", "advice"),
    [
        (unknown_settings, 2, "did you mean 'capture'"),
        (no_catalogue, 1, "livecsi catalogue import"),
        (empty_catalogue, 1, "livecsi catalogue import"),
        (model_of_unknown_hash, 5, ""),
        (catalogue_from_the_future, 5, "upgrade livecsi"),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_what_cannot_work_is_refused_in_one_line(
    folder, spoil: Callable[[Path], dict[str, str]], exit_code: int, advice: str
):
    more = spoil(folder)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = livecsi(folder, "run", **RAW_OPTIONS, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < REFUSED_SECONDS
    (line,) = [line for line in answer.stderr.splitlines() if not line.startswith("{")]
    assert (answer.returncode, answer.stdout) == (exit_code, ""), line
    assert line.startswith("livecsi: ") and advice in line


def test_a_second_daemon_on_the_same_state_is_refused_and_the_first_goes_on(folder):
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        answer = livecsi(folder, "run", **RAW_OPTIONS)
        (line,) = [line for line in answer.stderr.splitlines() if not line.startswith("{")]
        assert answer.returncode == 4 and "runs already" in line
        signs = len(daemon.told("WATCHDOG=1"))
        until(lambda: len(daemon.told("WATCHDOG=1")) > signs, 10.0, daemon.words)
