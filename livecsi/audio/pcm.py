"""The capture child for raw PCM on stdin: `arecord | livecsi run`, or whatever another program pipes into us.

Run as `python -m livecsi.audio.pcm DESCRIPTOR`; speaks the messages of `livecsi.audio.wire`. The writer waits while we
are busy, so nothing is ever lost, and the audio may come faster or slower than it was played.
"""

import contextlib
import os
from typing import Any

import numpy as np

from livecsi.audio.wire import (
    PIECE_SECONDS,
    Absent,
    Audio,
    Ended,
    Opened,
    belong_to_parent,
    heard,
    missing_channel,
    read_orders,
    send,
)
from livecsi.clock import SystemClock

STDIN = 0
FULL_SCALE_16_BITS = np.float32(32768.0)


def main(orders: dict[str, Any]) -> None:
    """Pass stdin on until it ends."""
    rate_hertz, channels = int(orders["rate_hertz"]), int(orders["raw_channels"])
    if trouble := missing_channel(orders["channels"], channels):
        send(Absent(f"standard input: {trouble}"))
        return
    send(Opened("standard input", rate_hertz, channels))
    bytes_per_frame = channels * (2 if orders["raw_format"] == "s16le" else 4)
    piece_bytes = max(1, int(rate_hertz * PIECE_SECONDS)) * bytes_per_frame
    waiting = b""
    while received := os.read(STDIN, piece_bytes - len(waiting)):
        waiting += received
        whole = len(waiting) - len(waiting) % bytes_per_frame
        if whole:
            frames = _floats(waiting[:whole], orders["raw_format"]).reshape(-1, channels)
            stamp_seconds = SystemClock().monotonic_seconds() - len(frames) / rate_hertz
            send(heard(frames, orders["channels"], 0, stamp_seconds))
        waiting = waiting[whole:]
    send(Ended())


def _floats(raw: bytes, raw_format: str) -> Audio:
    if raw_format == "s16le":
        return np.frombuffer(raw, "<i2").astype(np.float32) / FULL_SCALE_16_BITS
    return np.frombuffer(raw, "<f4").astype(np.float32, copy=False)


if __name__ == "__main__":
    belong_to_parent()
    with contextlib.suppress(BrokenPipeError):
        main(read_orders())
    os._exit(0)
