"""What may change while the daemon listens: settings by SIGHUP, the catalogue at any time; nonsense changes nothing."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from livecsi.ledger.night import sessions_by_report
from livecsi.ledger.sessions import CATALOGUE_CHANGED, LIVE
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.conftest import CUT_SECONDS, FIXTURES
from tests.reliability.daemon import LiveDaemon, Player, livecsi, until
from tests.reliability.station import Station

NOBODY = "http://127.0.0.1:1/nobody"
TAKEN_OVER_SECONDS = 30.0
GREENSLEEVES = FIXTURES / "studio" / "greensleeves.ogg"


@pytest.fixture
def write_settings(folder) -> Callable[[str], None]:
    """Puts a text where the daemon looks for its settings."""
    path: Path = folder / "config" / "livecsi" / "livecsi.toml"
    path.parent.mkdir(parents=True)
    return lambda text: path.write_text(text)


def told(daemon: LiveDaemon, event: str) -> bool:
    return any(line["event"] == event for line in daemon.log())


def reload(daemon: LiveDaemon) -> None:
    ready = len(daemon.told("READY=1"))
    daemon.send(signal.SIGHUP)
    until(lambda: len(daemon.told("READY=1")) > ready, 10.0, daemon.words)
    assert daemon.told("RELOADING=1")


def test_sighup_changes_the_input_and_nonsense_changes_nothing(folder, write_settings, concert):
    write_settings(f'[capture]\ninput = "{NOBODY}"\n')
    with (
        Station(concert[: 60 * SAMPLE_RATE_HERTZ], speed=4.0) as station,
        LiveDaemon(folder, settings={}) as daemon,
    ):
        daemon.ready()
        daemon.wait_for(lambda status: status["state"] == "waiting for device" and status["troubles"], 10.0)
        write_settings(f'[capture]\ninput = "{station.url}"\nvolume = 11\n')
        reload(daemon)
        (line,) = [line for line in daemon.log() if line["event"] == "nothing was reloaded"]
        assert line["level"] == "error" and "volume" in line["reason"]
        assert daemon.status()["input_name"] == NOBODY
        write_settings(f'[listening]\nhop_seconds = 5\n[capture]\ninput = "{station.url}"\n')
        reload(daemon)
        daemon.wait_for(lambda status: status["state"] == "listening", 15.0)
        status = daemon.status()
        assert status["input_name"] == station.url and status["gap_seconds"] > 0
        before_seconds = status["heard_seconds"]
        daemon.wait_for(lambda status: status["heard_seconds"] > before_seconds + 5, 15.0)
        assert told(daemon, "these settings count from the next start on")
        daemon.send(signal.SIGTERM)
        assert daemon.wait() == 0


def test_the_catalogue_may_be_edited_by_the_command_line_at_any_time(folder, ledger, concert):
    """Songs come with SIGHUP or by themselves; what was played and is removed is no name any more, and no crash."""
    first, last = (second * SAMPLE_RATE_HERTZ for second in CUT_SECONDS)
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        Player(daemon, concert[first:last])
        daemon.heard(131)
        assert [line["title"] for line in daemon.status()["setlist"]] == ["Korobeiniki", "Auld Lang Syne"]
        added = livecsi(folder, "catalogue", "add", str(GREENSLEEVES), "--title", "Greensleeves")
        assert added.returncode == 0, added.stderr
        reload(daemon)
        daemon.wait_for(lambda status: status["songs"] == 4, 2.0)
        removed = livecsi(folder, "catalogue", "remove", "3")
        assert removed.returncode == 0 and "Korobeiniki" in removed.stderr, removed.stderr
        took = daemon.wait_for(lambda status: status["songs"] == 3, TAKEN_OVER_SECONDS)
        print(f"taken over after {took:.1f} s")
        removed = livecsi(folder, "catalogue", "remove", "2")  # and this one at the very last moment
        assert removed.returncode == 0, removed.stderr
        Player(daemon, concert[last : last + SAMPLE_RATE_HERTZ]).finish()
        assert daemon.wait() == 0, daemon.words()
    with ledger() as kept:
        assert kept.verify() == [] and len(kept.events(CATALOGUE_CHANGED)) == 2
        ((session,),) = sessions_by_report(kept).values()
    assert session.closed is not None and session.start["input_kind"] == LIVE
    titles = [event.body["best"] and event.body["best"]["title"] for event in session.performances]
    assert titles == [None, "Auld Lang Syne"]
    report = livecsi(folder, "report", "--night", session.start["night"], "--format", "text")
    assert report.returncode == 0 and "Auld Lang Syne" in report.stdout, report.stderr


@pytest.mark.live
@pytest.mark.timeout(900)
def test_songs_come_and_go_all_night(folder, ledger, concert):
    """Edit after edit during a concert at four times its speed: none is missed, none breaks anything."""
    known = ("auld", "korobeiniki", "scarborough")
    songs = [path for path in sorted((FIXTURES / "studio").glob("*.ogg")) if not path.name.startswith(known)]
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert[: 400 * SAMPLE_RATE_HERTZ], speed=4.0)
        daemon.wait_for(lambda status: status["session_id"], 60)  # what changes before the music is no event
        for half in (songs[: len(songs) // 2], songs[len(songs) // 2 :]):
            for song in half:
                assert livecsi(folder, "catalogue", "add", str(song), "--title", song.stem).returncode == 0
                numbers = [line.split()[0] for line in livecsi(folder, "catalogue", "list").stdout.splitlines()]
                if len(numbers) > 5:
                    assert livecsi(folder, "catalogue", "remove", *numbers[3:5]).returncode == 0
            left = len(livecsi(folder, "catalogue", "list").stdout.splitlines())
            daemon.wait_for(lambda status, left=left: status["songs"] == left, TAKEN_OVER_SECONDS)
        player.finish(300)
        assert daemon.wait() == 0
    with ledger() as kept:
        assert kept.verify() == [] and len(kept.events(CATALOGUE_CHANGED)) >= 2
