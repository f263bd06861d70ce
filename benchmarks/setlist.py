"""Whole nights of sound through the whole pipeline: what was found, what was invented, how far the edges are off.

The nights are those of `night_audio`. A song counts as found when a live performance with its name overlaps it at all,
and each truth matches one performance; a tape of a catalogue song that is reported as played live is a mistake.

    python -m benchmarks.setlist --nights DIR [--models DIR] [--workers 2]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.report import write_table
from livecsi.evaluation.concerts import identifier_of, work_numbers
from livecsi.evaluation.setlists import SetlistFigures, heard_of, setlist_figures
from livecsi.evaluation.tables import LabelledRecording, read_recordings, read_truth
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.replay import hear_recording
from livecsi.settings import ModelSettings, Settings

HEADINGS = [
    "night", "hours", "songs", "named", "found", "precision", "recall", "F1", "edges in 10 s", "median edge s",
    "frames", "false / h", "unknown left",
]  # fmt: skip
Night = tuple[SetlistFigures, float]
"""The figures of a night, and its hours."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    paths = sorted(arguments.nights.glob("night-*.ogg"))
    with ProcessPoolExecutor(arguments.workers) as pool:
        nights = []
        for path, night in zip(paths, pool.map(partial(_judge, arguments.models), paths), strict=True):
            nights.append(night)
            print(path.name, night[0], flush=True)
    rows = [_row(path.stem.removeprefix("night-"), [night]) for path, night in zip(paths, nights, strict=True)]
    write_table(
        "setlist",
        f"{len(paths)} rendered nights",
        f"make bench-setlist DATA=... SOUNDFONTS=... NIGHTS={len(paths)}",
        HEADINGS,
        [*rows, _row("all", nights)],
        f"Model {_listening(arguments.models, arguments.nights)[0].model_id}. Every row counts songs, not nights; the "
        "median edge of all is the median of the nights.",
    )


def _judge(models: Path | None, path: Path) -> Night:
    """Hear one night and compare it with its truth."""
    ear, identifier, studio = _listening(models, path.parent)
    names = {number: work for work, number in work_numbers(studio).items()}
    hearing = hear_recording(ear, identifier, path)
    heard = heard_of(hearing.performances, names)
    truth = read_truth(path.with_suffix(".csv"))
    return setlist_figures(heard, truth, hearing.duration_seconds), hearing.duration_seconds / 3600


@cache
def _listening(models: Path | None, nights: Path) -> tuple[Ear, Identifier, list[LabelledRecording]]:
    """One for each process: the catalogue is encoded once."""
    ear = Ear(Settings(model=ModelSettings(directory=models)))
    studio = read_recordings(nights / "studio.csv")
    return ear, identifier_of(ear, studio), studio


def _row(name: str, nights: Sequence[Night]) -> list[str]:
    figures, hours = [figure for figure, _ in nights], sum(length for _, length in nights)
    songs, named, found, precise = (
        sum(getattr(figure, part) for figure in figures) for part in ("songs", "named", "found", "found_10s")
    )
    precision, recall = found / max(named, 1), found / max(songs, 1)
    return [
        name,
        f"{hours:.2f}",
        str(songs),
        str(named),
        str(found),
        f"{precision:.3f}",
        f"{recall:.3f}",
        f"{2 * precision * recall / max(precision + recall, 1e-9):.3f}",
        f"{precise / max(found, 1):.3f}",
        f"{np.median([figure.boundary_median_s for figure in figures]):.2f}",
        f"{np.average([figure.frame_accuracy for figure in figures], weights=[length for _, length in nights]):.3f}",
        f"{sum(figure.false_performances for figure in figures) / hours:.2f}",
        f"{np.mean([figure.unknown_recall for figure in figures]):.3f}",
    ]


if __name__ == "__main__":
    main()
