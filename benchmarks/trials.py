"""Three searches hard enough to tell two networks apart; all queries are half a minute long.

(a) live versions of held-out scores; (b) real re-performances, every half minute of them (`real_features/` and the true
groups of `music_more/`, validation only); (c) real music in another key, speed and hall, under a crowd as loud as it.
All are searched among the same real and rendered distractors.
"""

from pathlib import Path

import numpy as np

from benchmarks.degraded_music import HELD_OUT, degrade
from benchmarks.real_retrieval import distractors, versions
from livecsi.audio.recording import read_recording
from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.settings import DecodingSettings
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.validation import Trial, re_performances, real_features
from livecsi.types import SAMPLE_RATE_HERTZ, Frames

QUERY_FRAMES = 100
STUDIO_FRAMES = 640
CUTS = 4
RENDERED_WORKS = 120
RENDERED_DISTRACTORS = 160
DRAWS = 6
SEED = 20


def all_trials(data: Path, cache: Path) -> dict[str, Trial]:
    """The trials by name: rendered, real, degraded."""
    crowd_of_songs = distractors(data, cache, RENDERED_DISTRACTORS)
    recordings = real_features(data / "real_features") + versions(data, cache)
    return {
        "rendered": _rendered(data, cache, crowd_of_songs),
        "real": re_performances(recordings, crowd_of_songs, QUERY_FRAMES, CUTS),
        "degraded": degraded(data, cache, crowd_of_songs),
    }


def _rendered(data: Path, cache: Path, others: list[Frames]) -> Trial:
    scores = [s for s in load_scores(data / "scores", cache / "corpus.pickle") if split_of(s.cluster_id) == "test"]
    rng = np.random.default_rng(SEED)
    references, queries = [], []
    for score in scores[-RENDERED_WORKS:]:
        references.append((score.name, render_performance(score, rng, False, STUDIO_FRAMES).magnitude))
        live = render_performance(score, rng, True, 4 * QUERY_FRAMES).magnitude
        first = int(rng.integers(QUERY_FRAMES, 3 * QUERY_FRAMES))
        queries.append((score.name, live[:, first : first + QUERY_FRAMES]))
    references += [(f"distractor {i}", frames) for i, frames in enumerate(others)]
    return Trial(references, queries, [-1] * len(queries))


def degraded(data: Path, cache: Path, others: list[Frames], level_decibels: float = 0.0) -> Trial:
    """Music `level_decibels` above the crowd; `others` begins with the recordings of `music/`, ordered by name."""
    level = f"{level_decibels:+.0f}dB" if level_decibels else ""
    kept = cache / f"degraded-{SEED}-{DRAWS}{level}.npz"
    paths = sorted((data / "music").glob("*.ogg"))
    if not kept.is_file():
        rng = np.random.default_rng(SEED)
        halls = [read_recording(p, DecodingSettings()) for p in sorted((data / "rir").glob("**/*hall*"))[:12]]
        voices = [read_recording(p, DecodingSettings()) for p in sorted((data / "noise").glob("speech*"))[:20]]
        heard = {
            f"{path.stem}:{draw}": _badly_heard(path, halls, voices, level_decibels, rng)
            for path in paths
            if path.stem in HELD_OUT
            for draw in range(DRAWS)
        }
        np.savez_compressed(kept, allow_pickle=False, **heard)
    number = {path.stem: i for i, path in enumerate(paths)}
    with np.load(kept) as archive:
        queries = [(f"song {number[name.rsplit(':', 1)[0]]}", archive[name]) for name in sorted(archive.files)]
    return Trial([(f"song {i}", frames) for i, frames in enumerate(others)], queries, [-1] * len(queries))


def _badly_heard(
    path: Path, halls: list[Frames], voices: list[Frames], level_decibels: float, rng: np.random.Generator
) -> Frames:
    samples = read_recording(path, DecodingSettings())
    seconds = int(QUERY_FRAMES * ConstantQSpec().frame_seconds) + 1
    spare = max(1, len(samples) - int(seconds * 1.2) * SAMPLE_RATE_HERTZ)
    first = int(rng.integers(0, spare))
    heard = degrade(samples[first : first + int(seconds * 1.2) * SAMPLE_RATE_HERTZ], halls, voices, level_decibels, rng)
    return constant_q(ConstantQSpec(), heard)[:, :QUERY_FRAMES]
