"""What the daemon costs while the band plays: CPU and memory of all its processes, at real time, on a sound server.

A real PulseAudio plays the fixture concert over and over; `livecsi run` captures it through PortAudio and compares it
with 80 studio songs. Its own start and the first window are left out.

    python -m benchmarks.live_cost [--minutes 5] [--songs 80]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from benchmarks.replay_speed import make_concert, make_songs
from benchmarks.report import write_table
from tests.pulse import PulseServer

WARM_UP_SECONDS = 30.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=5)
    parser.add_argument("--songs", type=int, default=80)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livecsi-bench-") as name, PulseServer() as pulse:
        folder = Path(name)
        environment = {
            **os.environ,
            **pulse.environment,
            "LIVECSI_STATE_DIR": str(folder),
            "LIVECSI_SERVICE__PORT": "0",
        }
        concert, songs = make_concert(folder, arguments.minutes + 1), make_songs(folder, arguments.songs)
        subprocess.run(
            [sys.executable, "-m", "livecsi.cli", "catalogue", "import", str(songs)], env=environment, check=True
        )
        with _daemon(environment) as daemon:
            pulse.play(concert)
            time.sleep(WARM_UP_SECONDS)
            rows = _measured(daemon, arguments.minutes * 60.0)
    write_table(
        "live_cost",
        f"The daemon at real time, {arguments.songs} songs",
        f"python -m benchmarks.live_cost --minutes {arguments.minutes} --songs {arguments.songs}",
        ["process", "CPU s", "share of one core", "RSS MB", "threads", "open files"],
        rows,
        f"{arguments.minutes} minutes of music without a pause, a window every 10 s. Bars: 15 % of one core, 500 MB.",
    )


@contextmanager
def _daemon(environment: dict[str, str]) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", "livecsi.cli", "run"], env=environment, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _measured(daemon: psutil.Process, seconds: float) -> list[list[str]]:
    processes = {"daemon": daemon, "capture": daemon.children()[0]}
    before, began = {name: _cpu(process) for name, process in processes.items()}, time.monotonic()
    time.sleep(seconds)
    wall = time.monotonic() - began
    figures = {
        name: [
            _cpu(process) - before[name],
            process.memory_info().rss / 2**20,
            process.num_threads(),
            process.num_fds(),
        ]
        for name, process in processes.items()
    }
    figures["together"] = [sum(column) for column in zip(*figures.values(), strict=True)]
    return [
        [name, f"{cpu:.1f}", f"{100 * cpu / wall:.1f} %", f"{rss:.0f}", f"{threads:.0f}", f"{files:.0f}"]
        for name, (cpu, rss, threads, files) in figures.items()
    ]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
