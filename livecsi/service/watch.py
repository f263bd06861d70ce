"""Once a second: are we well? What it finds goes to the metrics, to systemd, to the log and to whoever looks.

It has a thread of its own, so that it notices when the analysis hangs; then systemd gets no sign of life any more and
starts us again.
"""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from livecsi.audio.live import CaptureStatus
from livecsi.clock import Clock
from livecsi.service.logs import Hourly
from livecsi.service.notify import Notifier
from livecsi.service.status import State, Status
from livecsi.service.telemetry import Telemetry

PERIOD_SECONDS = 1.0
STUCK_SECONDS = 15.0
"""No single step of the analysis takes this long."""
NO_SIGNAL_SECONDS = 60.0
CLIPPED_SECONDS = 60.0
"""So long after it clipped an input is in trouble, so that loud choruses do not switch it on and off."""
LARGEST_LAG_SECONDS = 60.0
NEARLY_FULL_BYTES = 200 * 1024 * 1024


class Watch:
    """Looks at the daemon from outside the analysis."""

    def __init__(
        self,
        status: Callable[[], Status],
        is_alive: Callable[[], bool],
        clock: Clock,
        telemetry: Telemetry,
        notifier: Notifier,
        show: Callable[[Status], None],
    ) -> None:
        self._status, self._is_alive, self._show = status, is_alive, show
        self._telemetry, self._notifier = telemetry, notifier
        self._hourly = Hourly(clock)
        self._log = structlog.get_logger()
        self._state: State | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watch while the block lasts."""
        over = threading.Event()
        thread = threading.Thread(target=self._run, args=(over,), name="watch", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def look(self) -> None:
        """One look, told to everybody."""
        status = self._status()
        self._telemetry.state(status.state)
        self._telemetry.level(status.level_dbfs)
        self._telemetry.lag(status.lag_seconds)
        self._notifier.status(_line(status))
        if self._is_alive():
            self._notifier.watchdog()
        self._say(status)
        self._show(status)

    def _run(self, over: threading.Event) -> None:
        while not over.wait(PERIOD_SECONDS):
            with suppress(OSError):  # a terminal that was closed
                self.look()

    def _say(self, status: Status) -> None:
        if status.state is not self._state:
            self._log.info("state", state=status.state.value, input=status.input_name)
            self._state = status.state
        for trouble in status.troubles:
            if self._hourly.may_say(trouble):
                self._log.warning(trouble)


def troubles_of(capture: CaptureStatus, lag_seconds: float, state_dir: Path, telemetry: Telemetry) -> list[str]:
    """What does not work as it should, a line with advice each; the free space of the disk is counted on the way."""
    found = [capture.trouble] if capture.trouble else []
    if capture.levels.zeros_seconds >= NO_SIGNAL_SECONDS:
        found.append("the input is digital silence; check cable, channel and whether the desk sends anything")
    if capture.levels.unclipped_seconds < CLIPPED_SECONDS:
        found.append("the input clips; turn it down at the desk or the interface")
    if lag_seconds > LARGEST_LAG_SECONDS:
        found.append("the analysis is more than a minute behind; does something else use the processor?")
    return [*found, *_troubles_of_disk(state_dir, telemetry)]


def _troubles_of_disk(state_dir: Path, telemetry: Telemetry) -> list[str]:
    try:
        free_bytes = shutil.disk_usage(state_dir).free
    except OSError as error:
        return [f"{state_dir} does not answer: {error.strerror}; is its disk still there?"]
    telemetry.disk(str(state_dir), free_bytes)
    if free_bytes < NEARLY_FULL_BYTES:
        return [f"the disk of {state_dir} has less than {NEARLY_FULL_BYTES // 2**20} MB left; free some space"]
    return []


def _line(status: Status) -> str:
    """What `systemctl status` shows."""
    if status.troubles:
        return f"{status.state.value}: {status.troubles[0]}"
    songs = sum(bool(line.title) for line in status.setlist)
    return f"{status.state.value} at {status.level_dbfs:.0f} dBFS, {songs} songs so far"
