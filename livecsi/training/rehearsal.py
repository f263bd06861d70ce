"""What a venue will ask, rehearsed: catalogues of several sizes, and live windows of songs inside and outside of them.

Songs inside and outside are held-out works, whose live versions are rendered anew and some of them badly heard. Beside
them the catalogues hold songs that nobody plays: works the network was trained on, in an arrangement it never heard,
and, where a folder of music is given, real recordings. Some windows are twins: other songs on the chords of one that is
inside. Answers come from the runtime matcher with its shortlist, background songs and impostor means.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from livecsi.identify.calibration import leads
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import BACKGROUND, Reference
from livecsi.identify.systems.system import Encoded, Matching
from livecsi.training.augmentation import augment
from livecsi.training.rendering.performance import render_performance
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.types import Frames

STUDIO_FRAMES = 640
WINDOW_FRAMES = (100, 201, 600)
BACKGROUND_SONGS = 24
TWIN_EVERY = 4
HELD_OUT_SONGS, OTHER_SONGS = 290, 2760
SHORTLIST = 64
SIZES_DRAWS_STEPS = ((20, 8, 1), (80, 5, 1), (1000, 1, 2), (3000, 1, 2))
"""Songs of a catalogue, how many such catalogues there are, and of how many windows each is asked one."""
Say = Callable[[str], None]
MatcherOf = Callable[[Sequence[Reference]], Matching]


class Hears(Protocol):
    """All that a stage needs of a system: windows as they are heard, songs as a catalogue keeps them."""

    def encode(self, frames: Frames) -> Encoded: ...

    def pack(self, encoded: Encoded) -> bytes: ...

    def unpack(self, payloads: Sequence[bytes]) -> list[Encoded]: ...


class Resembles(Protocol):
    """All that impostors need of a system."""

    def impostor_means(self, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class Repertoire:
    """Works the network has not seen, works it has, and magnitudes of real recordings that it has not seen either."""

    held_out: Sequence[Score]
    others: Sequence[Score]
    music: Sequence[Frames]


@dataclass(frozen=True, slots=True)
class Window:
    """A live window of a work, or of another song on its chords."""

    work: int
    is_twin: bool
    sequences: Encoded


@dataclass(frozen=True, slots=True)
class Answer:
    """The best answer of a catalogue to one window; `kind` is present, absent or twin."""

    score: float
    lead: float
    works: int
    kind: str
    right: bool


@dataclass(frozen=True, slots=True)
class Stage:
    """All that is rendered: `songs` begin with the `held_out` works, in the order of their numbers."""

    songs: list[Reference]
    background: list[Reference]
    windows: list[Window]
    held_out: int


def set_the_stage(system: Hears, repertoire: Repertoire, seed: int, say: Say) -> Stage:
    """Render and encode; some of the held-out works become the background."""
    rng = np.random.default_rng(seed)
    works = spread(repertoire.held_out, HELD_OUT_SONGS)
    background = spread(works, BACKGROUND_SONGS)
    chosen = {score.cluster_id for score in background}
    played = [score for score in works if score.cluster_id not in chosen]
    studio = [system.pack(system.encode(_studio(score, rng))) for score in played]
    say(f"{len(studio)} held-out songs")
    windows = [window for work, score in enumerate(played) for window in _windows(system, work, score, seed, rng)]
    say(f"{len(windows)} windows")
    studio += [system.pack(system.encode(frames)) for frames in repertoire.music]
    studio += [system.pack(system.encode(_studio(score, rng))) for score in spread(repertoire.others, OTHER_SONGS)]
    say(f"{len(studio)} songs in all")
    nobody = [system.pack(system.encode(_studio(score, rng))) for score in background]
    songs = [Reference(number, number, sequences) for number, sequences in enumerate(system.unpack(studio))]
    return Stage(songs, [Reference(BACKGROUND, BACKGROUND, s) for s in system.unpack(nobody)], windows, len(played))


def spread(scores: Sequence[Score], count: int) -> list[Score]:
    """An even choice: a corpus is in the order of its sources."""
    chosen = np.unique(np.linspace(0, len(scores) - 1, min(count, len(scores))).astype(int))
    return [scores[index] for index in chosen]


def with_impostors(system: Resembles, stage: Stage) -> Stage:
    """The stage with the impostor means of all songs, measured as a catalogue of them would be."""
    impostors = choose_impostors([*stage.songs, *stage.background])

    def measured(group: list[Reference]) -> list[Reference]:
        means = system.impostor_means(group, impostors)
        return [replace(reference, impostor_mean=mean) for reference, mean in zip(group, means, strict=True)]

    return replace(stage, songs=measured(stage.songs), background=measured(stage.background))


def rehearse(
    matcher_of: MatcherOf, stage: Stage, sizes_draws_steps: Sequence[tuple[int, int, int]], seed: int, say: Say
) -> list[Answer]:
    """The answers of all catalogues to their windows; `matcher_of` makes something to ask out of songs."""
    rng = np.random.default_rng(seed)
    answers: list[Answer] = []
    for size, draws, step in sizes_draws_steps:
        for _ in range(draws):
            answers += list(_answers(matcher_of, replace(stage, windows=stage.windows[::step]), size, rng))
        say(f"{len(answers)} answers, catalogues of {size} songs included")
    return answers


def _answers(matcher_of: MatcherOf, stage: Stage, size: int, rng: np.random.Generator) -> Iterator[Answer]:
    """One catalogue, half of it held-out works as far as they go, and the windows of these and as many it lacks."""
    order = rng.permutation(stage.held_out)
    count = min(size // 2, stage.held_out // 2)
    inside, outside = set(order[:count].tolist()), set(order[count : 2 * count].tolist())
    others = stage.held_out + rng.permutation(len(stage.songs) - stage.held_out)[: size - count]
    catalogue = [stage.songs[number] for number in [*sorted(inside), *others.tolist()]]
    matcher = matcher_of([*catalogue, *stage.background])
    for window in stage.windows:
        if window.work in inside:
            kind = "twin" if window.is_twin else "present"
        elif window.work in outside and not window.is_twin:
            kind = "absent"
        else:
            continue
        answer = _answer(matcher, window, kind, len(catalogue))
        if answer is not None:
            yield answer


def _answer(matcher: Matching, window: Window, kind: str, works: int) -> Answer | None:
    """The best answer, or None where background songs filled the shortlist."""
    matches = matcher.rank(window.sequences, SHORTLIST)
    background = max((m.score for m in matches if m.reference.is_background), default=-np.inf)
    scores = {m.reference.work_id: m.score for m in matches if not m.reference.is_background}
    if not scores:
        return None
    best = max(scores, key=lambda work: scores[work])
    return Answer(scores[best], leads(scores, background)[best], works, kind, kind == "present" and best == window.work)


def _studio(score: Score, rng: np.random.Generator) -> Frames:
    return render_performance(score, rng, live=False, frames=STUDIO_FRAMES).magnitude


def _windows(system: Hears, work: int, score: Score, seed: int, rng: np.random.Generator) -> Iterator[Window]:
    """Windows of a live version, one of each length; of every fourth song's twin, too."""
    twin = chord_twin(score, seed) if work % TWIN_EVERY == 0 else None
    for played in (score, twin):
        if played is not None:
            live = render_performance(played, rng, live=True, frames=STUDIO_FRAMES).magnitude
            for length in WINDOW_FRAMES:
                yield Window(work, played is twin, system.encode(rough_window(live, length, rng)))


def rough_window(frames: Frames, length: int, rng: np.random.Generator) -> Frames:
    """A stretch from somewhere after the beginning, roughened; every other one twice."""
    first = int(rng.integers(min(40, max(0, frames.shape[1] - length)), max(1, frames.shape[1] - length) + 1))
    cut = augment(frames[:, first : first + length], rng, live=True)
    return augment(cut, rng, live=True) if rng.random() < 0.5 else cut
