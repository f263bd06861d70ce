"""Models side by side: held-out works rendered twice, real re-performances, and the fixture concert.

    python -m benchmarks.compare real --data DIR [--models livecsi,qmax,smith-waterman,fourier-2d,fingerprint]
    python -m benchmarks.compare rendered --data DIR [--works 40]
    python -m benchmarks.compare concert --data DIR

Each writes `results/compare-PART.md`, the first two with pictures beside it. The works are of the test split, which
nothing is trained or calibrated on; the real recordings are validation only. The concert is heard as `livecsi replay`
hears it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.compare_sets import real, rendered
from benchmarks.report import RESULTS, write_sections
from livecsi.evaluation.compare import Comparison, Labelled, compare_system
from livecsi.evaluation.compare_report import report
from livecsi.evaluation.concerts import evaluate_concert
from livecsi.evaluation.demonstration import fixtures_folder
from livecsi.evaluation.markdown import table
from livecsi.evaluation.pictures import draw
from livecsi.evaluation.tables import read_recordings, read_truth
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings

CONCERT = ("model", "precision", "recall", "F1", "false an hour", "faster than real time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("real", "rendered", "concert"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--works", type=int, default=40)
    parser.add_argument("--models", default="livecsi,qmax,smith-waterman,fourier-2d,fingerprint")
    parser.add_argument("--models-dir", type=Path)
    arguments = parser.parse_args()
    ears = [_ear(name, arguments.models_dir) for name in arguments.models.split(",")]
    if arguments.part == "real":
        section = _compared("real", "Real re-performances", ears, real(arguments.data))
    elif arguments.part == "rendered":
        recordings = rendered(arguments.data, arguments.cache, arguments.works)
        section = _compared("rendered", f"{arguments.works} held-out works", ears, recordings)
    else:
        listening = [ear for ear in ears if not ear.model.facts.get("benchmark_only")]
        section = "\n".join([*table(CONCERT, [_concert(ear) for ear in listening]), ""])
    works = f" --works {arguments.works}" if arguments.part == "rendered" else ""
    command = f"python -m benchmarks.compare {arguments.part} --data DIR{works} --models {arguments.models}"
    write_sections(f"compare-{arguments.part}", "Models side by side", command, [section])


def _ear(name: str, directory: Path | None) -> Ear:
    return Ear(Settings(model=ModelSettings(name=name, directory=directory)), for_comparison=True)


def _compared(part: str, title: str, ears: Sequence[Ear], recordings: Sequence[Labelled]) -> str:
    comparisons: list[Comparison] = []
    for ear in ears:
        comparisons.append(compare_system(ear.model.name, ear.system, recordings))
        print(title, ear.model_id, comparisons[-1].figures, flush=True)
    draw(RESULTS, f"compare-{part}", comparisons, recordings)
    return report(title, comparisons)


def _concert(ear: Ear) -> list[str]:
    folder = fixtures_folder()
    truth, studio = read_truth(folder / "truth.csv"), read_recordings(folder / "studio.csv")
    figures, _, factor = evaluate_concert(ear, folder / "concert.ogg", truth, studio)
    values = figures.precision, figures.recall, figures.f1, figures.false_performances_per_hour
    return [ear.model.name, *(f"{value:.3f}" for value in values), f"{factor:.0f}"]


if __name__ == "__main__":
    main()
