"""Which inputs this machine has now, and how loud one of them is: for people who set one up.

PortAudio is asked in a child process here too, because it may hang with the sound server.
"""

import json
import subprocess
from dataclasses import dataclass

from livecsi.audio.capture_process import program
from livecsi.audio.devices import DEFAULT_INPUT
from livecsi.audio.live import CaptureStatus, LiveSource
from livecsi.clock import Clock
from livecsi.errors import FindingsError
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block

LISTING_SECONDS = 15.0
PATIENCE_SECONDS = 10.0
"""How long an input may take to deliver its first sound."""
ATTEMPTS = 2
"""A sound server that is started by the first attempt answers the second."""


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that can be recorded from; `identity` is what goes into `capture.input`."""

    identity: str
    also_called: tuple[str, ...]
    name: str
    channels: int
    rate_hertz: int
    rates_hertz: tuple[int, ...]
    is_default: bool


def list_inputs() -> list[Input]:
    """Every input there is; raises FindingsError when the sound system does not answer."""
    try:
        listed = subprocess.run(
            [*program(DEFAULT_INPUT), "list"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, timeout=LISTING_SECONDS, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        hangs = f"the sound system does not answer within {LISTING_SECONDS:.0f} s"
        raise FindingsError(hangs, "restart the sound server") from error
    except subprocess.CalledProcessError as error:
        raise FindingsError("the sound system cannot be asked", "is PortAudio (libportaudio2) installed?") from error
    return [_input(entry) for entry in json.loads(listed.stdout)]


def _input(entry: dict[str, object]) -> Input:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    return Input(**{**entry, **lists})  # type: ignore[arg-type]


def probe(settings: CaptureSettings, clock: Clock, seconds: float = 1.5) -> CaptureStatus:
    """Listen as the daemon would, for so many seconds; without `is_capturing` the `trouble` says what is wrong."""
    wanted = int(seconds * SAMPLE_RATE_HERTZ)
    deadline_seconds = clock.monotonic_seconds() + seconds + PATIENCE_SECONDS
    with LiveSource(settings, clock) as source:
        for piece in source:
            wanted -= len(piece.samples) if isinstance(piece, Block) else 0
            has_failed = sum(source.status.restarts.values()) >= ATTEMPTS
            if wanted <= 0 or has_failed or clock.monotonic_seconds() > deadline_seconds:
                break
        return source.status
