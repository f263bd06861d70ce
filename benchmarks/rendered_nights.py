"""Whole nights rendered from held-out scores: sixteen songs, four of them unknown, crowd and speech between.

Every song is one arrangement in the catalogue and another, live, on the night; frames are rendered directly as
constant-Q, crowd and speech are recordings of `noise/`. It judges gate, matcher and tracker, not the front end.

    python -m benchmarks.rendered_nights --data DIR [--nights 6] [--models DIR]
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.report import write_table
from livecsi.audio.window import WindowPlan
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.evaluation.setlists import SetlistFigures, heard_of, setlist_figures
from livecsi.evaluation.tables import TrueSegment
from livecsi.identify.cohort import choose_impostors, impostor_means
from livecsi.identify.matcher import Matcher, Reference
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier, measured_background
from livecsi.service.listener import Listener
from livecsi.settings import ModelSettings, Settings
from livecsi.training.recordings import cached_features
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.scores.score import Score
from livecsi.types import Frames, Kind

CATALOGUE_SONGS, KNOWN_SONGS, UNKNOWN_SONGS = 64, 12, 4
SOURCE_WEIGHT = {"pop909": 4.0, "mcgill_billboard": 4.0, "openewld": 2.0}
FOLK_WEIGHT = 0.5
STAGE_DBFS = -20.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--nights", type=int, default=6)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    arguments = parser.parse_args()
    ear = Ear(Settings(model=ModelSettings(directory=arguments.models)))
    corpus = load_scores(arguments.data / "scores", arguments.cache / "corpus.pickle")
    scores = [score for score in corpus if split_of(score.cluster_id) == "test"]
    figures = [one_night(ear, scores, Between(arguments), seed) for seed in range(1, arguments.nights + 1)]
    rows = [_row(str(seed), night) for seed, night in enumerate(figures, 1)]
    rows.append(_row("all", figures))
    write_table(
        "rendered_nights",
        "Rendered nights",
        f"python -m benchmarks.rendered_nights --data DIR --nights {arguments.nights}",
        ["night", "precision", "recall", "F1", "F1 edges 10 s", "median edge s", "false / h", "unknown recall"],
        rows,
        f"Model {ear.model_id}; {CATALOGUE_SONGS} songs in the catalogue, {KNOWN_SONGS} played, {UNKNOWN_SONGS} "
        f"others; named from a probability of {ear.settings.tracking.name_probability}.",
    )


class Between:
    """Real crowd and speech, as frames."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        spec, noise = Ear(Settings()).encoder.features, arguments.data / "noise"
        crowds = sorted(noise.glob("crowd*")) + sorted(noise.glob("applause*"))
        self.crowds = list(cached_features(crowds, spec, arguments.cache / "features").values())
        self.speech = list(cached_features(sorted(noise.glob("speech*")), spec, arguments.cache / "features").values())

    def stretch(self, kind: Kind, frames: int, rng: np.random.Generator) -> Frames:
        pool = self.crowds if kind is Kind.CROWD else self.speech
        pieces: list[Frames] = []
        while sum(piece.shape[1] for piece in pieces) < frames:
            piece = pool[int(rng.integers(len(pool)))]
            pieces.append(piece / piece.mean())
        return np.concatenate(pieces, 1)[:, :frames] * np.float32(0.5 if kind is Kind.CROWD else 0.3)


def one_night(ear: Ear, scores: list[Score], between: Between, seed: int) -> SetlistFigures:
    """Render, listen, judge."""
    rng = np.random.default_rng(seed)
    weight = np.array([SOURCE_WEIGHT.get(score.source, FOLK_WEIGHT) for score in scores])
    chosen = rng.choice(len(scores), CATALOGUE_SONGS + UNKNOWN_SONGS, replace=False, p=weight / weight.sum())
    songs = [scores[index] for index in chosen]
    identifier = _identifier(ear, songs[:CATALOGUE_SONGS], rng)
    frames, truth = _night(songs, between, ear.encoder.features.frame_seconds, rng)
    plan = WindowPlan.from_settings(ear.settings.listening, ear.encoder.features.frame_samples)
    listener = Listener(ear, identifier, plan)
    for first, last in plan.due(frames.shape[1], 0):
        listener.hear((first, last), frames[:, first:last], np.full(last - first, STAGE_DBFS, np.float32))
    duration_seconds = frames.shape[1] * plan.frame_seconds
    names = {number: str(number) for number in range(CATALOGUE_SONGS)}
    heard = heard_of(listener.hearing(duration_seconds).performances, names)
    return setlist_figures(heard, truth, duration_seconds)


def _identifier(ear: Ear, songs: list[Score], rng: np.random.Generator) -> Identifier:
    now = SystemClock().utc_now()
    studio = [render_performance(song, rng, live=False, frames=int(rng.integers(560, 760))).magnitude for song in songs]
    bare = [Reference(i, i, ear.encoder.encode(frames)) for i, frames in enumerate(studio)]
    matcher = Matcher(ear.matcher_session, ear.model.facts["scoring"], [])
    means = impostor_means(matcher, bare, choose_impostors([*bare, *ear.background()]))
    references = [replace(reference, impostor_mean=mean) for reference, mean in zip(bare, means, strict=True)]
    recordings = [Recording(i, i, song.name, "", None, 0.0, "", "", now) for i, song in enumerate(songs)]
    return Identifier(ear, recordings, [*references, *measured_background(ear)])


def _night(
    songs: list[Score], between: Between, frame_seconds: float, rng: np.random.Generator
) -> tuple[Frames, list[TrueSegment]]:
    """The frames of a night and what they are; songs beyond the catalogue have no work."""
    played = [*rng.choice(CATALOGUE_SONGS, KNOWN_SONGS, replace=False), *range(CATALOGUE_SONGS, len(songs))]
    parts, truth = [between.stretch(Kind.CROWD, 100, rng)], []
    for number in rng.permutation(played):
        start = sum(part.shape[1] for part in parts)
        parts.append(_live(songs[number], rng))
        end = start + parts[-1].shape[1]
        work = str(number) if number < CATALOGUE_SONGS else ""
        truth.append(TrueSegment(start * frame_seconds, end * frame_seconds, Kind.SONG, work))
        parts.append(between.stretch(Kind.CROWD, int(rng.integers(15, 60)), rng))
        if rng.random() < 0.5:
            parts.append(between.stretch(Kind.SPEECH, int(rng.integers(20, 120)), rng))
    return np.concatenate(parts, 1).astype(np.float32), truth


def _live(song: Score, rng: np.random.Generator) -> Frames:
    """A live performance from its first note to its last."""
    performance = render_performance(song, rng, live=True, frames=int(rng.integers(380, 800)))
    sounding = np.flatnonzero(performance.beat >= 0)
    return performance.magnitude[:, max(0, sounding[0] - 2) : sounding[-1] + 1]


def _row(name: str, figures: SetlistFigures | list[SetlistFigures]) -> list[str]:
    nights = figures if isinstance(figures, list) else [figures]
    columns = (
        "precision",
        "recall",
        "f1",
        "f1_10s",
        "boundary_median_s",
        "false_performances_per_hour",
        "unknown_recall",
    )
    return [name, *(f"{np.mean([getattr(night, column) for night in nights]):.3f}" for column in columns)]


if __name__ == "__main__":
    main()
