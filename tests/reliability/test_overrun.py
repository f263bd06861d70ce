"""An analysis that is too slow costs audio, and every sample of it is accounted for; capture never waits."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from livecsi.ledger.sessions import CLOSED, GAP
from livecsi.service.inbox import OVERRUN
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.reliability.daemon import LiveDaemon
from tests.reliability.station import Station

SAMPLES = "livecsi_capture_samples_total"
LOST = f'livecsi_capture_gap_seconds_total{{reason="{OVERRUN}"}}'
BURST_SECONDS = 12.0
"""What a station sends at once was played before we came, and is left out."""
SLOW = {"LIVECSI_LISTENING__RING_SECONDS": "60", "LIVECSI_LISTENING__HOP_SECONDS": "2"}


@contextmanager
def throttled(daemon: LiveDaemon, share: float) -> Iterator[None]:
    """The daemon, but none of its children, runs only this share of the time."""
    is_over = threading.Event()

    def halt() -> None:
        while not is_over.is_set():
            daemon.send(signal.SIGSTOP)
            time.sleep(0.1 * (1 - share))
            daemon.send(signal.SIGCONT)
            time.sleep(0.1 * share)

    thread = threading.Thread(target=halt)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def check_the_account(daemon: LiveDaemon, ledger, seconds: int) -> None:
    """Everything was captured, and what was not heard is in the ledger as gaps, to the sample."""
    daemon.wait_for(lambda status: status["lag_seconds"] == 0.0, 120.0)
    metrics = daemon.metrics()
    captured = metrics[SAMPLES] / SAMPLE_RATE_HERTZ
    assert seconds - BURST_SECONDS < captured <= seconds
    daemon.send(signal.SIGTERM)
    assert daemon.wait() == 0
    with ledger() as kept:
        assert kept.verify() == []
        gaps = [event.body for event in kept.events(GAP)]
        (closed,) = kept.events(CLOSED)
    lost = sum(gap["end_seconds"] - gap["start_seconds"] for gap in gaps if gap["reason"] == OVERRUN)
    others = sum(gap["end_seconds"] - gap["start_seconds"] for gap in gaps if gap["reason"] != OVERRUN)
    print(f"{lost:.1f} s of {captured:.1f} s lost in {len(gaps)} gaps")
    assert lost > 0 and lost == pytest.approx(metrics[LOST], abs=0.001 * (len(gaps) + 1))
    coverage = closed.body["coverage"]
    assert coverage["gap_seconds"] == pytest.approx(lost + others, abs=0.001 * (len(gaps) + 1))
    assert coverage["listened_seconds"] == pytest.approx(captured + others, abs=0.001 * (len(gaps) + 1))
    warnings = [line["event"] for line in daemon.log() if line["level"] == "warning"]
    assert len(warnings) == len(set(warnings)), "one warning an hour is enough"


def test_what_the_analysis_is_too_slow_for_is_lost_by_the_sample(folder, ledger, concert):
    seconds = 160
    with (
        Station(concert[: seconds * SAMPLE_RATE_HERTZ]) as station,
        LiveDaemon(folder, settings={**SLOW, "LIVECSI_CAPTURE__INPUT": station.url}) as daemon,
    ):
        daemon.ready()
        daemon.wait_for(lambda _: daemon.metrics()[SAMPLES] > (seconds - BURST_SECONDS) * SAMPLE_RATE_HERTZ, 60.0)
        assert daemon.status()["lag_seconds"] > 0
        check_the_account(daemon, ledger, seconds)


@pytest.mark.live
@pytest.mark.timeout(900)
def test_on_a_fifth_of_a_processor_the_account_is_right(folder, ledger, concert):
    """Sixteen times as much audio a second as a stage sends, on a processor that is mostly elsewhere."""
    seconds = 960
    with (
        Station(concert[: seconds * SAMPLE_RATE_HERTZ], speed=16.0) as station,
        LiveDaemon(folder, settings={**SLOW, "LIVECSI_CAPTURE__INPUT": station.url}) as daemon,
    ):
        daemon.ready()
        with throttled(daemon, 0.2):
            daemon.wait_for(lambda _: daemon.metrics()[SAMPLES] > (seconds - BURST_SECONDS) * SAMPLE_RATE_HERTZ, 400.0)
        check_the_account(daemon, ledger, seconds)
