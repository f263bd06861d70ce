"""People at the command line and a Prometheus that asks all the time cost the night nothing."""

import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import FIXTURES
from tests.deploy.prometheus_server import PrometheusServer
from tests.deploy.test_prometheus import expressions
from tests.reliability.daemon import LiveDaemon, Player, livecsi, until

SLOWEST_COMMIT_SECONDS = 0.2
COMMITS = "livecsi_ledger_commit_seconds"
READERS = 8
ASKED = (("nights",), ("report", "--format", "text"), ("catalogue", "list"))
SAMPLES = "livecsi_capture_samples_total"


class Person:
    """Asks one thing after the other, at least one."""

    def __init__(self, folder: Path, night: str, number: int) -> None:
        self._folder, self._night, self._number = folder, night, number
        self.answers: list[subprocess.CompletedProcess[str]] = []

    def ask(self, until_seconds: float) -> None:
        """Go on until then."""
        while not self.answers or time.monotonic() < until_seconds:
            words = ASKED[(self._number + len(self.answers)) % len(ASKED)]
            night = ["--night", self._night] if "report" in words else []
            self.answers.append(livecsi(self._folder, *words, *night))


@pytest.mark.parametrize("seconds", [0, pytest.param(60, marks=pytest.mark.live)])
def test_eight_readers_and_a_writer_do_not_hold_up_a_night(folder, concert, seconds):
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert, speed=30.0)
        daemon.heard(70)
        people = [Person(folder, daemon.status()["night"], number) for number in range(READERS)]
        readers = [
            threading.Thread(target=person.ask, args=(time.monotonic() + seconds,)) for person in people
        ]  # fmt: skip
        for reader in readers:
            reader.start()
        song = FIXTURES / "studio" / "greensleeves.ogg"
        answers = [livecsi(folder, "catalogue", "add", str(song), "--title", "Greensleeves")]
        for reader in readers:
            reader.join()
        player.stop()
        metrics = daemon.metrics()
        locked = [line for line in daemon.log() if "locked" in line["event"]]
    commits = metrics[f"{COMMITS}_count"]
    slow = commits - metrics[f'{COMMITS}_bucket{{le="{SLOWEST_COMMIT_SECONDS}"}}']
    answers += [answer for person in people for answer in person.answers]
    print(f"{len(answers)} commands, {commits:.0f} commits, {slow:.0f} slow")
    assert [answer.stderr for answer in answers if answer.returncode] == [] == locked
    assert commits > 0 and slow <= 0.01 * commits


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.live)])
def test_a_real_prometheus_scrapes_the_real_daemon(folder, concert, seconds, tmp_path):
    (tmp_path / "prometheus").mkdir()
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        player = Player(daemon, concert, speed=20.0)
        with PrometheusServer(tmp_path / "prometheus", daemon.port) as server:
            scraped = f'count_over_time(up{{job="livecsi"}}[{10 * seconds}s]) >= {seconds}'
            until(lambda: server.query(scraped), 10.0 * seconds, daemon.words)
            (group,) = server.ask("rules")["groups"]
            assert {rule["health"] for rule in group["rules"]} == {"ok"}
            until(lambda: not [e for e in expressions() if not server.query(e)], 60.0, daemon.words)
            ((_, grown),) = (series["value"] for series in server.query(f"increase({SAMPLES}[1m])"))
            assert float(grown) > 0
            series = server.ask("series", **{"match[]": '{job="livecsi"}'})
        titles = {line["title"] for line in daemon.status()["setlist"]} - {""}
        player.stop()
    words = " ".join(value for labels in series for value in labels.values()).lower()
    assert titles and not any(word in words for title in titles for word in title.lower().split() if len(word) > 3)
