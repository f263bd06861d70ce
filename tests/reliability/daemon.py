"""The real daemon as a child process, and whoever starts it, asks it, and plays to it.

Nothing here knows the daemon's insides: it is watched through its log, its small window and its notify socket.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from livecsi.types import SAMPLE_RATE_HERTZ

READY_SECONDS = 15.0
"""A daemon that needs longer to come up is not acceptable, whatever happened before."""
PATIENCE_SECONDS = 60.0
"""A machine that is busy with something else is no failure of the daemon."""
PIECE_SAMPLES = SAMPLE_RATE_HERTZ // 4
RAW = {"LIVECSI_CAPTURE__INPUT": "-", "LIVECSI_CAPTURE__RATE_HERTZ": str(SAMPLE_RATE_HERTZ)}


def environment_of(folder: Path, **more: str) -> dict[str, str]:
    """An environment with nobody's settings but those of `folder/config/livecsi/livecsi.toml` and `more`."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIVECSI_")}
    places = {"LIVECSI_STATE_DIR": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    return ours | places | {"LIVECSI_SERVICE__PORT": "0"} | more


def livecsi(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One command of the command line, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "livecsi.cli", *arguments], env=environment_of(folder, **more),
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


class LiveDaemon:
    """`livecsi run` on a state folder, started at once; killed at the end of the `with` block if it still runs."""

    def __init__(
        self,
        folder: Path,
        before: Sequence[str] = (),
        settings: Mapping[str, str] = RAW,
        program: Sequence[str] = ("-m", "livecsi.cli", "run"),
    ) -> None:
        """`before` is a program that starts it, `settings` are variables beside those of the state folder."""
        self._home = tempfile.TemporaryDirectory(prefix="notify-")  # a socket's path must stay short
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(f"{self._home.name}/socket")
        self._told: list[tuple[float, str]] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self._log = Path(self._home.name) / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [*before, sys.executable, *program],
                env=environment_of(folder, **settings, NOTIFY_SOCKET=f"{self._home.name}/socket"),
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log,
            )  # fmt: skip
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is not None:
            sys.stderr.write(self.words())
        self.kill()
        self._manager.close()
        self._home.cleanup()

    @property
    def port(self) -> int:
        """Where its small window is."""
        return next(int(line["port"]) for line in self.log() if line.get("event") == "answering")

    def words(self) -> str:
        """All it said on stderr."""
        return self._log.read_text(encoding="utf-8")

    def log(self) -> list[dict[str, Any]]:
        """What it logged, an object a line."""
        return [json.loads(line) for line in self.words().splitlines() if line.startswith("{")]

    def told(self, word: str) -> list[float]:
        """When the service manager was told this, by the monotonic clock."""
        return [at for at, message in self._told if message.startswith(word)]

    def ready(self) -> float:
        """Wait until it says so; returns the seconds it took."""
        until(lambda: self.told("READY=1") or self.process.poll() is not None, PATIENCE_SECONDS, self.words)
        assert self.told("READY=1"), self.words()
        return self.told("READY=1")[0] - self._started

    def ask(self, path: str) -> tuple[int, str]:
        """What its small window answers: code and text."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.ask("/status")[1])
        return found

    def metrics(self) -> dict[str, float]:
        """Every series with its newest value."""
        lines = [line for line in self.ask("/metrics")[1].splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    def wait_for(self, is_so: Callable[[Mapping[str, Any]], object], seconds: float) -> float:
        """Wait until the status is as wanted; returns how long that took."""
        return until(lambda: is_so(self.status()), seconds, lambda: f"{self.status()}\n{self.words()}")

    def heard(self, seconds: float, within: float = PATIENCE_SECONDS) -> None:
        """Wait until it has heard so much of the session."""
        self.wait_for(lambda status: status["heard_seconds"] >= seconds, within)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        """Its exit status, once it is over."""
        return self.process.wait(seconds)

    def kill(self) -> None:
        """What a power cut does to it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while message := self._manager.recv(4096):
                self._told.append((time.monotonic(), message.decode()))


class Player:
    """Plays samples into a daemon's pipe at a multiple of their own speed, from a thread, until it is stopped."""

    def __init__(self, daemon: LiveDaemon, samples: np.ndarray, speed: float = float("inf")) -> None:
        """`samples` are 16-bit; the pipe stays open at their end."""
        assert daemon.process.stdin is not None
        self.written_samples = 0
        self._pipe, self._samples, self._speed = daemon.process.stdin, samples, speed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Take the instrument away, in the middle of a note."""
        self._stopping.set()
        self._thread.join(10)

    def finish(self, seconds: float = 60.0) -> None:
        """Wait until everything was played, and close the pipe."""
        self._thread.join(seconds)
        assert not self._thread.is_alive()
        self._pipe.close()

    def _play(self) -> None:
        began = time.monotonic()
        with suppress(BrokenPipeError, ValueError):  # the daemon was killed, its pipe closed
            for first in range(0, len(self._samples), PIECE_SAMPLES):
                piece = self._samples[first : first + PIECE_SAMPLES]
                due = began + (first + len(piece)) / SAMPLE_RATE_HERTZ / self._speed
                if self._stopping.wait(max(0.0, due - time.monotonic())):
                    return
                self._pipe.write(piece.tobytes())
                self._pipe.flush()
                self.written_samples += len(piece)


def until(is_so: Callable[[], object], seconds: float, says: Callable[[], object]) -> float:
    """Wait until something is so; returns how long that took, raises AssertionError after `seconds`."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < seconds, says()
        time.sleep(0.02)
    return time.monotonic() - began
