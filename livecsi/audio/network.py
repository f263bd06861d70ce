"""The capture child for streams: Icecast, RTP, RTSP, SRT, and whatever else FFmpeg opens by a URL.

Run as `python -m livecsi.audio.network DESCRIPTOR`; speaks the messages of `livecsi.audio.wire`. A live stream often
begins with the seconds before we came, so its beginning is gathered until it comes as fast as it is played, and stamped
backwards from there. A recording behind a URL is played at its own speed, once.
"""

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from livecsi.audio.wire import (
    PIECE_SECONDS,
    Absent,
    Audio,
    Ended,
    Lost,
    Opened,
    belong_to_parent,
    heard,
    missing_channel,
    read_orders,
    send,
)
from livecsi.clock import SystemClock

OPTIONS = {"analyzeduration": "1000000"}  # microseconds; the usual five seconds of guessing are lost audio
CONNECTING_SECONDS = 4.0
SILENCE_SECONDS = 5.0
GATHERING_SECONDS = 2.0
MOST_GATHERED_SECONDS = 10.0
FORGIVEN_SECONDS = 1.0
"""A recording that ends so much before its promised end is complete."""
LARGEST_JUMP_SECONDS = 60.0
SMALLEST_JUMP_SECONDS = 0.1

Piece = tuple[int, Audio]
"""Frames lost before it, and audio shaped (frames, channels)."""


def main(orders: dict[str, Any]) -> None:
    """Open the stream and pass it on until it ends."""
    name = orders["name"]
    av.logging.set_level(None)
    try:
        container = av.open(orders["input"], options=OPTIONS, timeout=(CONNECTING_SECONDS, SILENCE_SECONDS))
        stream = container.streams.audio[0]
    except (av.FFmpegError, OSError, ValueError, IndexError) as error:
        send(Absent(f"{name} cannot be opened: {_reason(error)}; check the address and the sender"))
        return
    rate_hertz, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    if trouble := missing_channel(orders["channels"], channels):
        send(Absent(f"{name}: {trouble}"))
        return
    send(Opened(name, rate_hertz, channels))
    _deliver(_pieces(container, stream), rate_hertz, orders["channels"], (container.duration or 0) / av.time_base)


def _deliver(pieces: Iterator[Piece], rate_hertz: int, channels: list[int], recorded_seconds: float) -> None:
    """A live stream as it comes; of a recording no second before it is due."""
    delivered_frames = 0
    clock = SystemClock()
    try:
        gathered = [] if recorded_seconds else list(_gather(pieces, rate_hertz))
        frames_ahead = sum(len(frames) for _, frames in gathered)
        began_seconds = clock.monotonic_seconds() - frames_ahead / rate_hertz
        for lost_frames, frames in itertools.chain(gathered, pieces):
            delivered_frames += len(frames)
            due_seconds = began_seconds + delivered_frames / rate_hertz
            if recorded_seconds:
                time.sleep(max(0.0, due_seconds - clock.monotonic_seconds()))
            frames_ahead = max(0, frames_ahead - len(frames))
            stamp_seconds = clock.monotonic_seconds() - (frames_ahead + len(frames)) / rate_hertz
            send(heard(frames, channels, lost_frames, stamp_seconds))
    except BrokenPipeError:  # ours, not the stream's
        raise
    except (av.FFmpegError, OSError, ValueError) as error:
        send(Lost(f"the stream broke off: {_reason(error)}"))
        return
    is_complete = recorded_seconds and delivered_frames / rate_hertz > recorded_seconds - FORGIVEN_SECONDS
    send(Ended() if is_complete else Lost("the stream ended"))


def _gather(pieces: Iterator[Piece], rate_hertz: int) -> Iterator[Piece]:
    clock = SystemClock()
    end_seconds = None
    gathered_frames = 0
    for lost_frames, frames in pieces:
        yield lost_frames, frames
        gathered_frames += len(frames)
        end_seconds = end_seconds or clock.monotonic_seconds() + GATHERING_SECONDS
        if clock.monotonic_seconds() >= end_seconds or gathered_frames >= MOST_GATHERED_SECONDS * rate_hertz:
            return


def _pieces(container: Any, stream: Any) -> Iterator[Piece]:
    """Decoded audio in small pieces; a jump of the time stamps means that packets were lost on the way."""
    rate_hertz, channels = stream.codec_context.sample_rate, stream.codec_context.channels
    to_floats = AudioResampler(format="flt", layout=stream.codec_context.layout, rate=rate_hertz)
    longest = max(1, int(rate_hertz * PIECE_SECONDS))
    expected_seconds = None
    for frame in container.decode(stream):
        lost_frames, expected_seconds = _jump(frame, expected_seconds)
        for part in to_floats.resample(frame):
            audio = part.to_ndarray().reshape(-1, channels).astype(np.float32, copy=False)
            for begin in range(0, len(audio), longest):
                yield lost_frames, audio[begin : begin + longest]
                lost_frames = 0


def _jump(frame: AudioFrame, expected_seconds: float | None) -> tuple[int, float | None]:
    """Frames lost before this one, and when the next one is expected on the stream's own time line."""
    if frame.time is None:
        return 0, None
    end_seconds = frame.time + frame.samples / frame.sample_rate
    jump_seconds = 0.0 if expected_seconds is None else frame.time - expected_seconds
    is_loss = SMALLEST_JUMP_SECONDS < jump_seconds < LARGEST_JUMP_SECONDS
    return round(jump_seconds * frame.sample_rate) if is_loss else 0, end_seconds


def _reason(error: Exception) -> str:
    """FFmpeg's words without its numbers and without the address, which may hold a password."""
    return (getattr(error, "strerror", None) or type(error).__name__).lower()


if __name__ == "__main__":
    belong_to_parent()
    with contextlib.suppress(BrokenPipeError):
        main(read_orders())
    os._exit(0)
