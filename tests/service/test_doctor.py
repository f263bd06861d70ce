"""Each thing that can spoil a night, spoiled on purpose, and what the doctor says about it."""

import math
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.audio.levels import SILENCE_DBFS, InputLevels
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import SystemClock
from livecsi.identify.sessions import default_directory
from livecsi.ledger.ledger import Ledger
from livecsi.service.doctor import Check, Mark, examine, judge_disk, judge_levels
from livecsi.service.health import HealthServer
from livecsi.service.status import State
from livecsi.service.telemetry import Telemetry
from livecsi.settings import CaptureSettings, ModelSettings, ServiceSettings, Settings, VenueSettings, load_settings
from tests.fakes import FakeClock
from tests.ports import free_port
from tests.service.made_up_status import a_status


class NetworkClock(SystemClock):
    """The machine's clock, as if NTP set it, wherever the tests run."""

    def is_synchronised(self) -> bool:
        return True


@pytest.fixture
def settings(tmp_path) -> Settings:
    """A box with raw PCM as its input and no daemon."""
    return load_settings(
        files=[],
        state_dir=tmp_path,
        capture=CaptureSettings(input="-", rate_hertz=44_100),
        service=ServiceSettings(port=free_port()),
        venue=VenueSettings(name="The Shed", timezone="Europe/Helsinki"),
    )


def examined(settings: Settings, clock=None) -> dict[str, Check]:
    return {check.what: check for check in examine(settings, clock or NetworkClock())}


def test_a_box_in_order_has_only_good_marks(prepared, settings, pulse, tmp_path):
    """A real sound server plays a tone of -18 dBFS into the input; catalogue and model are real too."""
    tone = np.sin(2 * np.pi * 440 * np.arange(20 * 44_100) / 44_100) * 10 ** (-15 / 20)
    soundfile.write(tmp_path / "tone.wav", tone, 44_100)
    shutil.copytree(prepared.folder, tmp_path / "state")
    healthy = settings.model_copy(update={"state_dir": tmp_path / "state", "capture": CaptureSettings()})
    with Ledger.open(healthy.ledger_path, NetworkClock()) as ledger:
        ledger.append("session.closed", {"session_id": "one"})
    player = pulse.play(tmp_path / "tone.wav")
    checks = examined(healthy)
    player.kill()
    assert {check.what: check.mark for check in checks.values() if check.mark is not Mark.GOOD} == {"daemon": "note"}
    assert list(checks) == [
        "daemon",
        "input",
        "level",
        "clock",
        "venue",
        "zone",
        "disk",
        "state",
        "model",
        "catalogue",
        "ledger",
    ]
    assert checks["level"].says == "-18 dBFS, peaks -15 dBFS"
    assert "3 studio songs" in checks["catalogue"].says and "1 events, 1 signed" in checks["ledger"].says


def test_silence_from_a_real_input_is_noticed(settings, pulse):
    checks = examined(settings.model_copy(update={"capture": CaptureSettings()}))
    assert (checks["input"].mark, checks["level"].mark, checks["level"].says) == ("good", "bad", "digital zeros")


def test_an_input_that_is_not_plugged_in_is_tried_twice_and_named(settings):
    began = time.monotonic()
    checks = examined(settings.model_copy(update={"capture": CaptureSettings(input="card:Nowhere")}))
    assert checks["input"].mark is Mark.BAD and checks["input"].says
    assert "level" not in checks and time.monotonic() - began < 8.0


@pytest.mark.parametrize(("levels", "mark", "words"), [
    (InputLevels(-18.0, -7.0), Mark.GOOD, "-18 dBFS, peaks -7 dBFS"),
    (InputLevels(-70.0, -62.0), Mark.NOTE, "quiet"),
    (InputLevels(SILENCE_DBFS, SILENCE_DBFS), Mark.BAD, "zeros"),
    (InputLevels(-8.0, 0.0), Mark.BAD, "clipping"),
    (InputLevels(-18.0, -5.0, clipped_fraction=0.001), Mark.BAD, "clipping"),
    (InputLevels(-18.0, -7.0, dc_offset=-0.2), Mark.BAD, "off centre"),
])  # fmt: skip
def test_levels_say_something_about_the_wiring(levels, mark, words):
    check = judge_levels(levels)
    assert check.mark is mark and words in check.says
    assert bool(check.advice) == (mark is not Mark.GOOD)


@pytest.mark.parametrize(("free", "mark"), [(999_999_999, Mark.BAD), (1_000_000_000, Mark.GOOD)])
def test_less_than_a_gigabyte_is_too_little(free, mark):
    assert judge_disk(free, Path("/var/lib/livecsi")).mark is mark


def test_a_clock_that_nobody_sets_and_a_venue_without_a_zone(settings):
    clock = FakeClock()
    clock.synchronised = False
    checks = examined(settings.model_copy(update={"venue": VenueSettings()}), clock)
    assert (checks["clock"].mark, checks["zone"].mark) == (Mark.BAD, Mark.NOTE)
    assert "timedatectl" in checks["clock"].advice and "venue.timezone" in checks["zone"].advice


@pytest.fixture
def as_somebody_else():
    """`access` asks for the real user, so for a while we are nobody to it; root may write everywhere."""
    if os.geteuid():
        yield
        return
    os.setresuid(65534, 0, 0)
    yield
    os.setresuid(0, 0, 0)


def test_a_state_file_of_another_user_is_named(settings, as_somebody_else):
    checkpoints = settings.state_dir / "ledger-checkpoints.jsonl"
    checkpoints.touch()
    checkpoints.chmod(0o400)
    check = next(check for check in examine(settings, NetworkClock()) if check.what == "state")
    assert check.mark is Mark.BAD and check.says.startswith(str(settings.state_dir))


def test_a_model_that_is_not_the_released_one(settings, tmp_path):
    models = tmp_path / "models"
    shutil.copytree(default_directory(), models)
    gate = next((models / "gate").glob("*.onnx"))
    gate.write_bytes(gate.read_bytes()[:-1] + b"x")
    check = examined(settings.model_copy(update={"model": ModelSettings(directory=models)}))["model"]
    assert check.mark is Mark.BAD and gate.name in check.says and "restore" in check.advice


def test_no_catalogue_an_empty_one_and_songs_the_model_never_heard(settings):
    assert "there is no catalogue" in examined(settings)["catalogue"].says
    with Catalogue.open(settings.catalogue_path, FakeClock()) as catalogue:
        assert "no songs" in examined(settings)["catalogue"].says
        catalogue.add_recording(
            title="Korobeiniki", artist="x", duration_seconds=60.0, audio_sha256="0" * 64, source_name="a.flac"
        )
    check = examined(settings)["catalogue"]
    assert check.mark is Mark.BAD and "1 of 1 songs" in check.says and "import" in check.advice


def test_a_ledger_whose_end_was_cut_off(settings):
    with Ledger.open(settings.ledger_path, FakeClock()) as ledger:
        ledger.append("session.closed", {"session_id": "one"})
        ledger.checkpoints.path.unlink()
    check = examined(settings)["ledger"]
    assert check.mark is Mark.BAD and "checkpoint" in check.says and "ledger verify" in check.advice


@pytest.mark.parametrize(("status", "marks"), [
    (replace(a_status(), clipped_fraction=0.02), {"daemon": "good", "input": "good", "level": "bad"}),
    (replace(a_status(), dc_offset=0.05), {"daemon": "good", "input": "good", "level": "bad"}),
    (a_status(), {"daemon": "good", "input": "good", "level": "good"}),
    (a_status(State.DEGRADED, ("the disk is full",)), {"daemon": "bad", "input": "good", "level": "good"}),
    (a_status(State.WAITING, ("no input is called x",)), {"daemon": "bad", "input": "bad"}),
])  # fmt: skip
def test_a_running_daemon_keeps_its_input_and_is_asked_instead(settings, status, marks):
    server = HealthServer("127.0.0.1", 0, Telemetry(), lambda: status, lambda: True)
    server.start()
    try:
        checks = examined(settings.model_copy(update={"service": ServiceSettings(port=server.port)}))
    finally:
        server.stop()
    assert {what: checks[what].mark for what in ("daemon", "input", "level") if what in checks} == marks
    if math.isfinite(status.level_dbfs):
        assert checks["input"].says == "Scarlett 2i2 USB"
