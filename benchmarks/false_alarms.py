"""Hours without a song of the catalogue through the whole pipeline: how many songs are named all the same?

Talk, people, an idle cable and other people's music (see `no_songs`), streamed block by block in sessions of at most an
hour. A name is always wrong here, and an unnamed performance is wrong where there is no music.

    python -m benchmarks.false_alarms --data DIR [--nights DIR] [--hours 10] [--rendered 200] [--models DIR]

The catalogue is the songs of the fixtures and as many rendered ones, or with `--nights` the studio songs of rendered
nights.
"""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np

from benchmarks.no_songs import Hours, Recorded, Stretch, idle, music, people, talk
from benchmarks.report import write_table
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.evaluation.concerts import Song, identifier_over, studio_songs
from livecsi.evaluation.demonstration import fixtures_folder
from livecsi.evaluation.tables import read_recordings
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.listener import Hearing
from livecsi.service.pipeline import Pipeline
from livecsi.settings import ModelSettings, Settings
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of

KINDS_OF_SOUND: tuple[Stretch, ...] = (talk, people, idle, music)
SESSION_HOURS = 1.0
SEED = 97
RENDERED_FRAMES = 640
MOST_NAMED_IN_TEN_HOURS = 1


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Where the songs come from that nobody plays."""

    models: Path | None
    data: Path
    nights: Path | None
    rendered: int
    cache: Path


@dataclass(frozen=True, slots=True)
class Alarms:
    """What was heard in some hours of one kind of sound; `confidences` are those of the names."""

    hours: float
    confidences: tuple[float, ...]
    unnamed: int
    music_hours: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--nights", type=Path)
    parser.add_argument("--hours", type=float, default=10.0)
    parser.add_argument("--rendered", type=int, default=200)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    catalogue = Catalogue(given.models, given.data, given.nights, given.rendered, given.cache)
    sessions = [(kind, number) for kind in KINDS_OF_SOUND for number in range(int(np.ceil(given.hours)))]
    found: dict[Stretch, list[Alarms]] = {kind: [] for kind in KINDS_OF_SOUND}
    with ProcessPoolExecutor(given.workers) as pool:
        heard = pool.map(partial(_session, catalogue, given.hours), sessions)
        for (kind, number), alarms in zip(sessions, heard, strict=True):
            found[kind].append(alarms)
            print(kind.__name__, number + 1, alarms, flush=True)
    _write(catalogue, given.hours, found)


def alarms_in(source: Hours, ear: Ear, identifier: Identifier) -> Alarms:
    """Hear a source and count."""
    with source:
        return alarms_of(Pipeline(ear, identifier).listen(source))


def alarms_of(hearing: Hearing) -> Alarms:
    named = [performance for performance in hearing.performances if performance.best is not None]
    return Alarms(
        hours=hearing.duration_seconds / 3600,
        confidences=tuple(round(performance.confidence, 3) for performance in named),
        unnamed=len(hearing.performances) - len(named),
        music_hours=hearing.coverage()["music_seconds"] / 3600,
    )


def _session(catalogue: Catalogue, hours: float, session: tuple[Stretch, int]) -> Alarms:
    kind, number = session
    seconds = 3600 * min(SESSION_HOURS, hours - number * SESSION_HOURS)
    seed = [SEED, KINDS_OF_SOUND.index(kind), number]
    return alarms_in(Hours(kind, Recorded.of_folder(catalogue.data), seconds, seed), *_listening(catalogue))


@cache
def _listening(catalogue: Catalogue) -> tuple[Ear, Identifier]:
    """One for each process: the catalogue is encoded once."""
    ear = Ear(Settings(model=ModelSettings(directory=catalogue.models)))
    songs = studio_songs(ear, read_recordings((catalogue.nights or fixtures_folder()) / "studio.csv"))
    rendered = [] if catalogue.nights else _rendered(ear, catalogue, first_number=len(songs) + 1)
    return ear, identifier_over(ear, [*songs, *rendered])


def _rendered(ear: Ear, catalogue: Catalogue, first_number: int) -> list[Song]:
    """Studio versions of works that no training has heard, as features that never were audio."""
    scores = load_scores(catalogue.data / "scores", catalogue.cache / "corpus.pickle")
    held_out = [score for score in scores if split_of(score.cluster_id) == "test"][: catalogue.rendered]
    rng, now = np.random.default_rng(SEED), SystemClock().utc_now()
    songs = []
    for number, score in enumerate(held_out, first_number):
        sequences = ear.system.encode(render_performance(score, rng, live=False, frames=RENDERED_FRAMES).magnitude)
        recording = Recording(number, number, score.name, "", None, sequences.duration_seconds, "", "", now)
        songs.append((recording, sequences))
    return songs


def _write(catalogue: Catalogue, hours: float, found: dict[Stretch, list[Alarms]]) -> None:
    ear, identifier = _listening(catalogue)
    where = "--nights DIR" if catalogue.nights else f"--rendered {catalogue.rendered}"
    write_table(
        "false_alarms",
        "Songs named where none of the catalogue is played",
        f"python -m benchmarks.false_alarms --data DIR {where} --hours {hours:g}",
        ["sound", "hours", "named", "named in 10 h", "highest confidence", "unnamed performances", "taken for music"],
        [_row(kind, sessions) for kind, sessions in found.items()],
        f"Model {ear.model_id}, {identifier.works} works, named from a probability of "
        f"{ear.settings.tracking.name_probability:.2f} on. At most {MOST_NAMED_IN_TEN_HOURS} name in 10 h is allowed. "
        f"In music unnamed performances are right, elsewhere they are false. Seed {SEED}.",
    )


def _row(kind: Stretch, sessions: Sequence[Alarms]) -> list[str]:
    hours = sum(alarms.hours for alarms in sessions)
    confidences = [confidence for alarms in sessions for confidence in alarms.confidences]
    return [
        kind.__name__,
        f"{hours:.2f}",
        str(len(confidences)),
        f"{10 * len(confidences) / hours:.1f}",
        f"{max(confidences):.3f}" if confidences else "-",
        str(sum(alarms.unnamed for alarms in sessions)),
        f"{sum(alarms.music_hours for alarms in sessions) / hours:.1%}",
    ]


if __name__ == "__main__":
    main()
