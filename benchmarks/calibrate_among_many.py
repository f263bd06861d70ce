"""What a score is worth among ten thousand songs: a rehearsal with the songs of `large_catalogue`.

Half of the works of the validation split are in the catalogue, as at a release, and live windows of all of them are
asked; the other songs are works the network was trained on, their twins and further arrangements. No test work is among
them. Two catalogues are asked about every other window each, and the fit goes into the manifest, beside that of the
release, which holds for up to a thousand songs.

    python -m benchmarks.calibrate_among_many --data DIR [--models-dir models] [--workers 2]
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

from benchmarks.large_catalogue import SONGS
from benchmarks.reliability import Place, listening
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.service.ear import Ear
from livecsi.training.calibrate import fit_among_many, write_measured
from livecsi.training.constants import SEED
from livecsi.training.rehearsal import Answer, Repertoire, Stage, rehearse, set_the_stage
from livecsi.training.scores.corpus import split_of

CATALOGUES = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    place = Place(arguments.models_dir, arguments.data, arguments.cache, arguments.songs)
    with ProcessPoolExecutor(arguments.workers) as pool:
        answers = [a for found in pool.map(partial(_answers, place), range(CATALOGUES)) for a in found]
    measured = fit_among_many(answers)
    print(f"{len(answers)} answers: {measured}")
    write_measured(arguments.models_dir, "livecsi", "among_many", measured)


def _answers(place: Place, draw: int) -> list[Answer]:
    """Those of one catalogue of everything there is, to its share of the windows."""
    ear, stage = _prepared(place)
    asked = replace(stage, windows=stage.windows[draw::CATALOGUES])
    size = len(stage.songs) - stage.held_out + stage.held_out // 2
    return rehearse(ear.system.matcher, asked, [(size, 1, 1)], SEED + draw, print)


@cache
def _prepared(place: Place) -> tuple[Ear, Stage]:
    """The stage of a release, with other songs beside the held-out works."""
    ear, large = listening(place)
    held_out = [score for score in large.corpus if split_of(score.cluster_id) == "validation"]
    stage = set_the_stage(ear.system, Repertoire(held_out, [], []), SEED, print)
    background = ear.system.background()
    others = [large.references[number] for number in large.made_of("train")]
    means = ear.system.impostor_means(stage.songs, choose_impostors([*stage.songs, *others, *background]))
    played = [replace(song, impostor_mean=mean) for song, mean in zip(stage.songs, means, strict=True)]
    return ear, replace(stage, songs=_numbered([*played, *others]), background=background)


def _numbered(songs: Sequence[Reference]) -> list[Reference]:
    """Held-out works keep their numbers, which windows know them by."""
    return [replace(song, recording_id=number, work_id=number) for number, song in enumerate(songs)]


if __name__ == "__main__":
    main()
