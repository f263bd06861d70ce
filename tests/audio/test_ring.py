"""The ring may forget, but it may never lie about what it forgot or what was missing."""

import numpy as np
import pytest

from livecsi.audio.ring import Ring
from livecsi.types import Block, Gap


def ramp(first: int, length: int) -> Block:
    return Block(first, np.arange(first, first + length, dtype=np.float32))


@pytest.mark.parametrize("seed", range(20))
def test_random_writes_read_back_as_an_endless_tape_would(seed):
    rng = np.random.default_rng(seed)
    ring, tape = Ring(int(rng.integers(1, 200))), np.zeros(0, dtype=np.float32)
    for _ in range(60):
        length = int(rng.integers(0, 300))
        if rng.random() < 0.3:
            ring.write_gap(Gap(len(tape), len(tape) + length, "unplugged"))
            tape = np.concatenate([tape, np.zeros(length, dtype=np.float32)])
        else:
            samples = rng.standard_normal(length).astype(np.float32)
            ring.write(Block(len(tape), samples))
            tape = np.concatenate([tape, samples])
        assert ring.last_sample == len(tape)
        assert ring.first_sample == max(0, len(tape) - ring.capacity_samples)
        first = int(rng.integers(ring.first_sample, ring.last_sample + 1))
        last = int(rng.integers(first, ring.last_sample + 1))
        np.testing.assert_array_equal(ring.read(first, last), tape[first:last])


def test_before_the_beginning_there_was_silence():
    ring = Ring(100)
    ring.write(ramp(0, 10))
    np.testing.assert_array_equal(ring.read(-5, 3), [0, 0, 0, 0, 0, 0, 1, 2])
    np.testing.assert_array_equal(ring.read(-5, -2), [0, 0, 0])


@pytest.mark.parametrize("wanted", [(0, 50), (149, 200), (-1, 160), (200, 251), (220, 210)])
def test_what_is_not_kept_is_refused_and_the_message_says_what_is(wanted):
    ring = Ring(100)
    ring.write(ramp(0, 250))
    with pytest.raises(LookupError, match=r"keeps 150\.\.250"):
        ring.read(*wanted)


def test_a_jump_in_the_sample_count_is_refused_unless_it_is_a_gap():
    ring = Ring(100)
    ring.write(ramp(0, 10))
    for piece in (ramp(11, 5), ramp(9, 5)):
        with pytest.raises(ValueError, match="expected sample 10"):
            ring.write(piece)
    with pytest.raises(ValueError, match="before it begins"):
        ring.write_gap(Gap(10, 8, "clock ran backwards"))
    ring.write_gap(Gap(10, 11, "overrun"))
    ring.write(ramp(11, 5))
    np.testing.assert_array_equal(ring.read(9, 13), [9, 0, 11, 12])


def test_a_reader_gets_a_copy():
    ring = Ring(4)
    ring.write(ramp(0, 4))
    kept = ring.read(0, 4)
    ring.write(ramp(4, 4))
    np.testing.assert_array_equal(kept, [0, 1, 2, 3])


def test_a_gap_of_ten_hours_costs_no_memory_and_is_forgotten_when_overwritten():
    ring = Ring(100)
    ring.write(ramp(0, 50))
    ring.write_gap(Gap(50, 800_000_000, "unplugged"))
    assert not ring.read(ring.first_sample, ring.last_sample).any()
    ring.write(ramp(800_000_000, 100))
    assert ring.read(800_000_000, 800_000_100).all()


def test_a_ring_that_begins_late_reads_silence_before_its_beginning():
    ring = Ring(100, first_sample=1000)
    ring.write(ramp(1000, 10))
    np.testing.assert_array_equal(ring.read(998, 1002), [0, 0, 1000, 1001])


def test_a_ring_without_room_is_refused():
    with pytest.raises(ValueError, match="at least one sample"):
        Ring(0)
