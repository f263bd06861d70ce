"""How fast and how large is a replay: 90 minutes of concert against 80 studio songs of four minutes.

The songs are the fixture songs played at other speeds, the concert is the fixture concert over and over: what is played
does not matter here, how much does.

    python -m benchmarks.replay_speed [--minutes 90] [--songs 80]
"""

import argparse
import csv
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import soundfile
import soxr

from benchmarks.report import write_table
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

FIXTURES = Path(__file__).parents[1] / "fixtures"
SONG_SECONDS = 240


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=int, default=90)
    parser.add_argument("--songs", type=int, default=80)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="livecsi-bench-") as name:
        folder = Path(name)
        concert, songs = make_concert(folder, arguments.minutes), make_songs(folder, arguments.songs)
        environment = {**os.environ, "LIVECSI_STATE_DIR": str(folder / "state")}
        rows = [
            _measured("ingest", ["catalogue", "import", str(songs)], environment, arguments.songs * SONG_SECONDS),
            _measured("replay", ["replay", str(concert), "--json"], environment, arguments.minutes * 60),
        ]
    write_table(
        "replay_speed",
        f"Replay of {arguments.minutes} minutes against {arguments.songs} songs",
        f"python -m benchmarks.replay_speed --minutes {arguments.minutes} --songs {arguments.songs}",
        ["step", "audio s", "wall s", "CPU s", "x real time", "peak RSS MB"],
        rows,
        f"{os.cpu_count()} cores. Start and decoding included; RSS is the largest of any process so far.",
    )


def make_concert(folder: Path, minutes: int) -> Path:
    """The fixture concert repeated to `minutes`."""
    samples, _ = soundfile.read(FIXTURES / "concert.ogg", dtype="float32")
    path = folder / "concert.wav"
    soundfile.write(path, np.resize(samples, minutes * 60 * SAMPLE_RATE_HERTZ), SAMPLE_RATE_HERTZ, subtype="PCM_16")
    return path


def make_songs(folder: Path, count: int) -> Path:
    """A table of `count` songs of four minutes, no two alike."""
    studio = [soundfile.read(path, dtype="float32")[0] for path in sorted((FIXTURES / "studio").glob("*.ogg"))]
    table = folder / "songs.csv"
    with table.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "title", "artist"])
        for number in range(count):
            path = folder / f"song-{number:03d}.wav"
            song = _at_other_speed(studio[number % len(studio)], 0.8 + 0.45 * number / count)
            soundfile.write(
                path, np.resize(song, SONG_SECONDS * SAMPLE_RATE_HERTZ), SAMPLE_RATE_HERTZ, subtype="PCM_16"
            )
            writer.writerow([path.name, f"Song {number}", "Benchmark"])
    return table


def _at_other_speed(samples: Samples, speed: float) -> Samples:
    resampled: Samples = soxr.resample(samples, SAMPLE_RATE_HERTZ * speed, SAMPLE_RATE_HERTZ)
    return resampled


def _measured(step: str, arguments: list[str], environment: dict[str, str], audio_seconds: int) -> list[str]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    command = [sys.executable, "-m", "livecsi.cli", *arguments]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [
        step,
        str(audio_seconds),
        f"{wall:.1f}",
        f"{cpu:.1f}",
        f"{audio_seconds / wall:.0f}",
        f"{after.ru_maxrss / 1024:.0f}",
    ]


if __name__ == "__main__":
    main()
