"""The child's own code, called in this process where no limit is involved, and as a process where one is."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.audio import decoder
from livecsi.audio.child import DecoderProcess
from livecsi.errors import InputError
from livecsi.settings import DecodingSettings

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"


def decode(path: Path) -> tuple[dict, np.ndarray]:
    with path.open("rb") as file:
        header, chunks = decoder._open(file)
        return header, np.concatenate(list(chunks))


def run_child(path: Path, cpu_seconds: int, output: int) -> subprocess.CompletedProcess:
    command = [sys.executable, "-P", "-m", "livecsi.audio.decoder", str(path), "512", str(cpu_seconds)]
    return subprocess.run(command, stdout=output, stderr=subprocess.DEVNULL, timeout=60, check=False)


def test_channels_are_averaged(tmp_path):
    left, right = np.full(5000, 0.5, dtype=np.float32), np.full(5000, -0.1, dtype=np.float32)
    soundfile.write(tmp_path / "stereo.wav", np.column_stack([left, right]), 48_000, subtype="FLOAT")
    header, samples = decode(tmp_path / "stereo.wav")
    assert header == {"rate_hertz": 48_000, "frames": 5000}
    np.testing.assert_allclose(samples, 0.2, atol=1e-7)


def test_a_streamed_flac_is_left_to_ffmpeg(tmp_path):
    path = tmp_path / "streamed.flac"
    soundfile.write(path, np.linspace(-0.5, 0.5, 30_000), 8_000)
    complete = decode(path)[1]
    data = bytearray(path.read_bytes())
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    path.write_bytes(data)
    header, samples = decode(path)
    assert header["rate_hertz"] == 8_000
    np.testing.assert_allclose(samples, complete, atol=1e-4)


def test_what_nobody_can_read_is_refused_with_the_first_reason(tmp_path):
    path = tmp_path / "words.m4a"
    path.write_text("just words " * 100)
    with pytest.raises(decoder.BrokenError, match="cannot be decoded as audio: Format not recognised"):
        decode(path)


def test_the_protocol_is_header_chunks_verdict():
    output = run_child(FIXTURES / "live" / "auld-lang-syne.ogg", 30, subprocess.PIPE).stdout
    header, rest = output.split(b"\n", 1)
    frames, read = json.loads(header)["frames"], 0
    while length := decoder.LENGTH.unpack(rest[:4])[0]:
        read, rest = read + length // 4, rest[4 + length :]
    assert read == frames
    assert json.loads(rest[4:]) == {"error": None}


def test_the_child_stops_when_nobody_listens_any_more():
    command = [sys.executable, "-P", "-m", "livecsi.audio.decoder", str(FIXTURES / "concert.ogg"), "512", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.wait(timeout=30) == 0


def test_a_decoder_that_uses_up_its_cpu_time_is_stopped(tmp_path):
    path = tmp_path / "long.wav"
    with path.open("wb") as file:  # forty hours of nothing take no room on the disk
        soundfile.write(file, np.zeros(1, dtype=np.int16), 44_100, format="RF64", subtype="PCM_16")
    header = bytearray(path.read_bytes())
    samples = 44_100 * 3600 * 40
    header[20:36] = (len(header) + 2 * samples).to_bytes(8, "little") + (2 * samples).to_bytes(8, "little")
    path.write_bytes(header)
    with path.open("r+b") as file:
        file.truncate(len(header) + 2 * samples)
    assert run_child(path, 1, subprocess.DEVNULL).returncode in (-signal.SIGXCPU, -signal.SIGKILL)


class ScriptedDecoder(DecoderProcess):
    """The parent's side, talking to a child that misbehaves on purpose."""

    def __init__(self, path: Path, script: str) -> None:
        super().__init__(path, DecodingSettings(timeout_seconds=1.0))
        self._script = script

    def _command(self, cpu_seconds: int) -> list[str]:
        return [sys.executable, "-c", "import os, sys, time, signal, struct\n" + self._script]


HEADER = r"""os.write(1, b'{"rate_hertz": 22050, "frames": 9}\n');"""


@pytest.mark.parametrize(("script", "expected"), [
    ("time.sleep(60)", "delivered nothing for 1 s"),
    ("sys.exit(0)", "the decoder died"),
    ("os.kill(os.getpid(), signal.SIGSEGV)", "crashed .SIGSEGV."),
    ("os.kill(os.getpid(), signal.SIGXCPU)", "used up its CPU time"),
    ("os.write(1, b'{\"rate_hertz\": \"fast\"}\\n')", "cannot be decoded"),
    ("os.write(1, b'hello\\n')", "cannot be decoded"),
    ("[os.write(1, b'x' * 60000) for _ in range(9)]", "talks nonsense"),
    (HEADER + "os.write(1, b'\\xff\\xff\\xff\\x7f')", "talks nonsense"),
    (HEADER + "os.write(1, struct.pack('<I', 4) + bytes(4)); time.sleep(60)", "for 1 s at second 0.0"),
    (HEADER + "os.write(1, bytes(4) + b'what?\\n')", "the decoder died"),
    (HEADER + "os.write(1, bytes(4) + b'{\"error\": null}\\n')", "holds no audio"),
])
def test_whatever_the_child_does_becomes_one_line(script, expected):
    process = ScriptedDecoder(FIXTURES / "concert.ogg", script)
    with pytest.raises(InputError, match=expected):
        try:
            process.open()
            list(process.chunks())
        finally:
            process.close()
