"""What a capture child says to its parent, and how: small framed messages on a pipe, the same for every kind of input.

A message is one byte for its kind, the length of its body (4 bytes, little-endian), and the body. Samples are mono
float32 at the input's own rate; frames are counted at that rate; stamps are readings of the machine's monotonic clock,
which all processes share.

    opened -> samples | heartbeat ... -> lost | ended        or at once: absent
"""

import ctypes
import json
import os
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = struct.Struct("<cI")
SAMPLES_HEADER = struct.Struct("<QdfI")
LARGEST_BODY_BYTES = 1 << 22
PIECE_SECONDS = 0.25
"""No message holds more audio than this."""
FULL_SCALE = 0.999
LARGEST_BELIEVABLE_AMPLITUDE = 1000.0
DIE_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl(2)."""

Audio = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Opened:
    """The input works."""

    name: str
    rate_hertz: int
    channels: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Audio: `lost_frames` are missing before it, `stamp_seconds` is when its first frame was heard.

    `peak` and `clipped_frames` are measured on the channels before they are mixed, where clipping happens.
    """

    lost_frames: int
    stamp_seconds: float
    peak: float
    clipped_frames: int
    samples: Audio


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The child lives, and the input delivers nothing."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The input cannot be opened, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The input worked and went away."""

    why: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Everything there was has been delivered; nothing will ever follow."""


Message = Opened | Heard | Heartbeat | Absent | Lost | Ended


class NonsenseError(Exception):
    """The bytes on the pipe are no messages."""


def encode(message: Message) -> bytes:
    """The bytes of one message."""
    match message:
        case Opened(name, rate_hertz, channels):
            kind, body = b"o", json.dumps([name, rate_hertz, channels]).encode()
        case Heard(lost_frames, stamp_seconds, peak, clipped_frames, samples):
            kind = b"s"
            body = SAMPLES_HEADER.pack(lost_frames, stamp_seconds, peak, clipped_frames) + samples.tobytes()
        case Heartbeat():
            kind, body = b"h", b""
        case Absent(why):
            kind, body = b"a", why.encode()
        case Lost(why):
            kind, body = b"l", why.encode()
        case Ended():
            kind, body = b"e", b""
    return HEADER.pack(kind, len(body)) + body


def decode(received: bytearray) -> Iterator[Message]:
    """Take all whole messages off the front of what was received; raises NonsenseError."""
    while len(received) >= HEADER.size:
        kind, length = HEADER.unpack_from(received)
        if length > LARGEST_BODY_BYTES:
            raise NonsenseError(f"a message of {length} bytes")
        if len(received) < HEADER.size + length:
            return
        body = bytes(received[HEADER.size : HEADER.size + length])
        del received[: HEADER.size + length]
        yield _message(kind, body)


def _message(kind: bytes, body: bytes) -> Message:
    try:
        match kind:
            case b"o":
                name, rate_hertz, channels = json.loads(body)
                return Opened(str(name), int(rate_hertz), int(channels))
            case b"s":
                lost, stamp, peak, clipped = SAMPLES_HEADER.unpack_from(body)
                return Heard(lost, stamp, peak, clipped, np.frombuffer(body, "<f4", offset=SAMPLES_HEADER.size))
            case b"h":
                return Heartbeat()
            case b"a":
                return Absent(body.decode(errors="replace"))
            case b"l":
                return Lost(body.decode(errors="replace"))
            case b"e":
                return Ended()
    except (ValueError, TypeError, struct.error) as error:
        raise NonsenseError(str(error)) from error
    raise NonsenseError(f"a message of kind {kind!r}")


def heard(frames: Audio, channels: Sequence[int], lost_frames: int, stamp_seconds: float) -> Heard:
    """Mix the chosen channels (1-based; all when none is named) of `frames`, shaped (frames, channels), to mono."""
    chosen = frames[:, [channel - 1 for channel in channels]] if channels else frames
    loudness = np.abs(chosen)
    if not (loudness <= LARGEST_BELIEVABLE_AMPLITUDE).all():  # also catches what is not a number
        chosen = np.where(loudness <= LARGEST_BELIEVABLE_AMPLITUDE, chosen, np.float32(0.0))
        loudness = np.abs(chosen)
    mono = chosen.mean(axis=1, dtype=np.float32) if chosen.shape[1] > 1 else chosen[:, 0]
    clipped_frames = int(np.count_nonzero((loudness >= FULL_SCALE).any(axis=1)))
    return Heard(lost_frames, stamp_seconds, float(loudness.max(initial=0.0)), clipped_frames, mono)


def missing_channel(channels: Sequence[int], available: int) -> str:
    """What to say when a chosen channel does not exist; empty when all do."""
    if max(channels, default=0) <= available:
        return ""
    return f"it has {available} channels, and capture.channels asks for number {max(channels)}"


def read_orders() -> dict[str, Any]:
    """The settings of the child, from the descriptor named on its command line: a URL may hold a password."""
    with os.fdopen(int(sys.argv[1]), encoding="utf-8") as pipe:
        return json.load(pipe)


def send(message: Message) -> None:
    """Write one message to stdout; waits while the parent is slow, raises BrokenPipeError when it is gone."""
    sys.stdout.buffer.write(encode(message))
    sys.stdout.buffer.flush()


def belong_to_parent() -> None:
    """End with the parent, and by nothing else: what stops the daemon must not stop its ears before it is done.

    Where the kernel offers no such thing, the closed pipe ends this process.
    """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
