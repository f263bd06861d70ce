"""Ten thousand studio songs for the measurements of scale: rendered once, kept as frames, encoded by any model.

First every work of the corpus, then twins (other songs on the same chords, as a large catalogue is full of them) and
further arrangements under other names. Neither is ever made of a test work: a query is a test work's live performance,
and may have one right answer only, and no more twins than the benchmark says.

    python -m benchmarks.large_catalogue --data DIR [--songs 10000]        renders what is missing; may be interrupted
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.types import Frames

SONGS = 10_000
SONGS_PER_PART = 100
SHORTEST_FRAMES, LONGEST_FRAMES = 640, 960
"""192 to 288 seconds, four minutes in the mean."""
TWINS_PER_WORK = 1
SEED = 77


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--songs", type=int, default=SONGS)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    corpus = load_scores(arguments.data / "scores", arguments.cache / "corpus.pickle")
    for first in range(0, arguments.songs, SONGS_PER_PART):
        studio_frames(corpus, arguments.cache, first // SONGS_PER_PART)
        print(f"{min(first + SONGS_PER_PART, arguments.songs)} of {arguments.songs} songs", flush=True)


def studio_songs(
    corpus: Sequence[Score], cache: Path, songs: int, say: Callable[[str], None] = lambda _: None
) -> list[tuple[int, Frames]]:
    """Cluster and magnitudes (72, frames) of each song; the cluster is -1 where the song is no work of the corpus."""
    found: list[tuple[int, Frames]] = []
    for part in range(-(-songs // SONGS_PER_PART)):
        frames = studio_frames(corpus, cache, part)
        numbers = range(part * SONGS_PER_PART, part * SONGS_PER_PART + len(frames))
        clusters = [corpus[number].cluster_id if number < len(corpus) else -1 for number in numbers]
        found += zip(clusters, frames, strict=True)
        say(f"songs {len(found)}/{songs}")
    return found[:songs]


def studio_frames(corpus: Sequence[Score], cache: Path, part: int) -> list[Frames]:
    """Magnitudes of the songs of one part, rendered now or read from the cache."""
    path = cache / "scale" / f"frames-{part:03d}.npz"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        numbers = range(part * SONGS_PER_PART, (part + 1) * SONGS_PER_PART)
        rendered = {f"{number:05d}": _render(corpus, number).astype(np.float16) for number in numbers}
        with path.with_suffix(".new").open("wb") as file:
            np.savez(file, allow_pickle=False, **rendered)
        path.with_suffix(".new").replace(path)
    with np.load(path, allow_pickle=False) as archive:
        stored: list[NDArray[np.float16]] = [archive[name] for name in sorted(archive.files)]
    return [frames.astype(np.float32) for frames in stored]


def _render(corpus: Sequence[Score], number: int) -> Frames:
    rng = np.random.default_rng([SEED, number])
    score = corpus[number] if number < len(corpus) else _impostor(corpus, number - len(corpus))
    frames = int(rng.integers(SHORTEST_FRAMES, LONGEST_FRAMES + 1))
    return render_performance(score, rng, live=False, frames=frames).magnitude


def _impostor(corpus: Sequence[Score], number: int) -> Score:
    """A twin of each work that is no test work, then those works once more."""
    others = [score for score in corpus if split_of(score.cluster_id) != "test"]
    score = others[number % len(others)]
    twin = chord_twin(score, SEED + number) if number < TWINS_PER_WORK * len(others) else None
    return twin or score


if __name__ == "__main__":
    main()
