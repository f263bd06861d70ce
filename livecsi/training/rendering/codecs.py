"""What lossy formats leave of a sound: there and back again through PyAV, in memory."""

import io

import av
import numpy as np
import soxr

from livecsi.errors import UsageError
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

FORMATS = {
    "mp3": ("libmp3lame", "mp3", SAMPLE_RATE_HERTZ, {"compression_level": "7"}),
    "aac": ("aac", "mp4", SAMPLE_RATE_HERTZ, {"aac_coder": "fast"}),
    "opus": ("libopus", "ogg", 24_000, {"compression_level": "3"}),
}
"""Encoder, container, sample rate (Opus knows no 22,050 Hz), and what makes the encoder fast."""
LEAST_KILOBITS, MOST_KILOBITS = 8, 160
BLOCK_SAMPLES = 4096


def parse_codec(text: str) -> tuple[str, int]:
    """`mp3:96` is a format and its kilobits a second; raises UsageError with what would have been understood."""
    name, _, kilobits = text.partition(":")
    if name in FORMATS and kilobits.isdigit() and LEAST_KILOBITS <= int(kilobits) <= MOST_KILOBITS:
        return name, int(kilobits)
    known = ", ".join(FORMATS)
    raise UsageError(f"{text!r} is no codec", f"write one of {known} and {LEAST_KILOBITS}..{MOST_KILOBITS}: mp3:96")


def round_trip(samples: Samples, codec: str, kilobits: int) -> Samples:
    """Mono `samples` at 22,050 Hz after encoding and decoding, of the same length; louder than 1 is clipped."""
    rate_hertz = FORMATS[codec][2]
    sent = soxr.resample(samples, SAMPLE_RATE_HERTZ, rate_hertz) if rate_hertz != SAMPLE_RATE_HERTZ else samples
    encoded = _encode(np.clip(sent, -1, 1).astype(np.float32), codec, kilobits)
    received, received_hertz = _decode(encoded)
    if received_hertz != SAMPLE_RATE_HERTZ:
        received = soxr.resample(received, received_hertz, SAMPLE_RATE_HERTZ)
    received = received[: len(samples)]
    return np.pad(received, (0, len(samples) - len(received))).astype(np.float32, copy=False)


def _encode(samples: Samples, codec: str, kilobits: int) -> io.BytesIO:
    encoder, container, rate_hertz, options = FORMATS[codec]
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(encoder, rate=rate_hertz, layout="mono", options=options)
        assert isinstance(stream, av.AudioStream)
        stream.bit_rate = kilobits * 1000
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate_hertz)
        for begin in range(0, len(samples), BLOCK_SAMPLES):
            block = np.ascontiguousarray(samples[None, begin : begin + BLOCK_SAMPLES])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate_hertz, begin
            for converted in resampler.resample(frame):
                output.mux(stream.encode(converted))
        output.mux(stream.encode(None))
    file.seek(0)
    return file


def _decode(file: io.BytesIO) -> tuple[Samples, int]:
    with av.open(file, "r") as source:
        stream = source.streams.audio[0]
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=stream.rate)
        frames = [part.to_ndarray()[0] for frame in source.decode(stream) for part in resampler.resample(frame)]
        return np.concatenate(frames) if frames else np.zeros(0, np.float32), int(stream.rate)
