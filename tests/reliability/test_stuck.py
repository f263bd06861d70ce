"""Held up is not dead: a ledger that somebody holds is waited for, an analysis that hangs is given up by systemd."""

import signal
import sqlite3
import time

import pytest

from livecsi.service.watch import STUCK_SECONDS
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.reliability.daemon import LiveDaemon, Player, until

WATCHDOG_SECONDS = 10.0
"""What the unit asks for."""
HELD_SECONDS = 40.0
HANGING = """
import time
from livecsi.clock import SystemClock
from livecsi.service.daemon import Daemon
from livecsi.service.logs import configure
from livecsi.settings import load_settings

asked = []

def read_settings():
    asked.append(1)
    if len(asked) > 1:
        time.sleep(3600)
    return load_settings()

configure(SystemClock())
Daemon(read_settings, None, SystemClock(), lambda status: None).run()
"""


def longest_silence(daemon: LiveDaemon) -> float:
    signs = daemon.told("WATCHDOG=1")
    return max(after - before for before, after in zip(signs, signs[1:], strict=False))


@pytest.mark.live
def test_a_ledger_that_somebody_holds_is_waited_for(folder, ledger, concert):
    """Every entry waits ten seconds for the lock; the night and the signs of life go on meanwhile."""
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert[130 * SAMPLE_RATE_HERTZ :], speed=40.0)
        daemon.heard(62)
        other = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        time.sleep(HELD_SECONDS)
        assert daemon.process.poll() is None and daemon.ask("/healthz")[0] == 200
        other.execute("ROLLBACK")
        other.close()
        daemon.wait_for(lambda status: not status["troubles"], 20.0)
        daemon.heard(330, within=60.0)
        player.stop()
        assert longest_silence(daemon) < WATCHDOG_SECONDS
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0
    with ledger() as kept:
        assert kept.verify() == [] and kept.events("performance.settled")


@pytest.mark.live
def test_an_analysis_that_hangs_gives_no_sign_of_life(folder):
    with LiveDaemon(folder, program=("-c", HANGING)) as daemon:
        daemon.ready()
        until(lambda: len(daemon.told("WATCHDOG=1")) > 2, 10.0, daemon.words)
        daemon.send(signal.SIGHUP)
        until(lambda: daemon.ask("/healthz")[0] == 503, STUCK_SECONDS + 5.0, daemon.words)
        signs = len(daemon.told("WATCHDOG=1"))
        time.sleep(5.0)
        assert len(daemon.told("WATCHDOG=1")) == signs
        assert daemon.status()["state"], "its small window still answers"
