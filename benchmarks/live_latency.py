"""How soon a live night has the right name: from the first note of each song to the moment the name stands there.

The fixture concert and rendered nights (`night_audio`) go through the pipeline as they would live, the setlist is asked
after every window, and a song counts from the first time a line with its name overlaps it. Names that were wrong at the
time, whatever became of them, are counted beside: a person at the desk has seen them.

    python -m benchmarks.live_latency [--nights DIR] [--count 8] [--workers 2]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.report import write_table
from livecsi.audio.recording import RecordingSource
from livecsi.evaluation.concerts import identifier_of, work_numbers
from livecsi.evaluation.tables import TrueSegment, read_recordings, read_truth
from livecsi.service.ear import Ear
from livecsi.service.following import Following
from livecsi.service.identifier import Identifier
from livecsi.service.pipeline import Pipeline
from livecsi.settings import DecodingSettings, Settings
from livecsi.types import Kind, Performance

FIXTURES = Path(__file__).parents[1] / "fixtures"
LIMITS_SECONDS = (30.0, 60.0, 120.0)


@dataclass(frozen=True, slots=True)
class Night:
    """Seconds until each known song was named, infinite when never; wrong names that were shown."""

    waits_seconds: tuple[float, ...]
    wrong_names: int
    songs: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=Path)
    parser.add_argument("--count", type=int, default=8)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    sets = {"fixture concert": [(FIXTURES / "concert.ogg", FIXTURES / "truth.csv", FIXTURES / "songs.csv")]}
    if arguments.nights:
        paths = sorted(arguments.nights.glob("night-*.ogg"))[: arguments.count]
        sets[f"{len(paths)} rendered nights"] = [
            (path, path.with_suffix(".csv"), arguments.nights / "studio.csv") for path in paths
        ]
    rows = []
    with ProcessPoolExecutor(arguments.workers) as pool:
        for name, concerts in sets.items():
            rows.append(_row(name, list(pool.map(_watch, *zip(*concerts, strict=True)))))
            print(rows[-1], flush=True)
    write_table(
        "live_latency",
        "From the first note to the right name",
        "python -m benchmarks.live_latency --nights DIR" if arguments.nights else "python -m benchmarks.live_latency",
        [
            "music",
            "songs",
            "median s",
            *(f"within {limit:.0f} s" for limit in LIMITS_SECONDS),
            "ever",
            "wrong names seen",
        ],
        rows,
        f"Model {Ear(Settings()).model_id}, named from a probability of {Settings().tracking.name_probability:.2f} on; "
        f"windows of 60 s every 10 s, the first after 20 s.",
    )


def _row(name: str, nights: Sequence[Night]) -> list[str]:
    waits = np.array([wait for night in nights for wait in night.waits_seconds])
    shares = [f"{(waits <= limit).mean():.3f}" for limit in LIMITS_SECONDS]
    ever = np.isfinite(waits)
    wrong = sum(night.wrong_names for night in nights)
    return [name, str(len(waits)), f"{np.median(waits):.0f}", *shares, f"{ever.mean():.3f}", str(wrong)]


def _watch(audio: Path, truth_path: Path, studio: Path) -> Night:
    """One night, asked after every window."""
    ear, identifier, names = _listening(studio)
    songs = [segment for segment in read_truth(truth_path) if segment.kind is Kind.SONG]
    waits = dict.fromkeys((song for song in songs if song.work), np.inf)
    wrong: set[tuple[int, str]] = set()
    pipeline = Pipeline(ear, identifier)
    following = Following(pipeline.listener, ear.settings.tracking)
    with RecordingSource(audio, DecodingSettings()) as source:
        for piece in source:
            if not pipeline.accept(piece):
                continue
            now = pipeline.duration_seconds
            for line in following.advance(now):
                _note(line, names, songs, now, waits, wrong)
    return Night(tuple(waits.values()), len(wrong), len(songs))


def _note(
    line: Performance,
    names: dict[int, str],
    songs: list[TrueSegment],
    now: float,
    waits: dict[TrueSegment, float],
    wrong: set[tuple[int, str]],
) -> None:
    """What one line of the setlist at one moment says about the songs it overlaps."""
    if line.best is None or line.kind is not Kind.SONG:
        return
    title = names[line.best.work_id]
    over = [song for song in songs if line.start_seconds < song.end_seconds and line.end_seconds > song.start_seconds]
    right = [song for song in over if song.work == title]
    for song in right:
        waits[song] = min(waits[song], now - song.start_seconds)
    if not right:
        wrong.add((round(line.start_seconds / 60), title))


@cache
def _listening(studio: Path) -> tuple[Ear, Identifier, dict[int, str]]:
    ear = Ear(Settings())
    recordings = read_recordings(studio)
    names = {number: work for work, number in work_numbers(recordings).items()}
    return ear, identifier_of(ear, recordings), names


if __name__ == "__main__":
    main()
