"""`livecsi run`: everything is started here, in order, and stopped in reverse.

    health -> books -> analysis -> capture -> watch -> hear, until a signal or the end of the input

The analysis is the main thread; capture, watch and health have their own and never wait for it.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import structlog

from livecsi.audio.capture_process import display_name
from livecsi.audio.levels import InputLevels
from livecsi.clock import Clock
from livecsi.errors import LivecsiError
from livecsi.service.analysis import Analysis
from livecsi.service.books import open_books
from livecsi.service.capturing import Capturing
from livecsi.service.health import HealthServer
from livecsi.service.inbox import OVERRUN, Inbox
from livecsi.service.notify import Notifier
from livecsi.service.status import SessionView, Signs, Status, state_of
from livecsi.service.telemetry import Stage, Telemetry
from livecsi.service.watch import STUCK_SECONDS, Watch, troubles_of
from livecsi.settings import RAW_INPUT, Settings, service_manager
from livecsi.types import SAMPLE_RATE_HERTZ, Gap

WAITING_LIMIT_SECONDS = 5.0
"""How much audio of a pipe waits for the analysis."""
TAKE_SECONDS = 0.5
DRAIN_SECONDS = 2.0
"""How long a daemon that is stopped goes on hearing what it is behind with."""
NEEDS_RESTART = ("state_dir", "model", "listening", "service")
"""Settings that are only read at the start."""


class Daemon:
    """One run; `run` returns when it is over. `read_settings` is asked again on SIGHUP."""

    def __init__(
        self, read_settings: Callable[[], Settings], act: str | None, clock: Clock, show: Callable[[Status], None]
    ) -> None:
        self._read_settings, self._act, self._clock = read_settings, act, clock
        self._settings = read_settings()
        self._telemetry = Telemetry()
        self._notifier = Notifier(service_manager(), clock)
        self._watch = Watch(self.status, self.is_alive, clock, self._telemetry, self._notifier, show)
        self._running_since = clock.utc_now()
        self._beat_seconds = clock.monotonic_seconds()
        self._inbox = self._new_inbox()
        self._capture: Capturing | None = None
        self._analysis: Analysis | None = None
        self._stop, self._reload, self._is_ready = threading.Event(), threading.Event(), False

    def run(self) -> None:
        """Listen until SIGTERM, SIGINT or the end of the input; raises LivecsiError when something is missing."""
        service = self._settings.service
        health = HealthServer(service.host, service.port, self._telemetry, self.status, self.is_alive)
        with ExitStack() as stack:
            stack.enter_context(self._signals())
            health.start()
            stack.callback(health.stop)
            books = stack.enter_context(open_books(self._settings, self._clock, self._telemetry, self._timed))
            self._telemetry.model(books.ear.model_id)
            analysis = self._analysis = Analysis(books, display_name(self._settings.capture.input), self._act)
            stack.callback(self._finish, analysis)
            stack.callback(self._stop_capture)
            self._start_capture()
            stack.enter_context(self._watch.running())
            self._is_ready = True
            self._notifier.ready()
            self._hear(analysis)
            self._notifier.stopping()

    def is_alive(self) -> bool:
        """Whether the analysis has done something lately."""
        return self._clock.monotonic_seconds() - self._beat_seconds < STUCK_SECONDS

    def status(self) -> Status:
        """How everything is now; for any thread."""
        capture = self._capture.status if self._capture else None
        lag_seconds = self._inbox.lag_seconds
        levels = capture.levels if capture else InputLevels()
        troubles = [*(self._analysis.troubles if self._analysis else [])]
        if capture:
            troubles += troubles_of(capture, lag_seconds, self._settings.state_dir, self._telemetry)
        signs = Signs(self._is_ready, bool(capture and capture.is_capturing), tuple(troubles), self._stop.is_set())
        return Status.about(
            self._analysis.view if self._analysis else SessionView(),
            state=state_of(signs),
            troubles=tuple(troubles),
            at=self._clock.utc_now(),
            running_since=self._running_since,
            input_name=capture.input_name if capture else display_name(self._settings.capture.input),
            level_dbfs=levels.level_dbfs,
            peak_dbfs=levels.peak_dbfs,
            clipped_fraction=levels.clipped_fraction,
            dc_offset=levels.dc_offset,
            lag_seconds=lag_seconds,
        )

    def _hear(self, analysis: Analysis) -> None:
        while not self._stop.is_set() and not self._inbox.has_ended:
            self._hear_next(analysis)
            if self._reload.is_set():
                self._reload.clear()
                self._take_over_settings(analysis)
        if self._inbox.error:
            raise self._inbox.error

    def _hear_next(self, analysis: Analysis) -> None:
        piece = self._inbox.take(TAKE_SECONDS)
        self._beat()
        if piece is None:
            analysis.keep_house()
        else:
            if isinstance(piece, Gap) and piece.reason == OVERRUN:
                self._telemetry.missed((piece.last_sample - piece.first_sample) / SAMPLE_RATE_HERTZ, OVERRUN)
            analysis.accept(piece)

    def _finish(self, analysis: Analysis) -> None:
        """Capture has stopped: hear the rest of what it took while there is time, and close the books on the night."""
        give_up_seconds = self._clock.monotonic_seconds() + DRAIN_SECONDS
        while not self._inbox.has_ended:
            if self._clock.monotonic_seconds() > give_up_seconds:
                self._inbox.give_up()
            self._hear_next(analysis)
        analysis.finish()

    def _start_capture(self) -> None:
        self._inbox = self._new_inbox()
        self._capture = Capturing(self._settings.capture, self._clock, self._inbox, self._telemetry)
        self._capture.start()

    def _stop_capture(self) -> None:
        if self._capture:
            self._capture.stop()

    def _new_inbox(self) -> Inbox:
        if self._settings.capture.input == RAW_INPUT:
            return Inbox(WAITING_LIMIT_SECONDS, can_wait=True)
        return Inbox(self._settings.listening.ring_seconds, can_wait=False)

    def _take_over_settings(self, analysis: Analysis) -> None:
        """SIGHUP; settings that make no sense change nothing."""
        log = structlog.get_logger()
        self._notifier.reloading()
        try:
            fresh = self._read_settings()
            late = [name for name in NEEDS_RESTART if getattr(fresh, name) != getattr(self._settings, name)]
            kept = {name: getattr(self._settings, name) for name in late}
            fresh = fresh.model_copy(update=kept)
            analysis.reload(fresh)
            if late:
                log.warning("these settings count from the next start on", settings=late)
            self._exchange_source(analysis, fresh)
        except LivecsiError as error:
            log.error("nothing was reloaded", reason=str(error))
        self._notifier.ready()

    def _exchange_source(self, analysis: Analysis, fresh: Settings) -> None:
        is_other = fresh.capture != self._settings.capture
        self._settings = fresh
        if is_other:
            self._stop_capture()
            while not self._inbox.has_ended:
                self._hear_next(analysis)
            analysis.new_source(display_name(fresh.capture.input))
            self._start_capture()

    def _timed(self, stage: Stage) -> AbstractContextManager[object]:
        self._beat()
        return self._telemetry.stage(stage)

    def _beat(self) -> None:
        self._beat_seconds = self._clock.monotonic_seconds()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        wanted = {signal.SIGTERM: self._stop, signal.SIGINT: self._stop, signal.SIGHUP: self._reload}
        before = {number: signal.signal(number, lambda n, _: wanted[signal.Signals(n)].set()) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
