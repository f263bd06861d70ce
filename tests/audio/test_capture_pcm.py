"""What another program pipes into us arrives to the bit and without a gap, however slow either of us is."""

import os
import threading
import time

import numpy as np
import pytest
import soxr

from livecsi.audio.live import LiveSource
from livecsi.clock import SystemClock
from livecsi.settings import CaptureSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block

SHORTS = (np.random.default_rng(2).standard_normal((100_001, 2)) * 5_000).astype("<i2")


def _write(writing: int, data: bytes, piece_bytes: int, pause_seconds: float) -> None:
    for begin in range(0, len(data), piece_bytes):
        os.write(writing, data[begin : begin + piece_bytes])
        time.sleep(pause_seconds)
    os.close(writing)


@pytest.fixture
def piped():
    """Gives a function that puts bytes on our stdin, and puts the old stdin back."""
    kept = os.dup(0)
    threads = []

    def put(data: bytes, piece_bytes: int = 1 << 16, pause_seconds: float = 0.0) -> None:
        reading, writing = os.pipe()
        os.dup2(reading, 0)
        os.close(reading)
        threads.append(threading.Thread(target=_write, args=(writing, data, piece_bytes, pause_seconds)))
        threads[-1].start()

    yield put
    os.dup2(kept, 0)
    os.close(kept)
    for thread in threads:
        thread.join(5)


def read(pause_seconds: float = 0.0, **settings) -> np.ndarray:
    """All that comes, contiguous from sample 0; the source ends with its writer."""
    blocks: list[Block] = []
    with LiveSource(CaptureSettings(input="-", **settings), SystemClock()) as source:
        assert source.can_wait
        for piece in source:
            assert isinstance(piece, Block) and piece.first_sample == sum(len(block.samples) for block in blocks)
            blocks.append(piece)
            time.sleep(pause_seconds)
        assert not source.status.restarts
    return np.concatenate([block.samples for block in blocks])


def test_16_bits_arrive_exactly(piped):
    piped(SHORTS.tobytes(), piece_bytes=4_099)  # cuts frames in two
    expected = (SHORTS.astype(np.float32) / 32768).mean(axis=1, dtype=np.float32)
    assert np.array_equal(read(rate_hertz=SAMPLE_RATE_HERTZ, raw_channels=2), expected)


def test_floats_are_resampled_as_in_one_piece(piped):
    floats = SHORTS[:, 0].astype(np.float32) / 32768
    piped(floats.tobytes())
    expected = soxr.resample(floats, 48_000, SAMPLE_RATE_HERTZ, quality="HQ")
    assert np.array_equal(read(rate_hertz=48_000, raw_format="f32le"), expected)


def test_a_reader_slower_than_the_writer_loses_nothing(piped):
    piped(SHORTS.tobytes())
    assert len(read(pause_seconds=0.05, rate_hertz=SAMPLE_RATE_HERTZ, raw_channels=2)) == len(SHORTS)


def test_a_writer_that_pauses_leaves_no_gap(piped):
    piped(SHORTS[:22_050].tobytes(), piece_bytes=44_100, pause_seconds=0.8)
    assert len(read(rate_hertz=SAMPLE_RATE_HERTZ, raw_channels=2, stall_seconds=0.5)) == 22_050


def test_half_a_frame_at_the_end_is_left_out(piped):
    piped(SHORTS[:1_000].tobytes() + b"abc")
    assert len(read(rate_hertz=SAMPLE_RATE_HERTZ, raw_channels=2)) == 1_000
