"""Messages survive the pipe however it cuts them; nonsense is noticed at once."""

import numpy as np
import pytest

from livecsi.audio.capture import BLOCK_SECONDS, QUEUE_SECONDS, Tap
from livecsi.audio.wire import Absent, Ended, Heard, Heartbeat, Lost, NonsenseError, Opened, decode, encode, heard

MESSAGES = [Opened("Ääni (hw:1,0)", 44_100, 2), Heartbeat(), Absent("no"), Lost("gone"), Ended()]


class Flags:
    input_overflow = False


def test_messages_survive_every_cut():
    sent = b"".join(encode(message) for message in MESSAGES)
    for cut in range(len(sent)):
        received, got = bytearray(sent[:cut]), []
        got += decode(received)
        received += sent[cut:]
        got += decode(received)
        assert got == MESSAGES


def test_samples_survive_to_the_bit():
    samples = np.random.default_rng(1).standard_normal(2_205).astype(np.float32)
    (message,) = decode(bytearray(encode(Heard(7, 1234.5, 0.25, 3, samples))))
    assert isinstance(message, Heard)
    assert (message.lost_frames, message.stamp_seconds, message.peak, message.clipped_frames) == (7, 1234.5, 0.25, 3)
    assert np.array_equal(message.samples, samples)


@pytest.mark.parametrize("nonsense", [b"ALSA lib pcm.c:2721:", b"x\0\0\0\0", b"o\1\0\0\0{", b"s\2\0\0\0ab"])
def test_nonsense_is_noticed(nonsense):
    with pytest.raises(NonsenseError):
        list(decode(bytearray(nonsense)))


def test_channels_are_chosen_and_mixed_by_their_mean():
    frames = np.array([[0.1, 0.2, 0.6], [0.0, -1.0, 0.2]], dtype=np.float32)
    assert heard(frames, (2, 3), 0, 0.0).samples == pytest.approx([0.4, -0.4])
    assert heard(frames, (), 0, 0.0).samples == pytest.approx([0.3, -0.8 / 3])
    assert heard(frames, (2, 3), 0, 0.0).clipped_frames == 1
    assert heard(frames, (1,), 0, 0.0).peak == pytest.approx(0.1)


def test_the_callback_drops_and_counts_and_never_waits_when_nobody_takes_what_it_brings():
    tap, block = Tap(), np.zeros((100, 1), dtype=np.float32)
    room = round(QUEUE_SECONDS / BLOCK_SECONDS)
    for _ in range(room + 5):
        tap.callback(block, 100, None, Flags())
    assert [tap.queue.get_nowait().dropped_frames for _ in range(room)] == [0] * room
    tap.callback(block, 100, None, Flags())
    assert tap.queue.get_nowait().dropped_frames == 500
    tap.callback(block, 100, None, Flags())
    assert tap.queue.get_nowait().dropped_frames == 0
