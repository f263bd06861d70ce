"""How the daemon talks: a line of JSON per event under systemd, a readable line on a terminal.

A terminal is told by stderr alone, since desktop terminals inherit systemd's variables from the session they run in.
Loggers are not cached, so that a test, or a second configuration, is never stuck with the first one.
"""

import sys
from contextlib import suppress
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from livecsi.clock import Clock, format_utc

HOUR_SECONDS = 3600.0


def configure(clock: Clock, stream: TextIO | None = None) -> None:
    """Send every structlog event to `stream`, stderr unless a test says otherwise."""
    stream = stream or sys.stderr
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _stamp(clock),
            *_written(is_terminal=stream.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        logger_factory=lambda *_: _PatientLogger(stream),
        cache_logger_on_first_use=False,
    )


class _PatientLogger(structlog.WriteLogger):
    """A log that cannot be written, for a full disk or a terminal that was closed, is no reason to stop listening."""

    def msg(self, message: str) -> None:
        with suppress(OSError):
            super().msg(message)

    debug = info = warning = error = critical = msg


class Hourly:
    """Lets a repeated warning through once an hour, so that a bad night does not fill the journal."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: dict[str, float] = {}

    def may_say(self, what: str) -> bool:
        """Whether `what` was not said within the last hour; asking counts as saying."""
        now = self._clock.monotonic_seconds()
        if now - self._said.get(what, -HOUR_SECONDS) < HOUR_SECONDS:
            return False
        self._said[what] = now
        return True


def _stamp(clock: Clock) -> Processor:
    def stamp(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
        return {"at": format_utc(clock.utc_now()), **event}

    return stamp


def _written(*, is_terminal: bool) -> list[Processor]:
    if is_terminal:
        return [structlog.dev.ConsoleRenderer(timestamp_key="at")]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False, default=str)]
