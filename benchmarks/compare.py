"""Models side by side: held-out works rendered twice, real re-performances, the fixture concert, rendered nights.

    python -m benchmarks.compare real --data DIR [--models livecsi,qmax,smith-waterman,fourier-2d,fingerprint]
    python -m benchmarks.compare rendered --data DIR [--works 40]
    python -m benchmarks.compare concert --data DIR
    python -m benchmarks.compare nights --data DIR [--nights runs/nights] [--count 6]

Each writes `results/compare-PART.md`, the first two with pictures beside it. The works are of the test split, which
nothing is trained or calibrated on, and so are those of the nights (`night_audio`); the real recordings are validation
only. Concerts are heard as `livecsi replay` hears them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from benchmarks.compare_sets import real, rendered
from benchmarks.report import RESULTS, write_sections
from livecsi.evaluation.compare import Comparison, Labelled, compare_system
from livecsi.evaluation.compare_report import report
from livecsi.evaluation.concerts import identifier_of, judged_concert
from livecsi.evaluation.demonstration import fixtures_folder
from livecsi.evaluation.markdown import table
from livecsi.evaluation.pictures import draw
from livecsi.evaluation.tables import read_recordings, read_truth
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings

CONCERTS = (
    "model", "hours", "songs", "named", "found", "precision", "recall", "F1", "false an hour", "faster than real time",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("real", "rendered", "concert", "nights"))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--works", type=int, default=40)
    parser.add_argument("--nights", type=Path, default=Path("runs/nights"))
    parser.add_argument("--count", type=int, default=6, help="of nights")
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
        is_concert = arguments.part == "concert"
        folder = fixtures_folder() if is_concert else arguments.nights
        audio = [folder / "concert.ogg"] if is_concert else sorted(folder.glob("night-*.ogg"))[: arguments.count]
        rows = [_concerts(ear, folder, audio) for ear in ears if _may_name(ear)]
        section = "\n".join([*table(CONCERTS, rows), ""])
    of = {"rendered": f" --works {arguments.works}", "nights": f" --count {arguments.count}"}.get(arguments.part, "")
    command = f"python -m benchmarks.compare {arguments.part} --data DIR{of} --models {arguments.models}"
    command += " --models-dir MODELS" * (arguments.models_dir is not None)
    write_sections(f"compare-{arguments.part}", "Models side by side", command, [section])


def _ear(name: str, directory: Path | None) -> Ear:
    return Ear(Settings(model=ModelSettings(name=name, directory=directory)), for_comparison=True)


def _may_name(ear: Ear) -> bool:
    return "calibration" in ear.model.facts and not ear.model.facts.get("benchmark_only")


def _compared(part: str, title: str, ears: Sequence[Ear], recordings: Sequence[Labelled]) -> str:
    comparisons: list[Comparison] = []
    for ear in ears:
        comparisons.append(compare_system(ear.model.name, ear.system, recordings))
        print(title, ear.model_id, comparisons[-1].figures, flush=True)
    draw(RESULTS, f"compare-{part}", comparisons, recordings)
    return report(title, comparisons)


def _concerts(ear: Ear, folder: Path, audio: Sequence[Path]) -> list[str]:
    """A model's row: all songs of these concerts counted together."""
    studio = read_recordings(folder / "studio.csv")
    identifier = identifier_of(ear, studio)
    judged = [judged_concert(ear, identifier, path, read_truth(_truth_of(path)), studio) for path in audio]
    figures, seconds = [one for one, _, _ in judged], [hearing.duration_seconds for _, hearing, _ in judged]
    songs, named, found = (sum(getattr(one, part) for one in figures) for part in ("songs", "named", "found"))
    precision, recall, hours = found / max(1, named), found / max(1, songs), sum(seconds) / 3600
    f1 = 2 * precision * recall / max(1e-9, precision + recall)
    false = sum(one.false_performances for one in figures) / hours
    faster = sum(seconds) / sum(length / factor for length, (_, _, factor) in zip(seconds, judged, strict=True))
    shares = [f"{share:.3f}" for share in (precision, recall, f1)]
    print(ear.model_id, songs, named, found, *shares, flush=True)
    return [
        ear.model.name,
        f"{hours:.2f}",
        str(songs),
        str(named),
        str(found),
        *shares,
        f"{false:.2f}",
        f"{faster:.0f}",
    ]


def _truth_of(audio: Path) -> Path:
    return audio.with_suffix(".csv") if audio.stem != "concert" else audio.with_name("truth.csv")


if __name__ == "__main__":
    main()
