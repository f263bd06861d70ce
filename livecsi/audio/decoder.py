"""The child process that opens audio files, because a file can crash, hang or swell the process that opens it.

Run as `python -m livecsi.audio.decoder PATH MEGABYTES CPU_SECONDS`. On stdout: one line of JSON about the stream,
then chunks (a 4-byte little-endian length and that many bytes of mono float32 at the file's own rate), then a length
of zero and one last line of JSON: `{"error": null}`, or what broke. Nothing else of livecsi is imported here.
"""

import contextlib
import itertools
import json
import os
import resource
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

LENGTH = struct.Struct("<I")
VALUES_PER_READ = 32_768
OPEN_ENDED_FRAMES = 1 << 40
EXACT_CONTAINERS = ("WAV", "WAVEX", "W64", "RF64", "FLAC", "OGG", "AIFF", "CAF", "AU")
FORGIVEN_SAMPLES = 4096  # Vorbis encoders promise up to a block more than they wrote
PYAV_FORMATS = "mov,mp4,m4a,aac,mp3,ogg,matroska,webm,flac,wav,w64,aiff,caf,au,asf,ac3,eac3,amr,ape,wv,tta,mpegts,avi"

Audio = NDArray[np.float32]
Opened = tuple[dict[str, Any], Iterator[Audio]]


class BrokenError(Exception):
    """The stream stopped making sense after it had begun."""


def main(path: str, megabytes: str, cpu_seconds: str) -> None:
    """Decode one file to stdout under hard limits."""
    _limit(int(megabytes), int(cpu_seconds))
    output = sys.stdout.buffer
    try:
        with Path(path).open("rb") as file:
            header, chunks = _open(file)
            output.write(json.dumps(header).encode() + b"\n")
            for chunk in chunks:
                output.write(LENGTH.pack(chunk.nbytes) + chunk.tobytes())
        verdict = None
    except MemoryError:
        verdict = f"needs more than {megabytes} MB of memory to decode"
    except (BrokenError, OSError, ValueError, RuntimeError, EOFError) as error:
        verdict = str(error).removeprefix("Error : ").rstrip(".") or type(error).__name__
    output.write(LENGTH.pack(0) + json.dumps({"error": verdict}).encode() + b"\n")
    output.flush()


def _limit(megabytes: int, cpu_seconds: int) -> None:
    """The baseline is what the interpreter already maps, so that the limit means the same on every machine."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    bytes_allowed = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (bytes_allowed, bytes_allowed))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _open(file: BinaryIO) -> Opened:
    """libsndfile first, because it is exact to the sample; FFmpeg for what libsndfile does not know."""
    try:
        return _open_with_libsndfile(file)
    except (soundfile.LibsndfileError, BrokenError) as error:
        refusal = getattr(error, "error_string", str(error)).rstrip(".")
    file.seek(0)
    try:
        return _open_with_ffmpeg(file)
    except (OSError, ValueError, EOFError, LookupError) as error:
        raise BrokenError(f"cannot be decoded as audio: {refusal}") from error


def _open_with_libsndfile(file: BinaryIO) -> Opened:
    # A descriptor of its own, not a name: libsndfile guesses raw formats from extensions and takes "-" for stdin.
    sound = soundfile.SoundFile(os.dup(file.fileno()), closefd=True)
    if not 0 <= sound.frames < OPEN_ENDED_FRAMES:  # a FLAC that was streamed; libsndfile stumbles over its end
        sound.close()
        raise BrokenError("its length is unknown")
    return {"rate_hertz": sound.samplerate, "frames": sound.frames}, _read_with_libsndfile(sound)


def _read_with_libsndfile(sound: soundfile.SoundFile) -> Iterator[Audio]:
    delivered = 0
    frames_per_read = max(1, VALUES_PER_READ // sound.channels)
    with sound:
        while len(block := _read(sound, frames_per_read)):
            delivered += len(block)
            yield _mono(block)
    if delivered < sound.frames - FORGIVEN_SAMPLES and sound.format in EXACT_CONTAINERS:
        raise BrokenError(f"breaks off: {delivered} of {sound.frames} promised samples can be decoded")


def _read(sound: soundfile.SoundFile, frames: int) -> Audio:
    try:
        block: Audio = sound.read(frames, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:  # its own words name C functions
        raise BrokenError("breaks off: the rest is damaged or missing") from error
    return block


def _open_with_ffmpeg(file: BinaryIO) -> Opened:
    """An open file and a list of containers: a playlist posing as a song must not make FFmpeg open other places."""
    import av

    av.logging.set_level(None)
    container = av.open(file, mode="r", options={"format_whitelist": PYAV_FORMATS})
    if not container.streams.audio:
        raise ValueError("no audio in it")
    decoded = container.decode(container.streams.audio[0])
    first = next(decoded, None)
    if first is None:
        raise ValueError("no audio in it")
    seconds = None if container.duration is None else container.duration / av.time_base
    frames = None if seconds is None else round(seconds * first.sample_rate)
    return {"rate_hertz": first.sample_rate, "frames": frames}, _read_with_ffmpeg(first, decoded)


def _read_with_ffmpeg(first: Any, decoded: Iterator[Any]) -> Iterator[Audio]:
    from av.audio.resampler import AudioResampler

    to_floats = AudioResampler(format="fltp", layout=first.layout, rate=first.sample_rate)
    for frame in itertools.chain([first], decoded, [None]):
        for part in to_floats.resample(frame):
            yield _mono(part.to_ndarray().astype(np.float32, copy=False).T)


def _mono(block: Audio) -> Audio:
    if block.shape[1] == 1:
        return np.ascontiguousarray(block[:, 0])
    with np.errstate(all="ignore"):  # the parent counts what is not a number
        return np.ascontiguousarray(block.mean(axis=1, dtype=np.float32))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main(*sys.argv[1:])
    os._exit(0)  # C libraries that hang or crash while being torn down are not our concern any more
