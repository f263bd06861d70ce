"""The capture child for sound cards, and the only file that knows sounddevice (PortAudio).

PortAudio never looks for new devices after its start, does not notice lost ones, and can hang or spin for ever, so
it lives in a process that can be killed. Run as `python -m livecsi.audio.capture DESCRIPTOR`; speaks the messages of
`livecsi.audio.wire`. With `list` in place of the descriptor it prints one JSON array of the inputs there are.

The callback only copies into a bounded queue; what does not fit is dropped and counted. The main thread writes.
"""

import contextlib
import json
import os
import queue
import sys
import threading
from dataclasses import dataclass
from typing import Any

from livecsi.audio import wire
from livecsi.audio.devices import Card, find, names_of, read_cards, unlisted
from livecsi.clock import SystemClock

BLOCK_SECONDS = 0.05
QUEUE_SECONDS = 10.0
HEARTBEAT_SECONDS = 0.5
VIRTUAL_CHANNELS = 2
"""Opened of an input that is no card: ALSA offers 32 or more of them, most of them empty."""
COMMON_RATES_HERTZ = (44_100, 48_000, 88_200, 96_000, 192_000)


@dataclass(frozen=True, slots=True)
class Piece:
    """What the callback leaves in the queue."""

    frames: wire.Audio
    end_seconds: float
    dropped_frames: int
    has_overflowed: bool


class Tap:
    """The PortAudio stream's end of the queue; no method of it ever waits."""

    def __init__(self) -> None:
        self.queue: queue.Queue[Piece] = queue.Queue(round(QUEUE_SECONDS / BLOCK_SECONDS))
        self.is_finished = threading.Event()
        self._clock = SystemClock()
        self._dropped_frames = 0

    def callback(self, frames: wire.Audio, count: int, _: Any, flags: Any) -> None:
        """Called by PortAudio with each block."""
        piece = Piece(frames.copy(), self._clock.monotonic_seconds(), self._dropped_frames, flags.input_overflow)
        try:
            self.queue.put_nowait(piece)
            self._dropped_frames = 0
        except queue.Full:
            self._dropped_frames += count

    def finished(self) -> None:
        """Called by PortAudio when the stream ends, which it does only when the device is gone."""
        self.is_finished.set()


def main(orders: dict[str, Any]) -> None:
    """Open the input and pass on what it hears until it is lost."""
    import sounddevice

    tap = Tap()
    try:
        stream = _open(sounddevice, orders, tap)
        stream.start()
    except (LookupError, ValueError, sounddevice.PortAudioError) as error:
        wire.send(wire.Absent(_one_line(error)))
        return
    _pass_on(tap, int(stream.samplerate), orders["channels"])
    wire.send(wire.Lost("the input went away"))


def _open(sounddevice: Any, orders: dict[str, Any], tap: Tap) -> Any:
    inputs = [device for device in sounddevice.query_devices() if device["max_input_channels"]]
    device = inputs[find(orders["input"], [entry["name"] for entry in inputs], read_cards())]
    channels = _channels(device)
    if trouble := wire.missing_channel(orders["channels"], channels):
        raise ValueError(f"{orders['input']}: {trouble}")
    rate_hertz = orders["rate_hertz"] or int(device["default_samplerate"])
    stream = sounddevice.InputStream(
        device=device["index"], channels=max(orders["channels"], default=channels), samplerate=rate_hertz,
        blocksize=round(rate_hertz * BLOCK_SECONDS), dtype="float32", latency="high",
        callback=tap.callback, finished_callback=tap.finished,
    )  # fmt: skip
    wire.send(wire.Opened(device["name"], rate_hertz, channels))
    return stream


def _channels(device: dict[str, Any]) -> int:
    """How many channels an input really has."""
    is_card = "(hw:" in device["name"]
    return int(device["max_input_channels"]) if is_card else min(VIRTUAL_CHANNELS, device["max_input_channels"])


def _pass_on(tap: Tap, rate_hertz: int, channels: list[int]) -> None:
    expected_seconds = 0.0
    while not (tap.is_finished.is_set() and tap.queue.empty()):
        try:
            piece = tap.queue.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            wire.send(wire.Heartbeat())
            continue
        stamp_seconds = piece.end_seconds - len(piece.frames) / rate_hertz
        lost_frames = piece.dropped_frames
        if piece.has_overflowed and expected_seconds:  # PortAudio does not say how much it was
            lost_frames = max(lost_frames, round((stamp_seconds - expected_seconds) * rate_hertz))
        wire.send(wire.heard(piece.frames, channels, lost_frames, stamp_seconds))
        expected_seconds = piece.end_seconds


def list_inputs() -> list[dict[str, Any]]:
    """Every input with its names, channels, rates, and whether it is the default one; one in use has no channels."""
    import sounddevice

    cards = read_cards()
    default = sounddevice.default.device[0]
    devices = [device for device in sounddevice.query_devices() if device["max_input_channels"]]
    free = [
        {
            "identity": names_of(device["name"], cards)[0],
            "also_called": list(names_of(device["name"], cards)[1:]),
            "name": device["name"],
            "channels": _channels(device),
            "rate_hertz": int(device["default_samplerate"]),
            "rates_hertz": [rate for rate in COMMON_RATES_HERTZ if _can_record(sounddevice, device, rate)],
            "is_default": device["index"] == default,
        }
        for device in devices
    ]
    return free + [_held(card) for card in unlisted([device["name"] for device in devices], cards)]


def _held(card: Card) -> dict[str, Any]:
    """A card that a program holds: nothing but its names can be told."""
    names = {"identity": card.names[0], "also_called": list(card.names[1:]), "name": card.name}
    return {**names, "channels": 0, "rate_hertz": 0, "rates_hertz": [], "is_default": False}


def _can_record(sounddevice: Any, device: dict[str, Any], rate_hertz: int) -> bool:
    try:
        sounddevice.check_input_settings(device["index"], channels=_channels(device), samplerate=rate_hertz)
    except (ValueError, sounddevice.PortAudioError):
        return False
    return True


def _one_line(error: Exception) -> str:
    """PortAudio's words, without the codes that only its authors understand."""
    return " ".join(str(error.args[0] if error.args else error).split())


if __name__ == "__main__":
    wire.belong_to_parent()
    with contextlib.suppress(BrokenPipeError):
        if sys.argv[1] == "list":
            sys.stdout.write(json.dumps(list_inputs()))
            sys.stdout.flush()
        else:
            main(wire.read_orders())
    os._exit(0)  # PortAudio may hang while it is torn down
