"""Reliability bar 9 in its short form: bad files give one line or audio, never a hang, a traceback or a full memory."""

import os
import resource
import struct
import time
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from livecsi.audio.recording import RecordingSource, read_recording
from livecsi.errors import InputError
from livecsi.settings import DecodingSettings

LIMITS = DecodingSettings(maximum_seconds=3600.0, timeout_seconds=10.0)
SEEDS = range(5 if os.environ.get("LONG_TESTS") else 1)
"""`LONG_TESTS=1 pytest tests/audio/test_malformed.py` spoils 500 files instead of 100."""
ORIGINALS = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS", "mp3": "MPEG_LAYER_III"}


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    samples = np.random.default_rng(0).standard_normal(22_050 * 2).astype(np.float32) * 0.1
    for suffix, subtype in ORIGINALS.items():
        soundfile.write(folder / f"good.{suffix}", samples, 22_050, subtype=subtype)
    with av.open(str(folder / "good.m4a"), "w", format="ipod") as output:
        stream = output.add_stream("aac", rate=22_050, layout="mono")
        frame = av.AudioFrame.from_ndarray(samples[None, : 1024 * 40], format="fltp", layout="mono")
        frame.rate = 22_050
        resampler = av.AudioResampler(format="fltp", layout="mono", rate=22_050, frame_size=1024)
        for part in [*resampler.resample(frame), None]:
            output.mux(stream.encode(part))
    return {path.suffix[1:]: path.read_bytes() for path in folder.iterdir()}


def mutations(data: bytes, seed: int):
    """Twenty ways to spoil a file: cut it, flip bits in it, zero parts, swap its magic, feed it noise."""
    rng = np.random.default_rng(seed)
    for fraction in (0.0005, 0.001, 0.01, 0.3, 0.9):
        yield data[: max(1, int(len(data) * fraction))]
    for flips in (1, 8, 64, 512):
        for region in (64, len(data)):
            spoiled = bytearray(data)
            for position in rng.integers(0, region, size=flips):
                spoiled[position] ^= 1 << int(rng.integers(8))
            yield bytes(spoiled)
    middle = len(data) // 2
    yield data[:middle] + bytes(4096) + data[middle + 4096 :]
    yield bytes(4) + data[4:]
    yield b"RIFF" + data[4:]
    yield b"fLaC" + data[4:]
    yield data[:200] + rng.bytes(5000)
    yield data[middle:]
    yield b"OggS" + rng.bytes(3000)


def assert_one_line_or_audio(path: Path) -> None:
    started = time.monotonic()
    try:
        samples = read_recording(path, LIMITS)
        assert samples.dtype == np.float32 and np.isfinite(samples).all()
    except InputError as error:
        assert "\n" not in str(error) and path.name in str(error)
    assert time.monotonic() - started < 15


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("suffix", [*ORIGINALS, "m4a"])
def test_spoiled_files_give_one_line_or_audio(originals, tmp_path, suffix, seed):
    for number, data in enumerate(mutations(originals[suffix], seed)):
        path = tmp_path / f"spoiled-{number}.{suffix}"
        path.write_bytes(data)
        assert_one_line_or_audio(path)
    began_with = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # a forked child starts with its parent's pages
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < max(512 * 1024, began_with + 64 * 1024)


def wav_header(channels: int = 1, rate_hertz: int = 22_050, bits: int = 16, data_bytes: int = 1000) -> bytes:
    block = channels * bits // 8
    layout = struct.pack("<HHIIHH", 1, channels, rate_hertz, rate_hertz * block & 0xFFFFFFFF, block & 0xFFFF, bits)
    return b"RIFF" + struct.pack("<I", 36 + data_bytes) + b"WAVEfmt " + struct.pack("<I", 16) + layout \
        + b"data" + struct.pack("<I", data_bytes) + bytes(data_bytes)


@pytest.mark.parametrize(("name", "data", "expected"), [
    ("empty.wav", b"", "is empty"),
    ("text.mp3", b"These are the lyrics, not the song.\n" * 50, "cannot be decoded as audio"),
    ("playlist.mp3", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/hostname\n", "cannot be decoded as audio"),
    ("crowded.wav", wav_header(channels=65_535), "cannot be decoded as audio"),
    ("instant.wav", wav_header(rate_hertz=4_000_000_000), "sample rate|cannot be decoded"),
    ("slow.wav", wav_header(rate_hertz=1), "sample rate of 1 Hz"),
    ("silent.wav", wav_header(data_bytes=0), "holds no audio"),
])
def test_files_that_are_no_recordings_say_so(tmp_path, name, data, expected):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError, match=expected) as caught:
        read_recording(tmp_path / name, LIMITS)
    assert caught.value.exit_code == 3 and caught.value.advice


def test_things_that_are_no_files_say_so(tmp_path):
    for path, expected in ((tmp_path / "none.wav", "no such file"), (tmp_path, "is a directory"),
                           (Path("/dev/zero"), "not a regular file"), (Path("a\0b"), "null")):
        with pytest.raises(InputError, match=expected):
            read_recording(path, LIMITS)


def test_a_name_with_a_newline_stays_on_one_line(tmp_path):
    with pytest.raises(InputError) as caught:
        read_recording(tmp_path / "two\nlines.wav", LIMITS)
    assert "two?lines.wav" in str(caught.value) and "\n" not in str(caught.value)


def test_what_came_before_the_break_of_a_truncated_flac_is_delivered(tmp_path):
    path = tmp_path / "cut.flac"
    soundfile.write(path, np.random.default_rng(0).standard_normal(22_050 * 20) * 0.1, 22_050)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    delivered = 0
    with RecordingSource(path, LIMITS, chunk_samples=2205) as source, pytest.raises(InputError, match="at second"):
        for block in source:
            delivered += len(block.samples)
    assert delivered > 22_050 * 8


def test_a_bomb_is_refused_by_its_length(tmp_path):
    path = tmp_path / "bomb.flac"
    with soundfile.SoundFile(path, "w", 22_050, 1) as sound:
        for _ in range(61):
            sound.write(np.zeros(22_050 * 60, dtype=np.int16))
    assert path.stat().st_size < 2_000_000
    with pytest.raises(InputError, match="longer than the limit of 3600 s"):
        read_recording(path, LIMITS)


def test_a_bomb_that_hides_its_length_is_stopped_on_the_way(tmp_path):
    path = tmp_path / "hidden.flac"
    with soundfile.SoundFile(path, "w", 8_000, 1) as sound:
        sound.write(np.zeros(8_000 * 120, dtype=np.int16))
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0  # the total number of samples in STREAMINFO becomes 0, which means "unknown"
    data[22:26] = bytes(4)
    path.write_bytes(data)
    with RecordingSource(path, LIMITS) as source:
        assert source.duration_seconds is None
        assert sum(len(block.samples) for block in source) == pytest.approx(22_050 * 120, abs=2)
    with pytest.raises(InputError, match="longer than the limit of 60 s"):
        read_recording(path, LIMITS.model_copy(update={"maximum_seconds": 60.0}))


def test_hours_of_silence_are_streamed_in_little_memory(tmp_path):
    path = tmp_path / "silence.flac"
    with soundfile.SoundFile(path, "w", 22_050, 1) as sound:
        for _ in range(60):
            sound.write(np.zeros(22_050 * 60, dtype=np.int16))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with RecordingSource(path, LIMITS) as source:
        assert sum(len(block.samples) for block in source) == 22_050 * 3600
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40 * 1024
