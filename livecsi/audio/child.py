"""The parent's side of the decoder: starts it, believes nothing it says, and kills it when it stalls.

Speaks the protocol described in `livecsi.audio.decoder`; every way in which that can fail becomes one InputError.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from livecsi.errors import InputError
from livecsi.settings import DecodingSettings
from livecsi.types import Samples

PIPE_BYTES = 1 << 16
MAXIMUM_CHUNK_BYTES = 1 << 24
RATES_HERTZ = range(2_000, 768_001)
SLOWEST_DECODING = 40
"""Seconds of audio that one CPU second must decode at least; real decoders do hundreds."""


class DecoderProcess:
    """One child that decodes one file, and what its header said."""

    def __init__(self, path: Path, limits: DecodingSettings) -> None:
        self.rate_hertz = 0
        self.duration_seconds: float | None = None
        self._path = path
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._unread = bytearray()

    def open(self) -> None:
        """Start the child and check what it says about the file."""
        self._refuse_non_files()
        cpu_seconds = int(self._limits.timeout_seconds + self._limits.maximum_seconds / SLOWEST_DECODING) + 1
        self._process = subprocess.Popen(
            self._command(cpu_seconds),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        try:
            self._read_header()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Stop the child, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def chunks(self) -> Iterator[Samples]:
        """Mono samples at the file's own rate, until the end or an InputError."""
        delivered = 0
        while length := int.from_bytes(self._exactly(4, delivered), "little"):
            if length > MAXIMUM_CHUNK_BYTES or length % 4:
                raise self._broken("the decoder talks nonsense", delivered)
            samples = np.frombuffer(self._exactly(length, delivered), dtype="<f4").astype(np.float32, copy=False)
            delivered += len(samples)
            self._refuse_overlong(delivered / self.rate_hertz)
            yield samples
        self._check_verdict(delivered)

    def _command(self, cpu_seconds: int) -> list[str]:
        arguments = [str(self._path), str(self._limits.maximum_memory_megabytes), str(cpu_seconds)]
        return [sys.executable, "-P", "-m", "livecsi.audio.decoder", *arguments]

    def _refuse_non_files(self) -> None:
        try:
            is_file, size = self._path.is_file(), self._path.stat().st_size
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise self._error(reason[:1].lower() + reason[1:], "check the name and the permissions") from error
        if not is_file:
            what = "is a directory" if self._path.is_dir() else "is not a regular file"
            raise self._error(what, "give an audio file")
        if not size:
            raise self._error("is empty", "copy the recording again")
        if not os.access(self._path, os.R_OK):
            raise self._error("may not be read by this user", "check the permissions")

    def _read_header(self) -> None:
        line = self._line()
        if line.startswith(b"\0\0\0\0"):  # refused before there was anything to say about it
            self._check_verdict_line(line[4:], 0)
        header = json.loads(line) if line.startswith(b"{") else {}
        rate_hertz, frames = header.get("rate_hertz"), header.get("frames")
        if not isinstance(rate_hertz, int):
            raise self._broken("cannot be decoded as audio", 0)
        if rate_hertz not in RATES_HERTZ:
            raise self._error(f"claims a sample rate of {rate_hertz} Hz", "is this really a recording?")
        self.rate_hertz = rate_hertz
        if isinstance(frames, int):
            self.duration_seconds = frames / rate_hertz
            self._refuse_overlong(self.duration_seconds)

    def _refuse_overlong(self, seconds: float) -> None:
        if seconds > self._limits.maximum_seconds:
            limit = f"longer than the limit of {self._limits.maximum_seconds:.0f} s"
            raise self._error(f"lasts {seconds:.0f} s or more, {limit}", "raise decoding.maximum_seconds")

    def _check_verdict(self, delivered: int) -> None:
        self._check_verdict_line(self._line(), delivered)
        if not delivered:
            raise self._error("holds no audio", "copy the recording again")

    def _check_verdict_line(self, line: bytes, delivered: int) -> None:
        if error := json.loads(line).get("error") if line.startswith(b"{") else "the decoder died":
            raise self._broken(str(error), delivered)

    def _exactly(self, count: int, delivered: int) -> bytes:
        while len(self._unread) < count:
            self._receive(delivered)
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            if len(self._unread) > PIPE_BYTES:
                raise self._broken("the decoder talks nonsense", 0)
            self._receive(0)
        return self._exactly(self._unread.index(b"\n") + 1, 0)

    def _receive(self, delivered: int) -> None:
        """Wait for more from the child, but never longer than the timeout."""
        if self._process is None or self._process.stdout is None:
            raise ValueError("the recording is not open")
        poll = select.poll()
        poll.register(self._process.stdout, select.POLLIN)
        if not poll.poll(self._limits.timeout_seconds * 1000):
            waited = f"the decoder delivered nothing for {self._limits.timeout_seconds:g} s"
            raise self._broken(waited, delivered)
        received = os.read(self._process.stdout.fileno(), PIPE_BYTES)
        if not received:
            raise self._broken(_how_it_ended(self._process.wait()), delivered)
        self._unread += received

    def _broken(self, what: str, delivered: int) -> InputError:
        where = f" at second {delivered / self.rate_hertz:.1f}" if delivered else ""
        return self._error(f"{what}{where}", "convert it with another program or copy it again")

    def _error(self, what: str, advice: str) -> InputError:
        return InputError(f"{_printable(self._path)}: {what}", advice)


def _how_it_ended(code: int) -> str:
    if code == -signal.SIGXCPU or code == -signal.SIGKILL:
        return "the decoder used up its CPU time"
    if code < 0:
        return f"the decoder crashed ({signal.Signals(-code).name})"
    return "the decoder died"


def _printable(path: Path) -> str:
    """File names may hold newlines and worse; an error is one line."""
    return "".join(character if character.isprintable() else "?" for character in str(path))
