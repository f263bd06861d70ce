"""A pool of performances on disk: audio is too slow to render during training, and too good to do without.

Without sound the pool holds what the feature renderer makes, for a training of many short steps on one core.

One .npz per work, named after its cluster, written at once and never changed: the same command again goes on where it
stopped, and a seed gives the same pool whatever the number of workers.
"""

import os
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from livecsi.errors import InputError
from livecsi.training.rendering.equipment import SoundSettings
from livecsi.training.rendering.performance import RenderedPerformance, render_performance
from livecsi.training.rendering.sound import audio_performance
from livecsi.training.scores.score import Score


def render_pool(
    scores: Sequence[Score],
    folder: Path,
    performances: int,
    frames: int,
    seed: int,
    sound: SoundSettings | None,
    workers: int = 1,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Render every work that `folder` does not have yet, in the order of `scores`; as sound, or without `sound` not."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [score for score in scores if not _path(folder, score).is_file()]
    say(f"{len(scores) - len(missing)} of {len(scores)} works are there")
    work = partial(_render_work, folder=folder, performances=performances, frames=frames, seed=seed, sound=sound)
    with ProcessPoolExecutor(workers) if workers > 1 else nullcontext() as processes:
        done = processes.map(work, missing) if processes else map(work, missing)
        for number, name in enumerate(done, start=1):
            say(f"{number} of {len(missing)}: {name}")


def read_pool(folder: Path, without: Container[int] = ()) -> Iterator[tuple[int, list[RenderedPerformance]]]:
    """(cluster id, performances) of every work but some, by file name; the first performance is the studio version."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise InputError(f"{folder}: no rendered works here", "make some with `livecsi pool`")
    for path in paths:
        if int(path.stem) not in without:
            yield int(path.stem), _read(path)


def _path(folder: Path, score: Score) -> Path:
    return folder / f"{score.cluster_id}.npz"


def _render_work(
    score: Score, folder: Path, performances: int, frames: int, seed: int, sound: SoundSettings | None
) -> str:
    perform = render_performance if sound is None else partial(audio_performance, sound=sound)
    made = []
    for number in range(performances):
        rng = np.random.default_rng([seed, score.cluster_id, number])
        made.append(perform(score, rng, live=number > 0, frames=frames))
    path = _path(folder, score)
    unfinished = path.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        np.savez_compressed(
            file,
            magnitude=np.stack([performance.magnitude for performance in made]).astype(np.float16),
            beat=np.stack([performance.beat for performance in made]).astype(np.int32),
            transposition_semitones=np.array([performance.transposition_semitones for performance in made]),
            name=np.array(score.name),
        )
    unfinished.replace(path)
    return score.name


def _read(path: Path) -> list[RenderedPerformance]:
    try:
        with np.load(path) as file:
            rows = zip(file["magnitude"], file["beat"], file["transposition_semitones"], strict=True)
            return [
                RenderedPerformance(magnitude.astype(np.float32), beat.astype(np.int64), int(semitones))
                for magnitude, beat, semitones in rows
            ]
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path}: {error}", "delete it and render it again with `livecsi pool`") from error
