"""The thread that empties the source into the inbox, and the one place that starts and stops a source."""

import threading

from livecsi.audio.live import CaptureStatus, LiveSource
from livecsi.clock import Clock
from livecsi.service.inbox import Inbox
from livecsi.service.telemetry import Telemetry
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap

JOIN_SECONDS = 3.0


class Capturing:
    """A source and its thread."""

    def __init__(self, settings: CaptureSettings, clock: Clock, inbox: Inbox, telemetry: Telemetry) -> None:
        self._source = LiveSource(settings, clock)
        self._inbox, self._telemetry = inbox, telemetry
        self._restarts: dict[str, int] = {}
        self._thread = threading.Thread(target=self._run, name="capture", daemon=True)

    @property
    def status(self) -> CaptureStatus:
        """How the source is doing now."""
        return self._source.status

    def start(self) -> None:
        """Open the source, in its thread."""
        self._thread.start()

    def stop(self) -> None:
        """What was taken until now is in the inbox afterwards, and the inbox is closed."""
        self._source.stop()
        self._inbox.hurry()
        self._thread.join(JOIN_SECONDS)
        self._inbox.close()

    def _run(self) -> None:
        try:
            with self._source as source:
                for piece in source:
                    self._inbox.put(piece)
                    self._count(piece)
        except BaseException as error:  # nobody else would ever hear of it
            self._inbox.close(error)
            return
        self._inbox.close()

    def _count(self, piece: Block | Gap) -> None:
        if isinstance(piece, Block):
            self._telemetry.captured(len(piece.samples))
        else:
            self._telemetry.missed((piece.last_sample - piece.first_sample) / SAMPLE_RATE_HERTZ, piece.reason)
        restarts = dict(self._source.status.restarts)
        for reason, count in restarts.items():
            for _ in range(count - self._restarts.get(reason, 0)):
                self._telemetry.restarted(reason)
        self._restarts = restarts
