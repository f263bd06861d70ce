"""Live audio as a source that never gives up: devices vanish, servers hang and children die, and it waits, visibly.

Every kind of input is captured by a child process (`capture`, `network`, `pcm`). Whatever goes wrong with one ends in
the same way: the child is killed, the loss is booked as gaps of one reason until audio is back, and another child is
started after a pause that grows with every failure and shrinks again while audio flows.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType, TracebackType
from typing import Self

import numpy as np

from livecsi.audio.capture_process import CaptureProcess, ChildDiedError, display_name
from livecsi.audio.levels import InputLevels, LevelMeter
from livecsi.audio.splicer import Loss, Splicer
from livecsi.audio.wire import Absent, Ended, Heard, Heartbeat, Lost, Opened
from livecsi.clock import Clock
from livecsi.settings import RAW_INPUT, CaptureSettings
from livecsi.types import Block, Gap

POLL_SECONDS = 0.25
OPENING_SECONDS = 8.0
"""How long an input may take from the start of its child to its first sample."""
GAP_SECONDS = 1.0
"""How often a lasting gap is reported."""
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 4.0
RECOVERY_SECONDS = 10.0
"""After so much audio without a loss the pause before the next start is halved."""


@dataclass(frozen=True, slots=True)
class CaptureStatus:
    """How the input is doing."""

    is_capturing: bool
    input_name: str
    levels: InputLevels
    """Of the last second, after the gain; those of silence while nothing is captured."""
    restarts: Mapping[str, int]
    """How often the input had to be opened again, by reason."""
    trouble: str
    """One line with advice, empty when all is well."""


class Backoff:
    """The pause before the next start: doubles with every failure, halves with every stretch of good audio."""

    def __init__(self) -> None:
        self._pause_seconds = FIRST_PAUSE_SECONDS
        self._good_seconds = 0.0

    def failed(self) -> float:
        """How long to wait now, in seconds."""
        pause_seconds = self._pause_seconds
        self._pause_seconds = min(2 * pause_seconds, LONGEST_PAUSE_SECONDS)
        self._good_seconds = 0.0
        return pause_seconds

    def went_well(self, seconds: float) -> None:
        """So much audio came without a loss."""
        self._good_seconds += seconds
        if self._good_seconds >= RECOVERY_SECONDS:
            self._good_seconds = 0.0
            self._pause_seconds = max(self._pause_seconds / 2, FIRST_PAUSE_SECONDS)


class LiveSource:
    """A microphone, a line, a stream or a pipe as a `Source`; sample 0 is the moment it was entered.

    Iterate it in one thread; `stop` and `status` may be used from any. What comes through a pipe (`can_wait`) has no
    gaps: its writer waits for us, and sample 0 is the first one.
    """

    def __init__(self, settings: CaptureSettings, clock: Clock, command: Sequence[str] = ()) -> None:
        """`command` is a program that speaks `livecsi.audio.wire`, in place of the one the input needs."""
        self.name = display_name(settings.input)
        self.duration_seconds: float | None = None
        self.can_wait = settings.input == RAW_INPUT
        self._settings = settings
        self._clock = clock
        self._command = command
        self._gain = np.float32(10 ** (settings.gain_db / 20))
        self._stopping = threading.Event()
        self._has_ended = False
        self._child: CaptureProcess | None = None
        self._splicer = Splicer(None)
        self._meter = LevelMeter(1)
        self._backoff = Backoff()
        self._rate_hertz = 0
        self._is_capturing = False
        self._is_silent = True
        self._reason = Loss.WAITING
        self._restarts: dict[str, int] = {}
        self._trouble = f"opening {self.name}"
        self._progress_seconds = self._next_start_seconds = self._reported_seconds = 0.0
        self._status = self._snapshot()

    @property
    def status(self) -> CaptureStatus:
        """How it is doing now."""
        return self._status

    def stop(self) -> None:
        """End the iteration within half a second."""
        self._stopping.set()

    def __enter__(self) -> Self:
        now = self._clock.monotonic_seconds()
        self._splicer = Splicer(None if self.can_wait else now)
        self._next_start_seconds = self._reported_seconds = now
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()
        self._close_child()

    def __iter__(self) -> Iterator[Block | Gap]:
        try:
            while not (self._stopping.is_set() or self._has_ended):
                yield from self._step()
            yield from self._splicer.lost()
        finally:
            self._close_child()

    def _step(self) -> Iterator[Block | Gap]:
        """Start what has to be started, and take one message or notice that none came."""
        try:
            if self._child is None and not self._start():
                self._stopping.wait(POLL_SECONDS)
            elif self._child is not None:
                yield from self._receive(self._child)
        except (ChildDiedError, OSError) as error:
            yield from self._lose(Loss.CHILD_DIED, f"{error}; it is started again")
        yield from self._report_gap()

    def _start(self) -> bool:
        now = self._clock.monotonic_seconds()
        if now < self._next_start_seconds:
            return False
        self._child = CaptureProcess(self._settings, self._command)
        self._progress_seconds = now
        self._rate_hertz = 0
        self._is_silent = True
        return True

    def _receive(self, child: CaptureProcess) -> Iterator[Block | Gap]:
        match child.receive(POLL_SECONDS):
            case Heard() as message if self._rate_hertz:
                yield from self._hear(message)
            case Opened(_, rate_hertz, _):
                self._rate_hertz = rate_hertz
                self._splicer.opened(rate_hertz)
                self._meter = LevelMeter(rate_hertz)
            case Absent(why):
                yield from self._lose(Loss.WAITING, why)
            case Lost(why):
                yield from self._lose(Loss.DEVICE_LOST, f"{why}; waiting for it to come back")
            case Ended():
                self._has_ended = True
            case Heartbeat() | None as sign:
                yield from self._be_impatient(is_child_alive=sign is not None)
            case _:
                raise ChildDiedError("the capture process talks nonsense")

    def _hear(self, message: Heard) -> Iterator[Block | Gap]:
        self._progress_seconds = self._clock.monotonic_seconds()
        if self._gain != 1.0:
            message = replace(message, samples=message.samples * self._gain, peak=message.peak * float(self._gain))
        self._meter.feed(message)
        self._backoff.went_well(len(message.samples) / self._rate_hertz)
        self._is_capturing, self._is_silent, self._trouble = True, False, ""
        self._status = self._snapshot()
        yield from self._splicer.heard(message, self._reason)

    def _be_impatient(self, is_child_alive: bool) -> Iterator[Block | Gap]:
        """Nothing came; when that has lasted too long, the input hangs."""
        waited_seconds = self._clock.monotonic_seconds() - self._progress_seconds
        if waited_seconds < (OPENING_SECONDS if self._is_silent else self._settings.stall_seconds):
            return
        if self.can_wait:
            self._is_capturing, self._trouble = False, "nothing comes through the pipe; is its writer running?"
            self._status = self._snapshot()
            return
        what = "the input delivers nothing" if is_child_alive else "the capture process hangs"
        yield from self._lose(Loss.STALLED, f"{what}; it is started again, check the sound server and the cable")

    def _lose(self, reason: Loss, trouble: str) -> Iterator[Block]:
        """The child is of no use any more: end its audio, and decide when the next one is started."""
        self._close_child()
        yield from self._splicer.lost()
        if self._is_capturing:
            self._reason = reason
            self._reported_seconds = 0.0
        self._restarts[reason] = self._restarts.get(reason, 0) + 1
        self._next_start_seconds = self._clock.monotonic_seconds() + self._backoff.failed()
        self._is_capturing, self._trouble = False, trouble
        self._meter = LevelMeter(1)
        self._status = self._snapshot()

    def _report_gap(self) -> Iterator[Gap]:
        """While nothing comes, time goes on all the same."""
        now = self._clock.monotonic_seconds()
        if not self._is_capturing and now - self._reported_seconds >= GAP_SECONDS:
            self._reported_seconds = now
            yield from self._splicer.missing(now, self._reason)

    def _close_child(self) -> None:
        if self._child is not None:
            self._child.close()
            self._child = None

    def _snapshot(self) -> CaptureStatus:
        return CaptureStatus(
            is_capturing=self._is_capturing,
            input_name=self.name,
            levels=self._meter.levels() if self._is_capturing else InputLevels(),
            restarts=MappingProxyType(dict(self._restarts)),
            trouble=self._trouble,
        )
