"""Live, the frames come one by one out of a ring; they must be those of the whole recording, bit for bit."""

import numpy as np
import pytest

from livecsi.audio.ring import Ring
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.features.stream import SILENCE_DBFS, FrameStream
from livecsi.types import SAMPLE_RATE_HERTZ, Gap
from tests.fakes import cut

SPEC = ConstantQSpec()
SAMPLES = 9 * SAMPLE_RATE_HERTZ + 1234


def sound(samples: int = SAMPLES) -> np.ndarray:
    return np.random.default_rng(5).standard_normal(samples).astype(np.float32) * 0.1


def streamed(samples: np.ndarray, chunk_samples: int, capacity_frames: int = 200) -> FrameStream:
    ring = Ring(4 * SAMPLE_RATE_HERTZ)
    stream = FrameStream(SPEC, ring.read, capacity_frames)
    for block in cut(samples, chunk_samples):
        ring.write(block)
        stream.advance(ring.last_sample)
    stream.finish(ring.last_sample)
    return stream


@pytest.mark.parametrize("chunk_samples", [517, 1024, 6600, 22_050, 50_000])
def test_the_size_of_the_blocks_changes_no_bit_up_to_the_very_end(chunk_samples):
    stream, whole = streamed(sound(), chunk_samples), constant_q(SPEC, sound())
    assert stream.available == whole.shape[1]
    np.testing.assert_array_equal(stream.frames(0, stream.available), whole)


@pytest.mark.parametrize("samples", [0, 100, 6600, 20_000])
def test_a_stream_that_ends_before_its_first_frame_was_complete(samples):
    stream = streamed(sound(samples), 1000)
    np.testing.assert_array_equal(stream.frames(0, stream.available), constant_q(SPEC, sound(samples)))


def test_frames_that_were_forgotten_or_not_heard_yet_are_an_error_and_not_other_frames():
    stream, whole = streamed(sound(), 4096, capacity_frames=10), constant_q(SPEC, sound())
    last = stream.available
    np.testing.assert_array_equal(stream.frames(last - 10, last), whole[:, -10:])
    for first, end in ((last - 11, last), (0, 1), (last - 1, last + 1)):
        with pytest.raises(LookupError, match=f"{last - 10}..{last} kept"):
            stream.frames(first, end)
        with pytest.raises(LookupError):
            stream.levels_dbfs(first, end)


def test_the_level_is_that_of_the_frame_itself_and_silence_is_no_minus_infinity():
    samples = np.zeros(20 * SPEC.frame_samples, np.float32)
    samples[10 * SPEC.frame_samples : 11 * SPEC.frame_samples] = 0.1
    levels = streamed(samples, 3000).levels_dbfs(0, 20)
    assert levels[10] == pytest.approx(-20, abs=0.01)
    assert (np.delete(levels, 10) == SILENCE_DBFS).all()


def test_lost_audio_is_heard_as_silence_and_the_frames_keep_their_place():
    samples, first, last = sound(), 50_000, 90_000
    ring = Ring(4 * SAMPLE_RATE_HERTZ)
    stream = FrameStream(SPEC, ring.read, 200)
    for block in cut(samples[:first], 10_000):
        ring.write(block)
        stream.advance(ring.last_sample)
    ring.write_gap(Gap(first, last, "overrun"))
    stream.advance(ring.last_sample)
    for block in cut(samples[last:], 10_000):
        ring.write(type(block)(block.first_sample + last, block.samples))
        stream.advance(ring.last_sample)
    stream.finish(ring.last_sample)
    silenced = samples.copy()
    silenced[first:last] = 0
    np.testing.assert_array_equal(stream.frames(0, stream.available), constant_q(SPEC, silenced))
