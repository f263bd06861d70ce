"""A capture child that does on purpose what real ones do by accident; run as `fake_child.py SCENARIO DESCRIPTOR`."""

import signal
import sys
import time

import numpy as np

from livecsi.audio import wire

RATE_HERTZ = 48_000
PIECE_FRAMES = 2_400
LOST_FRAMES = 7_201


def speak(pieces: int) -> None:
    """Audio in real time."""
    began_seconds = time.monotonic()
    for number in range(pieces):
        stamp_seconds = began_seconds + number * PIECE_FRAMES / RATE_HERTZ
        time.sleep(max(0.0, stamp_seconds + PIECE_FRAMES / RATE_HERTZ - time.monotonic()))
        wire.send(wire.Heard(0, stamp_seconds, 0.1, 0, np.full(PIECE_FRAMES, 0.1, dtype=np.float32)))


def overflow() -> None:
    """Thirty pieces at once, frames missing before every tenth."""
    stamp_seconds = time.monotonic()
    for number in range(1, 31):
        lost_frames = 0 if number % 10 else LOST_FRAMES
        stamp_seconds += lost_frames / RATE_HERTZ
        wire.send(wire.Heard(lost_frames, stamp_seconds, 0.1, 0, np.full(PIECE_FRAMES, 0.1, dtype=np.float32)))
        stamp_seconds += PIECE_FRAMES / RATE_HERTZ


def main(scenario: str) -> None:
    """Sound well for half a second, and then not."""
    wire.send(wire.Opened("fake", RATE_HERTZ, 1))
    if scenario == "overflow":
        overflow()
        time.sleep(60)
    speak(10)
    if scenario == "hang":
        time.sleep(60)
    elif scenario == "die":
        signal.raise_signal(signal.SIGSEGV)
    elif scenario == "babble":
        sys.stdout.buffer.write(b"Expression 'ret' failed in 'src/hostapi/alsa/pa_linux_alsa.c'")
        sys.stdout.buffer.flush()
        time.sleep(60)


if __name__ == "__main__":
    main(sys.argv[1])
