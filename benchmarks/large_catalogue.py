"""Ten thousand studio songs for the measurements of scale: rendered once, kept as frames, encoded by any model.

First every work of the corpus, then twins (other songs on the same chords, as a large catalogue is full of them) and
further arrangements under other names. Neither is ever made of a test work: a query is a test work's live performance,
and may have one right answer only, and no more twins than the benchmark says.

    python -m benchmarks.large_catalogue --data DIR [--songs 10000] [--models DIR]

makes what is missing, frames of the songs and what the model makes of them, and may be interrupted.
"""

import argparse
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.sequences import pack
from livecsi.service.ear import Ear
from livecsi.settings import ModelSettings, Settings
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import CORPUS_VERSION, load_scores, split_of
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
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    catalogue = LargeCatalogue.made(ear, arguments.data, arguments.cache, arguments.songs)
    print(f"{len(catalogue.references)} songs, {len(catalogue.corpus)} of them works of the corpus")


@dataclass(frozen=True)
class LargeCatalogue:
    """References by number, their impostors measured; the first ones are the works of the corpus in its order."""

    corpus: list[Score]
    references: list[Reference]

    @classmethod
    def made(cls, ear: Ear, data: Path, cache: Path, songs: int = SONGS) -> "LargeCatalogue":
        """Rendered, encoded and measured now, or read from what an earlier call left in the cache."""
        corpus = load_scores(data / "scores", cache / "corpus.pickle")
        folder = cache / "scale" / f"corpus-{CORPUS_VERSION}"
        parts = range(-(-songs // SONGS_PER_PART))
        payloads = [payload for part in parts for payload in _encoded(ear, corpus, folder, part)][:songs]
        bare = [Reference(number, number, song) for number, song in enumerate(ear.system.unpack(payloads))]
        means = _impostor_means(ear, bare, folder)
        return cls(corpus, [replace(r, impostor_mean=mean) for r, mean in zip(bare, means, strict=True)])

    def works_of(self, split: str) -> list[int]:
        """Numbers of the songs that are works of this split of the corpus."""
        works = enumerate(self.corpus[: len(self.references)])
        return [number for number, score in works if split_of(score.cluster_id) == split]

    def made_of(self, split: str) -> list[int]:
        """Numbers of the songs that are works of this split, or twins or further arrangements of one."""
        untested = _untested(self.corpus)
        further = len(self.references) - len(self.corpus)
        works = [*self.corpus[: len(self.references)], *(untested[i % len(untested)] for i in range(further))]
        return [number for number, score in enumerate(works) if split_of(score.cluster_id) == split]


def _encoded(ear: Ear, corpus: Sequence[Score], folder: Path, part: int) -> list[bytes]:
    """What the model makes of one part of the songs, as a catalogue keeps it."""
    path = folder / ear.model_id / f"sequences-{part:03d}.npz"
    if not path.is_file():
        packed = [pack(ear.system.encode(frames)) for frames in _rendered(corpus, folder, part)]
        _save(path, [np.frombuffer(payload, np.uint8) for payload in packed])
    return [payload.tobytes() for payload in _load(path)]


def _rendered(corpus: Sequence[Score], folder: Path, part: int) -> list[Frames]:
    path = folder / f"frames-{part:03d}.npz"
    if not path.is_file():
        numbers = range(part * SONGS_PER_PART, (part + 1) * SONGS_PER_PART)
        _save(path, [_render(corpus, number).astype(np.float16) for number in numbers])
        print(f"{numbers.stop} songs rendered", flush=True)
    return [frames.astype(np.float32) for frames in _load(path)]


def _render(corpus: Sequence[Score], number: int) -> Frames:
    rng = np.random.default_rng([SEED, number])
    score = corpus[number] if number < len(corpus) else _impostor(corpus, number - len(corpus))
    frames = int(rng.integers(SHORTEST_FRAMES, LONGEST_FRAMES + 1))
    return render_performance(score, rng, live=False, frames=frames).magnitude


def _impostor(corpus: Sequence[Score], number: int) -> Score:
    """A twin of each work that is no test work, then those works once more."""
    others = _untested(corpus)
    score = others[number % len(others)]
    twin = chord_twin(score, SEED + number) if number < TWINS_PER_WORK * len(others) else None
    return twin or score


def _untested(corpus: Sequence[Score]) -> list[Score]:
    return [score for score in corpus if split_of(score.cluster_id) != "test"]


def _impostor_means(ear: Ear, references: Sequence[Reference], folder: Path) -> list[float]:
    """What `refresh_cohort` would measure, kept for these constants of the model."""
    constants = zlib.crc32(json.dumps(ear.model.facts["scoring"], sort_keys=True).encode())
    path = folder / ear.model_id / f"impostors-{len(references)}-{constants:08x}.npy"
    if not path.is_file():
        print(f"measuring the impostors of {len(references)} songs", flush=True)
        impostors = choose_impostors([*references, *ear.system.background()])
        np.save(path, ear.system.impostor_means(references, impostors))
    means: list[float] = np.load(path).tolist()
    return means


def _save(path: Path, arrays: Sequence[NDArray[np.generic]]) -> None:
    """All or nothing, so that an interrupted run leaves no half part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".new").open("wb") as file:
        np.savez(file, allow_pickle=False, **{f"{index:03d}": array for index, array in enumerate(arrays)})
    path.with_suffix(".new").replace(path)


def _load(path: Path) -> list[NDArray[np.generic]]:
    with np.load(path, allow_pickle=False) as archive:
        return [archive[name] for name in sorted(archive.files)]


if __name__ == "__main__":
    main()
