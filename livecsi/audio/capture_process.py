"""The parent's side of a capture child: starts the right kind, believes nothing it says, never waits for ever.

Whatever ends a child shows up as one exception with the reason under which the loss is booked.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from urllib.parse import urlsplit

from livecsi.audio.wire import Message, NonsenseError, decode
from livecsi.settings import RAW_INPUT, CaptureSettings

READ_BYTES = 1 << 16
REAPING_SECONDS = 1.0
ORDERS = {"input", "rate_hertz", "channels", "raw_format", "raw_channels"}


class ChildDiedError(Exception):
    """The child is gone and said nothing, or only nonsense."""


class CaptureProcess:
    """One child that captures one input."""

    def __init__(self, settings: CaptureSettings, command: Sequence[str] = ()) -> None:
        """Start it; `command` replaces the usual program. Raises OSError when no process can be started."""
        self._messages: deque[Message] = deque()
        self._unread = bytearray()
        orders, pen = os.pipe()
        try:
            os.write(pen, _orders(settings))
            self._process = subprocess.Popen(
                [*(command or program(settings.input)), str(orders)], bufsize=0, pass_fds=[orders],
                stdin=None if settings.input == RAW_INPUT else subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        finally:
            os.close(pen)
            os.close(orders)

    def receive(self, timeout_seconds: float) -> Message | None:
        """The next message, or None when none came in time; raises ChildDiedError."""
        if not self._messages:
            self._read(timeout_seconds)
        return self._messages.popleft() if self._messages else None

    def close(self) -> None:
        """Kill it. A child that hangs in its driver cannot even die; it is left behind and reaped later."""
        self._process.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(REAPING_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self, timeout_seconds: float) -> None:
        assert self._process.stdout is not None
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if not poll.poll(timeout_seconds * 1000):
            return
        received = os.read(self._process.stdout.fileno(), READ_BYTES)
        if not received:
            raise ChildDiedError(self._how_it_ended())
        self._unread += received
        try:
            self._messages.extend(decode(self._unread))
        except NonsenseError as error:
            raise ChildDiedError(f"the capture process talks nonsense: {error}") from error

    def _how_it_ended(self) -> str:
        try:
            code = self._process.wait(REAPING_SECONDS)
        except subprocess.TimeoutExpired:
            return "the capture process closed its pipe"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the capture process died ({how})"


def _orders(settings: CaptureSettings) -> bytes:
    return json.dumps({"name": display_name(settings.input), **settings.model_dump(include=ORDERS)}).encode()


def is_url(name: str) -> bool:
    """Whether an input is a stream and no sound card."""
    return "://" in name


def display_name(name: str) -> str:
    """What an input is called on screens and in logs: a URL without its password and its query."""
    if name == RAW_INPUT:
        return "standard input"
    if not is_url(name):
        return name
    parts = urlsplit(name)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def program(name: str) -> list[str]:
    """The child that captures an input of this name."""
    module = "pcm" if name == RAW_INPUT else "network" if is_url(name) else "capture"
    return [sys.executable, "-P", "-m", f"livecsi.audio.{module}"]
