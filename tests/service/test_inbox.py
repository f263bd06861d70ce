"""Nothing between capture and analysis goes missing unaccounted for, however the two threads take turns."""

import random
import threading
import time

import numpy as np
import pytest

from livecsi.service.inbox import OVERRUN, Inbox
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap

SECOND = SAMPLE_RATE_HERTZ


def blocks(count: int, samples: int = SECOND) -> list[Block]:
    """Contiguous audio; every sample says where it belongs."""
    places = np.arange(count * samples, dtype=np.float32).reshape(count, samples)
    return [Block(number * samples, part) for number, part in enumerate(places)]


def drain(inbox: Inbox) -> list[Block | Gap]:
    found = []
    while not inbox.has_ended:
        if (piece := inbox.take(5.0)) is not None:
            found.append(piece)
    return found


def length(piece: Block | Gap) -> int:
    return piece.last_sample - piece.first_sample


def test_what_is_put_is_taken_in_order():
    inbox = Inbox(10.0, can_wait=False)
    put = [*blocks(3), Gap(3 * SECOND, 5 * SECOND, "device_lost")]
    for piece in put:
        inbox.put(piece)
    assert inbox.lag_seconds == 3.0
    inbox.close()
    assert drain(inbox) == put
    assert inbox.lag_seconds == 0.0 and inbox.has_ended and inbox.take(0.01) is None


def test_what_is_given_up_becomes_one_gap_and_what_comes_later_is_heard():
    inbox = Inbox(10.0, can_wait=False)
    for block in blocks(3):
        inbox.put(block)
    inbox.give_up()
    inbox.put(blocks(4)[3])
    inbox.close()
    gap, last = drain(inbox)
    assert gap == Gap(0, 3 * SECOND, OVERRUN) and last.first_sample == 3 * SECOND


def test_nothing_comes_and_the_analysis_is_not_kept():
    began = time.monotonic()
    assert Inbox(10.0, can_wait=False).take(0.05) is None
    assert time.monotonic() - began < 1.0


def test_of_what_does_not_fit_the_oldest_is_lost_and_becomes_one_gap():
    inbox = Inbox(4.0, can_wait=False)
    for block in blocks(10):
        inbox.put(block)
    inbox.close()
    gap, *kept = drain(inbox)
    assert gap == Gap(0, 6 * SECOND, OVERRUN)
    assert [piece.first_sample for piece in kept] == [number * SECOND for number in range(6, 10)]


def test_a_capture_that_stops_while_the_pipe_is_full_is_not_kept_waiting():
    """SIGTERM at full speed: the thread that puts stood in `put` for as long as we waited for it to end."""
    inbox = Inbox(1.0, can_wait=True)
    first, second, third = blocks(3)
    inbox.put(first)
    capture = threading.Thread(target=lambda: (inbox.put(second), inbox.put(third), inbox.close()))
    capture.start()
    capture.join(0.1)
    assert capture.is_alive(), "a source that can wait waits for room"
    inbox.hurry()
    capture.join(2.0)
    assert not capture.is_alive()
    assert drain(inbox) == [first, second, third]


def test_an_error_of_the_source_is_kept_for_the_analysis():
    inbox, error = Inbox(1.0, can_wait=False), ValueError("no sound")
    inbox.put(blocks(1)[0])
    inbox.close(error)
    assert not inbox.has_ended
    assert inbox.take(0.1) is not None and inbox.has_ended and inbox.error is error


@pytest.mark.parametrize("can_wait", [False, True], ids=["a microphone", "a pipe"])
@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_turns_every_sample_is_delivered_or_in_a_gap(seed, can_wait):
    chance = random.Random(seed)
    put: list[Block | Gap] = []
    for _ in range(200):
        first = put[-1].last_sample if put else 0
        last = first + chance.randrange(1, SECOND)
        is_gap = chance.random() < 0.1
        place = np.arange(first, last, dtype=np.float32)
        put.append(Gap(first, last, "stalled") if is_gap else Block(first, place))
    inbox = Inbox(3.0, can_wait)

    def capture() -> None:
        for piece in put:
            inbox.put(piece)
            if chance.random() < 0.1:
                time.sleep(chance.uniform(0.0, 0.005))
        inbox.close()

    thread = threading.Thread(target=capture)
    thread.start()
    taken: list[Block | Gap] = []
    while not inbox.has_ended:
        if (piece := inbox.take(1.0)) is not None:
            taken.append(piece)
        if len(taken) % 20 == seed:
            time.sleep(0.005)
    thread.join()
    assert [piece.first_sample for piece in taken] == [0, *(piece.last_sample for piece in taken[:-1])]
    assert sum(length(piece) for piece in taken) == put[-1].last_sample
    assert all((piece.samples == np.arange(piece.first_sample, piece.last_sample)).all()
               for piece in taken if isinstance(piece, Block))  # fmt: skip
    lost = [piece for piece in taken if isinstance(piece, Gap) and piece.reason == OVERRUN]
    assert not (can_wait and lost)
