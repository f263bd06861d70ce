"""Ledger entries against a disk that is full, a signature that fails and a ledger that somebody else holds."""

import pytest

from livecsi.database import Database
from livecsi.errors import BusyError, LivecsiError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import CLOSED
from livecsi.service.outbox import RESERVE_BYTES, RETRY_SECONDS, Outbox
from tests.fakes import FakeClock


class Disk:
    """What entries are written to; it refuses with `error` while there is one."""

    def __init__(self) -> None:
        self.written: list[int] = []
        self.signed = self.tries = 0
        self.error: LivecsiError | None = None

    def entry(self, number: int):
        def write() -> None:
            self.tries += 1
            if self.error:
                raise self.error
            self.written.append(number)

        return write

    def sign(self) -> None:
        self.signed += 1


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def outbox(disk, clock, tmp_path) -> Outbox:
    return Outbox(tmp_path / "reserve", clock, disk.sign)


def test_while_the_disk_refuses_entries_wait_and_go_out_in_order(outbox, disk, clock):
    outbox.put(disk.entry(1))
    disk.error = LivecsiError("the disk is full")
    outbox.put(disk.entry(2))
    outbox.put(disk.entry(3))
    assert (disk.written, outbox.trouble) == ([1], "the disk is full")
    disk.error = None
    outbox.retry()
    assert disk.written == [1], "a moment ago it refused"
    clock.advance(RETRY_SECONDS)
    outbox.retry()
    assert (disk.written, outbox.trouble) == ([1, 2, 3], "")


def test_the_reserve_is_given_up_for_the_ledger_and_laid_by_again(outbox, disk, tmp_path):
    reserve = tmp_path / "reserve"

    def fits_without_the_reserve() -> None:
        if reserve.exists():
            raise LivecsiError("the disk is full")
        disk.written.append(1)

    assert reserve.stat().st_size == RESERVE_BYTES and not outbox.is_short
    outbox.put(fits_without_the_reserve)
    assert disk.written == [1] and not outbox.trouble
    assert outbox.is_short, "what is left belongs to the ledger"
    outbox.retry()
    assert not outbox.is_short


def test_half_a_reserve_is_none(disk, clock, tmp_path):
    (tmp_path / "reserve").write_bytes(b"cut off by a power cut")
    assert not Outbox(tmp_path / "reserve", clock, disk.sign).is_short
    assert (tmp_path / "reserve").stat().st_size == RESERVE_BYTES


def test_a_ledger_that_somebody_holds_costs_one_try_and_no_reserve(outbox, disk):
    """Every try waits ten seconds for the lock: two in a row, and the watchdog took us for dead."""
    disk.error = BusyError("the ledger is locked")
    outbox.put(disk.entry(1))
    outbox.put(disk.entry(2))
    outbox.retry()
    assert disk.tries == 1 and not outbox.is_short
    disk.error = None
    outbox.flush()
    assert disk.written == [1, 2]


def test_a_night_whose_signature_fails_is_closed_once(clock, tmp_path):
    """The disk had room for the events and none for the checkpoint; the entry was taken for unwritten."""
    with Ledger.open(tmp_path / "ledger.sqlite", clock) as ledger:
        outbox = Outbox(tmp_path / "reserve", clock, ledger.checkpoint)
        obstacle = ledger.checkpoints.path
        obstacle.mkdir()
        outbox.put(lambda: ledger.append(CLOSED, {"session_id": "one"}))
        assert "checkpoint" in outbox.trouble and len(ledger.events(CLOSED)) == 1
        obstacle.rmdir()
        outbox.flush()
        assert (outbox.trouble, len(ledger.events(CLOSED))) == ("", 1)
        assert ledger.verify() == []


def test_a_real_lock_is_waited_for_and_then_forgotten(clock, tmp_path):
    with Ledger.open(tmp_path / "ledger.sqlite", clock) as ledger:
        ledger._database.execute("PRAGMA busy_timeout = 50")
        outbox = Outbox(tmp_path / "reserve", clock, ledger.checkpoint)
        with Database.open(tmp_path / "ledger.sqlite", Ledger.schema) as other, other.transaction():
            outbox.put(lambda: ledger.append("test", {}))
            assert "locked" in outbox.trouble and not outbox.is_short
        clock.advance(RETRY_SECONDS)
        outbox.retry()
        assert not outbox.trouble and len(ledger.events("test")) == 1
