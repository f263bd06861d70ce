"""The watch and the service manager: a sign of life every second while the analysis makes progress, none after."""

import socket
from dataclasses import replace

import pytest

from livecsi.audio.levels import InputLevels
from livecsi.audio.live import CaptureStatus
from livecsi.service.notify import Notifier
from livecsi.service.status import State
from livecsi.service.telemetry import Telemetry
from livecsi.service.watch import CLIPPED_SECONDS, LARGEST_LAG_SECONDS, NO_SIGNAL_SECONDS, Watch, troubles_of
from livecsi.settings import ServiceManager
from tests.fakes import FakeClock
from tests.service.made_up_status import a_status


@pytest.fixture
def manager(tmp_path):
    """The receiving end of a real notify socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.setblocking(False)
        yield end


def messages(end: socket.socket) -> list[str]:
    found = []
    try:
        while True:
            found.append(end.recv(4096).decode())
    except BlockingIOError:
        return found


def test_an_analysis_that_hangs_is_no_longer_vouched_for(manager, tmp_path):
    clock, alive, shown = FakeClock(), [True], []
    notifier = Notifier(ServiceManager(str(tmp_path / "notify")), clock)
    watch = Watch(a_status, lambda: alive[0], clock, Telemetry(), notifier, shown.append)
    watch.look()
    said = messages(manager)
    assert said[-1] == "WATCHDOG=1" and said[0].startswith("STATUS=")
    alive[0] = False
    watch.look()
    (status,) = messages(manager)
    assert status.startswith("STATUS=") and len(shown) == 2, "whoever looks is still told"


def test_a_terminal_that_was_closed_does_not_end_the_watch(manager, tmp_path):
    def closed(_) -> None:
        raise OSError("input/output error")

    clock = FakeClock()
    notifier = Notifier(ServiceManager(str(tmp_path / "notify")), clock)
    watch = Watch(a_status, lambda: True, clock, Telemetry(), notifier, closed)
    manager.setblocking(True)
    manager.settimeout(5.0)
    with watch.running():
        seen = [manager.recv(4096).decode() for _ in range(4)]
    assert seen.count("WATCHDOG=1") == 2


def capture(trouble: str = "", **levels: float) -> CaptureStatus:
    return CaptureStatus(True, "a microphone", replace(InputLevels(-20.0, -6.0), **levels), {}, trouble)


@pytest.mark.parametrize(
    ("status", "lag_seconds", "says"),
    [
        (capture(), 0.0, ""),
        (capture(trouble="the input is gone; waiting"), 0.0, "the input is gone"),
        (capture(zeros_seconds=NO_SIGNAL_SECONDS), 0.0, "digital silence"),
        (capture(unclipped_seconds=CLIPPED_SECONDS - 1), 0.0, "clips"),
        (capture(unclipped_seconds=CLIPPED_SECONDS), 0.0, ""),
        (capture(), LARGEST_LAG_SECONDS + 1, "behind"),
    ],
)
def test_every_trouble_is_one_line_with_advice(status, lag_seconds, says, tmp_path):
    telemetry = Telemetry()
    found = troubles_of(status, lag_seconds, tmp_path, telemetry)
    assert [says in line for line in found] == [True] * bool(says)
    assert telemetry.registry.get_sample_value("livecsi_disk_free_bytes", {"path": str(tmp_path)})


def test_a_disk_that_went_away_is_a_trouble_and_no_end_of_the_watch(tmp_path):
    (trouble,) = troubles_of(capture(), 0.0, tmp_path / "gone", Telemetry())
    assert "No such file or directory" in trouble and str(tmp_path) in trouble


def test_a_state_is_logged_once(capsys, manager, tmp_path):
    notifier = Notifier(ServiceManager(str(tmp_path / "notify")), FakeClock())
    telemetry = Telemetry()
    watch = Watch(a_status, lambda: True, FakeClock(), telemetry, notifier, lambda _: None)
    watch.look()
    watch.look()
    said = capsys.readouterr().out
    state = a_status().state
    assert said.count(f"state={state.value}") + said.count(f"state='{state.value}'") == 1
    shown = {each: telemetry.registry.get_sample_value("livecsi_state", {"state": each.value}) for each in State}
    assert shown[state] == 1 and sum(shown.values()) == 1
