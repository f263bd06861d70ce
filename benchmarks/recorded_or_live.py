"""Whether a tape between the sets can be told from a band: how exactly each follows the studio recording.

Tapes: real recordings of the data folder, played at their own speed (clock drift up to 100 ppm) or by a disc jockey (up
to 2 % off), through an equaliser, a room, a crowd and sometimes a codec, 60 to 200 s from anywhere.
Bands: real versions of one work by others; live versions of test works as they come; the same in the key and form of
the studio version and within 1 % of its tempo; and bands on its click, beat for beat. The last two differ from it only
in instruments, parts, singing, small timing and sound.

    python -m benchmarks.recorded_or_live --data DIR [--recordings 60] [--works 80] [--models DIR]
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import soxr

from benchmarks.real_retrieval import versions
from benchmarks.report import RESULTS, write_table
from livecsi.audio.recording import read_recording
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.identify.exactness import RECORDED_EXACTNESS, SHORTEST_SECONDS, exactness
from livecsi.identify.sequences import Sequences, pack, unpack
from livecsi.identify.shortlist import max_similarity
from livecsi.service.ear import Ear
from livecsi.settings import DecodingSettings, ModelSettings, Settings
from livecsi.training.crowds import recorded_crowd
from livecsi.training.rendering.arranger import Arrangement, arrange
from livecsi.training.rendering.desk import at_loudness, compress, equalise, load_room, loudness, reverberate
from livecsi.training.rendering.performance import render_arrangement, render_performance
from livecsi.training.rendering.variety import FULL
from livecsi.training.rendering.venue import record
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.scores.score import Score
from livecsi.training.validation import real_features
from livecsi.types import SAMPLE_RATE_HERTZ, Frames, Samples

TAPES = ("tape, quiet crowd", "tape, loud crowd")
DISC_JOCKEY = "disc jockey"
BANDS = ("real versions", "live", "near the tempo", "on the click")
SECONDS = (60.0, 200.0)
LONGEST_SECONDS = 900
FRAMES = 640
ARRANGEMENTS_TRIED = 60
SOURCES = ("pop909", "mcgill_billboard", "openewld")
SEED = 83
Cases = dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class Place:
    """Rooms and crowds to play tapes in."""

    rooms: list[Path]
    crowds: tuple[Path, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--recordings", type=int, default=60)
    parser.add_argument("--works", type=int, default=80)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    ear, rng = Ear(Settings(model=ModelSettings(directory=arguments.models))), np.random.default_rng(SEED)
    cases: Cases = {kind: [] for kind in (*TAPES, DISC_JOCKEY, *BANDS)}
    for source in (
        bands(ear, arguments.data, arguments.cache, arguments.works, rng),
        real_versions(ear, arguments.data, arguments.cache, rng),
        tapes(ear, arguments.data, arguments.recordings, rng),
    ):
        for kind, value in source:
            cases[kind].append(value)
        print({kind: len(values) for kind, values in cases.items()}, flush=True)
    command = f"python -m benchmarks.recorded_or_live --data DIR --recordings {arguments.recordings}"
    write_table(
        "recorded_or_live",
        "Recorded or live",
        f"{command} --works {arguments.works}",
        ["sound", "stretches", "median", "95th percentile", "highest", "called recorded"],
        [_row(kind, np.array(values)) for kind, values in cases.items()],
        f"Model {ear.model_id}. Called a recording from an exactness of {RECORDED_EXACTNESS} on. It counts as 0 in "
        f"another key and over less than {SHORTEST_SECONDS:.0f} s. Crowds are 6 to 12 dB (quiet) and 0 to 6 dB (loud) "
        "below the tape.",
    )  # fmt: skip
    _draw(cases)


def measured(ear: Ear, frames: Frames, studio: Sequences) -> float:
    """Exactness of a stretch in the rotation the matcher would find."""
    query = ear.system.encode(frames)
    return exactness(query, studio, int(max_similarity(query, [studio.level(2)])[1][0]))


def stored(ear: Ear, frames: Frames) -> Sequences:
    """A studio song as the catalogue gives it back."""
    return unpack(pack(ear.system.encode(frames)))


def tapes(ear: Ear, data: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """One tape of each recording, under a quiet or a loud crowd; every third also in the hands of a disc jockey."""
    rooms = [p for p in sorted((data / "rir").glob("*.*")) if not p.name.startswith(("device", "cabinet"))]
    place = Place(rooms, tuple(sorted((data / "noise").glob("crowd*")) + sorted((data / "noise").glob("applause*"))))
    paths = sorted((data / "music").glob("*.ogg")) + sorted((data / "music_more").glob("*.ogg"))
    for number, index in enumerate(rng.permutation(len(paths))[:count]):
        samples = read_recording(paths[index], DecodingSettings())[: LONGEST_SECONDS * SAMPLE_RATE_HERTZ]
        if len(samples) <= 1.2 * SECONDS[0] * SAMPLE_RATE_HERTZ:
            continue
        studio = stored(ear, constant_q(ConstantQSpec(), samples))
        kind = TAPES[number % 2]
        yield kind, measured(ear, _heard(samples, 1.0, kind, place, rng), studio)
        if number % 3 == 0:
            speed = 1 + float(rng.choice([-1, 1])) * rng.uniform(0.003, 0.02)
            yield DISC_JOCKEY, measured(ear, _heard(samples, speed, kind, place, rng), studio)


def _heard(samples: Samples, speed: float, kind: str, place: Place, rng: np.random.Generator) -> Frames:
    """A stretch from somewhere, from the loudspeakers."""
    length = int(min(len(samples), rng.uniform(1.15 * SECONDS[0], SECONDS[1]) * SAMPLE_RATE_HERTZ))
    first = int(rng.integers(0, len(samples) - length + 1))
    drifting = speed * (1 + 1e-4 * rng.uniform(-1, 1))
    played = soxr.resample(samples[first : first + length], SAMPLE_RATE_HERTZ * drifting, SAMPLE_RATE_HERTZ)
    played = compress(equalise(played, np.geomspace(40, 10_000, 7), rng.normal(0, 4, 7)), rng.uniform(0, 0.4))
    room = load_room(place.rooms[int(rng.integers(len(place.rooms)))])
    played = reverberate(played, room, rng.uniform(0.2, 1.4))
    decibels = rng.uniform(-12, -6) if kind == TAPES[0] else rng.uniform(-6, 0)
    people = recorded_crowd(place.crowds, rng, len(played) / SAMPLE_RATE_HERTZ + 1)[: len(played)]
    mixed = played + at_loudness(people, loudness(played) * 10 ** (decibels / 20))
    return constant_q(ConstantQSpec(), record(mixed, rng, True))


def real_versions(ear: Ear, data: Path, cache: Path, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Every recording that others have played as well, a stretch of it against each of theirs."""
    recordings = versions(data, cache) + real_features(data / "real_features")
    studio = [stored(ear, frames) for _, frames in recordings]
    for i, (work, frames) in enumerate(recordings):
        for j, (other, _) in enumerate(recordings):
            if i != j and work == other:
                yield BANDS[0], measured(ear, _stretch(frames, rng), studio[j])


def bands(ear: Ear, data: Path, cache: Path, count: int, rng: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Three bands for each of `count` test works."""
    corpus = load_scores(data / "scores", cache / "corpus.pickle")
    scores = [s for s in corpus if split_of(s.cluster_id) == "test" and s.source in SOURCES]
    for index in rng.permutation(len(scores))[:count]:
        score = scores[index]
        record_of_it, live = _in_plain_form(score, rng, False), _in_plain_form(score, rng, True)
        if record_of_it is None or live is None:
            continue
        studio = stored(ear, render_arrangement(record_of_it, rng, False, FRAMES).magnitude)
        yield BANDS[1], measured(ear, _stretch(render_performance(score, rng, True, FRAMES).magnitude, rng), studio)
        for kind, tempo in ((BANDS[2], rng.uniform(0.99, 1.01)), (BANDS[3], 1.0)):
            together = on_the_click(live, record_of_it, tempo)
            played = render_arrangement(together, rng, True, FRAMES)
            yield kind, measured(ear, _stretch(played.magnitude[:, played.beat >= 0], rng), studio)


def _in_plain_form(score: Score, rng: np.random.Generator, live: bool) -> Arrangement | None:
    """An arrangement from the first beat to the last without cuts or repeats, or None where none came by chance."""
    seconds = FRAMES * ConstantQSpec().frame_seconds
    tried = (arrange(score, rng, live, seconds, replace(FULL, form=False)) for _ in range(ARRANGEMENTS_TRIED))
    return next((one for one in tried if np.array_equal(one.beat_of, np.arange(len(one.beat_of)))), None)


def on_the_click(live: Arrangement, studio: Arrangement, tempo: float) -> Arrangement:
    """The band's own parts at the studio's beats, `tempo` times as far apart, and in its key."""
    beats = min(len(live.beat_seconds), len(studio.beat_seconds))
    own, click = live.beat_seconds[:beats], studio.beat_seconds[:beats]
    click = click[0] + (click - click[0]) * tempo
    notes, hits = (part[part[:, 0] < own[-1]].copy() for part in (live.notes, live.hits))
    ends = np.interp(notes[:, 0] + notes[:, 1], own, click)
    notes[:, 0], hits[:, 0] = np.interp(notes[:, 0], own, click), np.interp(hits[:, 0], own, click)
    notes[:, 1] = np.maximum(ends - notes[:, 0], 0.05)
    notes[:, 2] += studio.transposition_semitones - live.transposition_semitones
    return replace(
        live, notes=notes, hits=hits, beat_seconds=click, beat_of=live.beat_of[:beats], intro_seconds=0.0,
        transposition_semitones=studio.transposition_semitones,
    )  # fmt: skip


def _stretch(frames: Frames, rng: np.random.Generator) -> Frames:
    """As long as the tapes are, from anywhere."""
    seconds = rng.uniform(1.15 * SECONDS[0], SECONDS[1])
    length = int(min(frames.shape[1], seconds / ConstantQSpec().frame_seconds))
    first = int(rng.integers(0, frames.shape[1] - length + 1))
    return frames[:, first : first + length]


def _row(kind: str, values: np.ndarray) -> list[str]:
    figures = [np.median(values), np.quantile(values, 0.95), values.max()]
    called = (values >= RECORDED_EXACTNESS).mean()
    return [kind, str(len(values)), *(f"{figure:.3f}" for figure in (*figures, called))]


def _draw(cases: Cases) -> None:
    """Distributions, and how many tapes are found for how many bands that are taken for one."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    edges = np.linspace(0, 1, 41)
    for kind, values in cases.items():
        left.hist(values, edges, density=True, histtype="step", label=kind, linestyle="-" if kind in BANDS else "--")
    left.axvline(RECORDED_EXACTNESS, color="0.6", linewidth=1)
    left.set(xlabel="exactness", ylabel="density")
    left.legend(frameon=False, fontsize=7)
    tape = np.concatenate([cases[kind] for kind in TAPES])
    levels = np.linspace(0, 1, 401)
    for kind in BANDS:
        called = [(np.array(cases[kind]) >= level).mean() for level in levels]
        right.plot(called, [(tape >= level).mean() for level in levels], label=kind)
    right.set(xlabel="share of bands called a recording", ylabel="share of tapes found", xlim=(-0.005, 0.2))
    right.legend(frameon=False, fontsize=7)
    figure.savefig(RESULTS / "recorded_or_live.png", dpi=80, metadata={"Software": None})


if __name__ == "__main__":
    main()
