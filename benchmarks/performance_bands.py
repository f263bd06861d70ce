"""The bands high and medium from whole performances: of the lines of rendered nights from which probability on are how
many right?

A band is printed beside a line, so it is measured on lines: what the tracker cut out of a night and heard as a whole,
strangers, tapes and pieces among them. `setlist` leaves what it judged beside the nights, once for each size of
catalogue.

    python -m benchmarks.performance_bands --nights DIR [--models DIR] [--write-bands]
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.report import write_table
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings
from livecsi.training.bands import Judged, fit_bands
from livecsi.training.calibrate import write_measured
from livecsi.training.rehearsal import Answer

CATALOGUE_SONGS = 80
STEPS = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998)


@dataclass(frozen=True, slots=True)
class JudgedLine:
    """A line of a night: the probability of its best answer, whether that was played, and what it was."""

    probability: float
    right: bool
    work: str


def write_lines(nights: Path, others: int, lines: Sequence[JudgedLine]) -> None:
    """Leave the lines of all nights for this command."""
    path = nights / f"lines-{CATALOGUE_SONGS + others}.json"
    path.write_text(json.dumps([asdict(line) for line in lines]) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nights", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--write-bands", action="store_true")
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    judged = {
        int(path.stem.removeprefix("lines-")): [JudgedLine(**line) for line in json.loads(path.read_text("utf-8"))]
        for path in sorted(arguments.nights.glob("lines-*.json"))
    }
    bands = fit_bands([_answer(line, size, n) for size, lines in judged.items() for n, line in enumerate(lines)])
    write_table(
        "performance_bands",
        "Precision of lines from a probability on",
        "python -m benchmarks.performance_bands --nights DIR",
        ["songs", "lines", *(f"from {step}" for step in STEPS)],
        [
            [f"{size:,}", str(len(lines)), *(_precision(lines, step) for step in STEPS)]
            for size, lines in judged.items()
        ],
        f"Model {ear.model_id}. Right lines of all lines. Bands: {json.dumps(bands)}.",
    )
    if arguments.write_bands:
        write_measured(ear.model.directory, ear.model.name, "bands", bands)


def _answer(line: JudgedLine, size: int, number: int) -> Judged:
    """Lines come as they come in a night, so that all weigh the same; each is a song in a version of its own."""
    return Judged(Answer(0.0, 0.0, size, "present", line.right), line.probability, number)


def _precision(lines: Sequence[JudgedLine], probability: float) -> str:
    right = [line.right for line in lines if line.probability >= probability]
    return f"{sum(right)} / {len(right)}" + (f" = {sum(right) / len(right):.3f}" if right else "")


if __name__ == "__main__":
    main()
