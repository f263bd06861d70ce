"""Hours of music through one daemon: it does not grow, and everything it opens it closes."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest

from livecsi.types import SAMPLE_RATE_HERTZ
from tests.reliability.daemon import LiveDaemon, Player

HOURS = float(os.environ.get("SOAK_HOURS", "20"))
"""Audio of the long form; an hour takes a minute on an idle machine."""
GROWTH_MEGABYTES_PER_HOUR = 1.0
WARM_HOURS = 1.0
LARGEST_LOG_MEGABYTES = 64.0
WINDOWS = "livecsi_windows_total"
HOP_SECONDS = 33 * 6600 / SAMPLE_RATE_HERTZ
"""Ten seconds in whole frames."""


@dataclass(frozen=True)
class Size:
    """How large the daemon is after so many hours of audio."""

    hours: float
    memory_megabytes: float
    files: int
    threads: int
    log_megabytes: float


def size_of(daemon: LiveDaemon, folder: Path) -> Size:
    process = psutil.Process(daemon.process.pid)
    log_bytes = sum(path.stat().st_size for path in folder.glob("*-wal"))
    threads = {thread.id for thread in process.threads()}
    hours = daemon.status()["heard_seconds"] / 3600
    return Size(hours, process.memory_info().rss / 2**20, process.num_fds(), len(threads), log_bytes / 2**20)


def soak(folder: Path, samples: np.ndarray, times: int, looks: int) -> list[Size]:
    """The same concert again and again, without a pause in between; how large the daemon was on the way."""
    sizes: list[Size] = []
    with LiveDaemon(folder) as daemon:
        daemon.ready()
        daemon.ask("/metrics")  # a thread that serves is one of those that come and go
        for _ in range(times):
            for part in np.array_split(samples, looks):
                before_seconds = daemon.status()["heard_seconds"]
                Player(daemon, part)
                daemon.heard(before_seconds + len(part) / SAMPLE_RATE_HERTZ - 1.0, within=600.0)
                sizes.append(size_of(daemon, folder))
        heard = sum(value for name, value in daemon.metrics().items() if name.startswith(WINDOWS))
        seconds = daemon.status()["heard_seconds"]
    for size in sizes:
        print(f"{size.hours:5.2f} h {size.memory_megabytes:7.1f} MB {size.files} files {size.threads} threads "
              f"{size.log_megabytes:5.1f} MB log")  # fmt: skip
    assert heard == pytest.approx(seconds / HOP_SECONDS, abs=3), "a window was missed"
    assert max(size.log_megabytes for size in sizes) <= LARGEST_LOG_MEGABYTES
    assert max(size.files for size in sizes) <= sizes[0].files + 2, "one for whoever asks, one for its answer"
    assert max(size.threads for size in sizes) <= sizes[0].threads + 1
    return sizes


def test_five_minutes_at_full_speed(folder, concert):
    sizes = soak(folder, concert[: 300 * SAMPLE_RATE_HERTZ], times=1, looks=3)
    assert sizes[-1].memory_megabytes - sizes[0].memory_megabytes < 30


@pytest.mark.live
@pytest.mark.timeout(7200)
def test_a_long_night_at_full_speed(folder, concert):
    concert_hours = len(concert) / SAMPLE_RATE_HERTZ / 3600
    sizes = [size for size in soak(folder, concert, round(HOURS / concert_hours), 1) if size.hours > WARM_HOURS]
    hours, megabytes = [size.hours for size in sizes], [size.memory_megabytes for size in sizes]
    growth = float(np.polyfit(hours, megabytes, 1)[0])
    print(f"{growth:.2f} MB an hour")
    assert growth < GROWTH_MEGABYTES_PER_HOUR
    assert max(megabytes) - megabytes[0] < 50
