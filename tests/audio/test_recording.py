"""A recording gives the same samples however it is asked, and whatever container it came in."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr

from livecsi.audio.recording import RecordingSource, read_recording, sha256_of
from livecsi.errors import InputError
from livecsi.settings import DecodingSettings
from livecsi.types import SAMPLE_RATE_HERTZ

LIMITS = DecodingSettings()
SECONDS = 6
FRAME_SIZES = {"aac": 1024, "alac": 4096, "libopus": 960}


def melody(rate_hertz: int, seconds: float = SECONDS) -> np.ndarray:
    """Stereo, with enough structure that a shifted or stretched copy does not correlate."""
    time = np.arange(int(rate_hertz * seconds)) / rate_hertz
    sweep = np.sin(2 * np.pi * (200 * time + 40 * time**2)) * np.hanning(len(time))
    noise = np.random.default_rng(1).standard_normal(len(time)) * 0.01
    return np.column_stack([0.5 * sweep, 0.3 * sweep + noise]).astype(np.float32)


def encode(path: Path, codec: str, container: str, samples: np.ndarray, rate_hertz: int) -> Path:
    """PyAV instead of the ffmpeg command, so that the tests need no program beside them."""
    with av.open(str(path), "w", format=container) as output:
        stream = output.add_stream(codec, rate=rate_hertz, layout="stereo")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.rate = rate_hertz
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="stereo", rate=rate_hertz,
                                      frame_size=FRAME_SIZES[codec])
        for part in [*resampler.resample(frame), *resampler.resample(None), None]:
            output.mux(stream.encode(part))
    return path


def similarity(one: np.ndarray, other: np.ndarray) -> float:
    """The best correlation within 3,000 samples of shift, as encoders may delay."""
    length = min(len(one), len(other))
    spectrum = np.fft.rfft(one[:length], 2 * length) * np.conj(np.fft.rfft(other[:length], 2 * length))
    correlation = np.fft.irfft(spectrum)
    nearby = np.concatenate([correlation[:3000], correlation[-3000:]])
    return float(nearby.max() / (np.linalg.norm(one[:length]) * np.linalg.norm(other[:length])))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("recordings")


@pytest.fixture(scope="module")
def wav(folder):
    path = folder / "original.wav"
    soundfile.write(path, melody(44_100), 44_100, subtype="FLOAT")
    return path


@pytest.mark.parametrize("rate_hertz", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_chunk_size_makes_no_difference_to_a_single_bit(folder, rate_hertz):
    path = folder / f"{rate_hertz}.flac"
    soundfile.write(path, melody(rate_hertz), rate_hertz)
    whole = read_recording(path, LIMITS)
    assert abs(len(whole) - SECONDS * SAMPLE_RATE_HERTZ) <= 1
    for chunk_samples in (997, 6_600, 100_000):
        with RecordingSource(path, LIMITS, chunk_samples) as source:
            blocks = list(source)
        assert [b.first_sample for b in blocks] == list(range(0, len(whole), chunk_samples))
        np.testing.assert_array_equal(np.concatenate([b.samples for b in blocks]), whole)


def test_streaming_equals_resampling_in_one_shot(wav):
    mono = melody(44_100).mean(axis=1, dtype=np.float32)
    np.testing.assert_array_equal(read_recording(wav, LIMITS), soxr.resample(mono, 44_100, SAMPLE_RATE_HERTZ, "HQ"))


@pytest.mark.parametrize(("name", "codec", "container"), [
    ("a.m4a", "aac", "ipod"), ("a.aac", "aac", "adts"), ("lossless.m4a", "alac", "ipod"), ("a.opus", "libopus", "ogg"),
])
def test_containers_of_ffmpeg_sound_like_the_wav_they_came_from(folder, name, codec, container):
    rate_hertz = 48_000
    path = encode(folder / name, codec, container, melody(rate_hertz), rate_hertz)
    expected = soxr.resample(melody(rate_hertz).mean(axis=1), rate_hertz, SAMPLE_RATE_HERTZ)
    decoded = read_recording(path, LIMITS)
    assert abs(len(decoded) - len(expected)) < 0.2 * SAMPLE_RATE_HERTZ
    assert similarity(decoded, expected) > 0.98


@pytest.mark.parametrize(("name", "subtype"), [("b.mp3", "MPEG_LAYER_III"), ("b.ogg", "VORBIS"), ("b.flac", "PCM_16")])
def test_containers_of_libsndfile_sound_like_the_wav_they_came_from(folder, wav, name, subtype):
    path = folder / name
    soundfile.write(path, melody(44_100), 44_100, subtype=subtype)
    decoded = read_recording(path, LIMITS)
    assert similarity(decoded, read_recording(wav, LIMITS)) > 0.98
    with RecordingSource(path, LIMITS) as source:
        assert source.duration_seconds == pytest.approx(SECONDS, abs=0.1)
        assert source.name == name


def test_values_that_are_no_numbers_are_silenced_and_counted(folder):
    samples = melody(SAMPLE_RATE_HERTZ)[:, 0]
    samples[1000:1010] = np.nan
    samples[2000] = np.inf
    samples[3000] = 1e30
    soundfile.write(folder / "nan.wav", samples, SAMPLE_RATE_HERTZ, subtype="FLOAT")
    with RecordingSource(folder / "nan.wav", LIMITS) as source:
        decoded = np.concatenate([block.samples for block in source])
    assert source.repaired_samples == 12
    assert np.isfinite(decoded).all() and np.abs(decoded).max() < 1


STRANGE_NAMES = ["with space.wav", "Säkkijärven.wav", "two\nlines.wav", "-", "%s;$(x).wav", "http:x.wav"]


@pytest.mark.parametrize("name", STRANGE_NAMES)
def test_strange_names_are_only_names(folder, wav, name, monkeypatch):
    monkeypatch.chdir(folder)
    Path(name).write_bytes(wav.read_bytes())
    assert len(read_recording(Path(name), LIMITS)) == SECONDS * SAMPLE_RATE_HERTZ


def test_blocks_cannot_be_written_to(wav):
    with RecordingSource(wav, LIMITS) as source:
        block = next(iter(source))
    with pytest.raises(ValueError, match="read-only"):
        block.samples[0] = 1.0


def test_leaving_early_stops_the_decoder(folder):
    path = folder / "long.wav"
    soundfile.write(path, np.zeros(SAMPLE_RATE_HERTZ * 600, dtype=np.int16), SAMPLE_RATE_HERTZ)
    source = RecordingSource(path, LIMITS)
    with source:
        next(iter(source))
    with pytest.raises(ValueError, match="not open"):
        list(source)


def test_fingerprint_of_a_file_and_of_none(wav, folder):
    assert len(sha256_of(wav)) == 64
    with pytest.raises(InputError, match="nothing.wav"):
        sha256_of(folder / "nothing.wav")


def test_a_chunk_of_nothing_is_refused(wav):
    with pytest.raises(ValueError, match="at least one sample"):
        RecordingSource(wav, LIMITS, 0)


def test_an_embedded_picture_is_not_mistaken_for_the_audio(folder):
    buffer = io.BytesIO()
    soundfile.write(buffer, melody(44_100), 44_100, format="FLAC")
    path = folder / "tagged.mp3"
    tag = b"ID3\x04\x00\x00\x00\x00\x0f\x7f" + bytes(2047)
    soundfile.write(folder / "plain.mp3", melody(44_100), 44_100, subtype="MPEG_LAYER_III")
    path.write_bytes(tag + (folder / "plain.mp3").read_bytes())
    np.testing.assert_array_equal(read_recording(path, LIMITS), read_recording(folder / "plain.mp3", LIMITS))
