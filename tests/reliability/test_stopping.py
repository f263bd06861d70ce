"""Stopping in the middle of a song is quick and costs nothing; starting again goes on with the night."""

import signal
import time

import pytest

from livecsi.ledger.night import sessions_by_report
from livecsi.ledger.sessions import SUPERSEDED
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.conftest import CUT_SECONDS
from tests.reliability.daemon import LiveDaemon, Player

STOP_SECONDS = 5.0
MINUTE = 60 * SAMPLE_RATE_HERTZ


def titles(ledger) -> list[str]:
    with ledger() as kept:
        assert kept.verify() == []
        ((session,),) = sessions_by_report(kept).values()
        assert session.closed is not None
        return [event.body["best"]["title"] for event in session.performances if event.body["best"]]


def stop(daemon: LiveDaemon, number: signal.Signals) -> float:
    began = time.monotonic()
    daemon.send(number)
    assert daemon.wait() == 0, daemon.words()
    return time.monotonic() - began


@pytest.mark.parametrize("heard_minutes", [4.5, pytest.param(15, marks=pytest.mark.live)])
def test_sigterm_in_the_middle_of_a_song_is_quick_and_the_night_is_written_down(folder, ledger, concert, heard_minutes):
    """At full speed, with as much audio on its way as there can be."""
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert)
        daemon.heard(heard_minutes * 60, within=60)
        took_seconds = stop(daemon, signal.SIGTERM)
        assert daemon.told("STOPPING=1")
        player.stop()
    print(f"stopped after {took_seconds:.2f} s")
    assert took_seconds < STOP_SECONDS
    assert titles(ledger) == ["Korobeiniki", "Auld Lang Syne"]


def test_after_control_c_a_restart_goes_on_in_one_session(folder, ledger, concert):
    first = CUT_SECONDS[0] * SAMPLE_RATE_HERTZ
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        Player(daemon, concert[first : first + MINUTE])
        daemon.heard(59)
        assert stop(daemon, signal.SIGINT) < STOP_SECONDS
    assert titles(ledger) == ["Korobeiniki"]
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        on = first + round(daemon.status()["heard_seconds"] * SAMPLE_RATE_HERTZ)
        Player(daemon, concert[on : CUT_SECONDS[1] * SAMPLE_RATE_HERTZ]).finish()
        assert daemon.wait() == 0
    assert titles(ledger) == ["Korobeiniki", "Auld Lang Syne"]
    with ledger() as kept:
        assert len(kept.events(SUPERSEDED)) == 1


def test_a_key_that_is_none_costs_signatures_and_no_event(folder, ledger, concert):
    (folder / "ledger-key.pem").write_text("this is no key")
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert[CUT_SECONDS[0] * SAMPLE_RATE_HERTZ :])
        daemon.heard(60)
        stop(daemon, signal.SIGTERM)
        player.stop()
        said = [line for line in daemon.log() if line["event"] == "nothing will be signed"]
    assert len(said) == 1 and "restore it from a backup" in said[0]["reason"]
    with ledger() as kept:
        kinds = [event.kind for event in kept.events()]
    assert kinds.count("session.opened") == kinds.count("session.closed") == 1
