"""A disk that is full, refuses or is read-only: seen at once, survived, and over when it is over."""

import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import sessions_by_report
from livecsi.ledger.sessions import SETTLED
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.fakes import FakeClock
from tests.reliability.daemon import LiveDaemon, Player
from tests.reliability.disk import SmallDisk

DEGRADED_SECONDS = 5.0
RECOVERED_SECONDS = 10.0
SPEED = 60.0
A_FLUSH_BYTES = 64 * 1024
BEGINS_SECONDS, ENDS_SECONDS = 70, 290
"""When the fault comes and goes: long enough for a song to be over and settled."""


@pytest.fixture(scope="module")
def evening(concert) -> np.ndarray:
    """The concert from the second song on."""
    return concert[130 * SAMPLE_RATE_HERTZ :][: 320 * SAMPLE_RATE_HERTZ]


@pytest.fixture
def small_disk(folder) -> Iterator[SmallDisk]:
    """A disk of its own under the state folder, with the catalogue on it."""
    with SmallDisk(folder) as disk:
        shutil.copy(folder / "catalogue.sqlite", disk.folder)
        yield disk


def outcome(folder: Path) -> tuple[object, list[tuple[object, ...]]]:
    """The one session of a ledger: coverage and lines."""
    with Ledger.open(folder / "ledger.sqlite", FakeClock(), create=False) as ledger:
        assert ledger.verify() == []
        ((session,),) = sessions_by_report(ledger).values()
        assert session.closed is not None
    lines = [
        (e.body["best"] and e.body["best"]["title"], e.body["start_seconds"], e.body["end_seconds"])
        for e in session.performances
    ]
    return session.closed.body["coverage"], lines


def settled(daemon: LiveDaemon) -> float:
    """How many lines the ledger has acknowledged."""
    return daemon.metrics().get(f'livecsi_ledger_events_total{{kind="{SETTLED}"}}', 0.0)


@pytest.fixture(scope="module")
def undisturbed(prepared, evening, tmp_path_factory) -> tuple[object, list[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("undisturbed")
    shutil.copy(prepared.settings.catalogue_path, folder)
    with LiveDaemon(folder) as daemon:
        Player(daemon, evening).finish()
        assert daemon.wait() == 0
    return outcome(folder)


@contextmanager
def playing_to(daemon: LiveDaemon, evening: np.ndarray) -> Iterator[None]:
    """Music; the block brings the fault, and has it last until much was played. In the end it is as if nothing was."""
    daemon.ready()
    player = Player(daemon, evening, SPEED)
    daemon.heard(BEGINS_SECONDS)
    yield
    daemon.wait_for(lambda status: all("pipe" in trouble for trouble in status["troubles"]), RECOVERED_SECONDS)
    player.finish()
    assert daemon.wait() == 0


def wait_degraded(daemon: LiveDaemon) -> None:
    daemon.wait_for(lambda status: status["state"] == "degraded", DEGRADED_SECONDS)
    daemon.heard(ENDS_SECONDS)
    assert daemon.status()["state"] == "degraded" and daemon.ask("/readyz")[0] == 200


def test_on_a_full_disk_the_ledger_lives_on_its_reserve_and_the_journal_waits(small_disk, folder, evening, undisturbed):
    with LiveDaemon(folder, before=small_disk.inside) as daemon:
        with playing_to(daemon, evening):
            small_disk.fill()
            journal_bytes = (small_disk.folder / "journal.sqlite-wal").stat().st_size
            wait_degraded(daemon)
            assert settled(daemon) >= 1, "the ledger goes on"
            assert (small_disk.folder / "journal.sqlite-wal").stat().st_size < journal_bytes + A_FLUSH_BYTES
            assert any("kept in memory" in trouble for trouble in daemon.status()["troubles"])
            small_disk.free()
        warnings = [line["event"] for line in daemon.log() if line["level"] == "warning"]
        assert len(warnings) == len(set(warnings)) <= 4, "each trouble is told once an hour"
    assert outcome(shutil.copytree(small_disk.folder, folder / "after")) == undisturbed


def test_a_disk_that_refuses_every_write_loses_nothing_but_time(folder, evening, undisturbed):
    """As a file system does that went read-only under open files: the limit makes every write fail, the log's too."""
    with LiveDaemon(folder) as daemon:
        with playing_to(daemon, evening):
            _, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (0, hard))
            wait_degraded(daemon)
            assert settled(daemon) == 0
            resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        signs = daemon.told("WATCHDOG=1")
        assert max(after - before for before, after in zip(signs, signs[1:], strict=False)) < 10.0
    assert outcome(folder) == undisturbed


def test_a_machine_that_comes_up_with_a_full_disk_goes_on_with_the_night(small_disk, folder, evening):
    with LiveDaemon(folder, before=small_disk.inside) as daemon:
        daemon.ready()
        Player(daemon, evening[: BEGINS_SECONDS * SAMPLE_RATE_HERTZ])
        daemon.heard(BEGINS_SECONDS - 1)
        session_id = daemon.status()["session_id"]
        small_disk.fill()
        daemon.kill()
    with LiveDaemon(folder, before=small_disk.inside) as daemon:
        daemon.ready()
        assert daemon.status()["session_id"] == session_id != ""
        Player(daemon, evening[: 10 * SAMPLE_RATE_HERTZ])
        daemon.wait_for(lambda status: status["state"] == "degraded", DEGRADED_SECONDS)


def test_a_read_only_disk_is_refused_in_one_line(small_disk, folder):
    small_disk.make_read_only()
    with LiveDaemon(folder, before=small_disk.inside) as daemon:
        assert daemon.wait() == 70
        (line,) = [line for line in daemon.words().splitlines() if not line.startswith("{")]
    assert str(folder) in line and "permissions" in line
