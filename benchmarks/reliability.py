"""Whether probabilities hold for catalogues of 80, 1,000 and 10,000 songs, on works no constant was fitted on.

A catalogue is half test works, as far as they go, and half other songs of `large_catalogue`. It is asked about live
windows of the works it holds, of as many it lacks, and of twins (other songs on the chords of one it holds), which
weigh as in the calibration. Everything goes the way of the runtime; only the impostor means are those of the
large catalogue for all of them. There are several catalogues of each size, because a few hundred answers of the truest
probabilities still have an error of .03: beside each error stands the one that chance alone would make.

    python -m benchmarks.reliability --data DIR [--models DIR] [--workers 2]

What a catalogue answered is kept until the table is written, so an interrupted call goes on.

These are the probabilities of windows; those of whole performances, and the bands, are measured on nights
(`performance_bands`).
"""

import argparse
import json
import shutil
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from benchmarks.large_catalogue import SONGS, LargeCatalogue
from benchmarks.report import RESULTS, write_table
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.evaluation.reliability import error_by_chance, expected_calibration_error, reliability, risk_coverage
from livecsi.identify.references import Reference
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.settings import ModelSettings, Settings
from livecsi.training.bands import Judged
from livecsi.training.calibrate import weights
from livecsi.training.rehearsal import WINDOW_FRAMES, Answer, rough_window
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.twins import chord_twin

SIZES_AND_DRAWS = ((80, 12), (1000, 4), (SONGS, 4))
TWIN_EVERY = 3
LIVE_FRAMES = 640
NAMED_FROM = 0.9
SEED = 31
COLUMNS = [
    "songs", "answers", "ECE", "by chance", "known first", "known named", "named", "named right", "absent named",
    "twins named",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where models, scores and songs are, and how many songs there are in all."""

    models: Path | None
    data: Path
    cache: Path
    songs: int

    @property
    def kept(self) -> Path:
        """Answers of the catalogues that were asked, until the table is written."""
        return self.cache / "reliability"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    place = Place(arguments.models, arguments.data, arguments.cache, arguments.songs)
    ear, _ = listening(place)
    draws = [(size, draw) for size, draws in SIZES_AND_DRAWS for draw in range(draws) if size <= arguments.songs]
    asked: dict[int, list[Judged]] = {size: [] for size, _ in draws}
    with ProcessPoolExecutor(arguments.workers) as pool:
        for (size, draw), judged in zip(draws, pool.map(partial(_kept, place), draws), strict=True):
            asked[size] += judged
            print(f"{len(judged)} answers of catalogue {draw + 1} of {size} songs", flush=True)
    write_table(
        "reliability",
        "Reliability of probabilities",
        "python -m benchmarks.reliability --data DIR",
        COLUMNS,
        [_row(size, answers, NAMED_FROM) for size, answers in asked.items()],
        f"Model {ear.model_id}; named from a probability of {NAMED_FROM}. ECE in ten bins; `by chance`: what it would "
        "be in the mean if every probability were exactly right. "
        "Half of the windows are of songs in the catalogue, half of others; twins weigh as in the calibration; windows "
        "of 30, 60 and 180 s.",
    )  # fmt: skip
    _draw(asked)
    shutil.rmtree(place.kept)


@cache
def listening(place: Place) -> tuple[Ear, LargeCatalogue]:
    """One for each process: the catalogue is opened once."""
    ear = Ear(Settings(model=ModelSettings(directory=place.models)))
    return ear, LargeCatalogue.made(ear, place.data, place.cache, place.songs)


def _kept(place: Place, catalogue: tuple[int, int]) -> list[Judged]:
    """The answers of one catalogue, asked now or by a call that was interrupted."""
    ear, songs = listening(place)
    constants = zlib.crc32(json.dumps([ear.model.facts[n] for n in ("scoring", "calibration")]).encode())
    size, draw = catalogue
    kept = place.kept / f"{ear.model_id}-{constants:08x}-{place.songs}-{size}-{draw}.json"
    if not kept.is_file():
        judged = list(_ask(ear, songs, size, np.random.default_rng([SEED, size, draw])))
        place.kept.mkdir(exist_ok=True)
        unfinished = kept.with_suffix(".new")
        unfinished.write_text(json.dumps([asdict(one) for one in judged]) + "\n", encoding="utf-8")
        unfinished.replace(kept)
    rows = json.loads(kept.read_text(encoding="utf-8"))
    return [Judged(Answer(**row["answer"]), row["probability"], row["song"]) for row in rows]


def _ask(ear: Ear, catalogue: LargeCatalogue, size: int, rng: np.random.Generator) -> Iterator[Judged]:
    """One catalogue of `size` songs and its windows, one length each."""
    works = rng.permutation(catalogue.works_of("test"))
    count = min(size // 2, len(works) // 2)
    inside, outside = works[:count], works[count : 2 * count]
    others = np.setdiff1d(np.arange(len(catalogue.references)), works)
    numbers = [*inside.tolist(), *rng.choice(others, min(size - count, len(others)), replace=False).tolist()]
    identifier = _identifier(ear, [catalogue.references[number] for number in numbers])
    for kind, played in (("present", inside), ("absent", outside), ("twin", inside[::TWIN_EVERY])):
        for number in played.tolist():
            score = catalogue.corpus[number]
            song = chord_twin(score, SEED) if kind == "twin" else score
            if song is None:
                continue
            live = render_performance(song, rng, live=True, frames=LIVE_FRAMES).magnitude
            window = rough_window(live, int(rng.choice(WINDOW_FRAMES)), rng)
            candidates = identifier.identify(ear.system.encode(window), ear.settings.tracking.shortlist)
            if candidates:
                best = max(candidates, key=lambda candidate: candidate.probability)
                right = kind == "present" and best.work_id == number
                yield Judged(Answer(best.score, 0.0, len(numbers), kind, right), best.probability, number)


def _identifier(ear: Ear, references: Sequence[Reference]) -> Identifier:
    now = SystemClock().utc_now()
    recordings = [Recording(r.recording_id, r.work_id, "", "", None, 240.0, "", "", now) for r in references]
    return Identifier(ear, recordings, [*references, *ear.system.background()])


def _arrays(asked: Sequence[Judged]) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.float64]]:
    answers = [one.answer for one in asked]
    return np.array([one.probability for one in asked]), np.array([a.right for a in answers]), weights(answers)


def _row(size: int, asked: Sequence[Judged], name_probability: float) -> list[str]:
    probability, right, weight = _arrays(asked)
    named, kind = probability >= name_probability, np.array([one.answer.kind for one in asked])
    precision = weight[named & right].sum() / max(weight[named].sum(), 1e-9)
    return [
        f"{size:,}",
        str(len(asked)),
        f"{expected_calibration_error(reliability(probability, right, weight)):.3f}",
        f"{error_by_chance(probability, weight):.3f}",
        f"{right[kind == 'present'].mean():.3f}",
        f"{(named & right)[kind == 'present'].mean():.3f}",
        f"{weight[named].sum():.3f}",
        f"{precision:.4f}",
        f"{named[kind == 'absent'].mean():.4f}",
        f"{named[kind == 'twin'].mean():.4f}",
    ]


def _draw(asked: dict[int, list[Judged]]) -> None:
    """A reliability diagram for each size, and the risk of all sizes against their coverage."""
    figure, axes = plt.subplots(1, len(asked) + 1, figsize=(3.2 * (len(asked) + 1), 3.2), layout="constrained")
    for axis, (size, answers) in zip(axes, asked.items(), strict=False):
        bins = reliability(*_arrays(answers))
        axis.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        axis.scatter([b.probability for b in bins], [b.right for b in bins], [400 * b.weight + 8 for b in bins])
        axis.set(title=f"{size:,} songs", xlabel="probability", ylabel="share right", xlim=(0, 1), ylim=(0, 1))
        coverage, risk = risk_coverage(*_arrays(answers))
        axes[-1].plot(coverage, risk, label=f"{size:,} songs")
    axes[-1].set(title="risk and coverage", xlabel="share named", ylabel="share of the named wrong", ylim=(0, 0.5))
    axes[-1].legend(frameon=False)
    figure.savefig(RESULTS / "reliability.png", dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    main()
