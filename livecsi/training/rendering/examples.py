"""Pairs to look at and listen to: what both renderers make of the same arrangements, on one page.

A picture shows faults that no loss curve does: notes in the wrong bin, beats that drift, a crowd that drowns the band.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import matplotlib
import numpy as np
import soundfile
from numpy.typing import NDArray

from livecsi.errors import InputError
from livecsi.training.rendering.arranger import Arrangement
from livecsi.training.rendering.cast import Cast
from livecsi.training.rendering.equipment import SoundSettings
from livecsi.training.rendering.performance import render_performance
from livecsi.training.rendering.program_names import PROGRAM_NAMES
from livecsi.training.rendering.raster import FRAME_SECONDS
from livecsi.training.rendering.sound import Take, hear, perform
from livecsi.training.scores.score import Score
from livecsi.types import SAMPLE_RATE_HERTZ

matplotlib.use("Agg")
from matplotlib import pyplot as plt

FRAMES = 200
SIDES = (("studio", False), ("live", True))


@dataclass(frozen=True, slots=True)
class Example:
    """One work and its files within the output folder, with what the arranger decided for each side."""

    number: int
    name: str
    decisions: dict[str, str]


def write_examples(
    scores: Sequence[Score],
    folder: Path,
    count: int,
    seed: int,
    sound: SoundSettings,
    say: Callable[[str], None] = lambda _: None,
) -> Path:
    """`count` pairs of random works: per pair two WAV files and a PNG, and an index.html; returns the page."""
    if not scores:
        raise InputError("no scores to choose from", "point --scores at a folder with tables or score files")
    folder.mkdir(parents=True, exist_ok=True)
    chosen = np.random.default_rng(seed).choice(len(scores), min(count, len(scores)), replace=False)
    examples = []
    for number, index in enumerate(chosen, start=1):
        say(f"{number} of {len(chosen)}: {scores[index].name}")
        examples.append(_write_pair(scores[index], folder, number, seed, sound))
    page = folder / "index.html"
    page.write_text(_page(examples), encoding="utf-8")
    return page


def describe(arrangement: Arrangement, cast: Cast, soundfont: str) -> str:
    """What the arranger decided, in words: key, tempo, who plays, when the song begins."""
    tempo = 60.0 / float(np.median(np.diff(arrangement.beat_seconds)))
    singers = f"{len(cast.sung)} singer{'s' if len(cast.sung) > 1 else ''}" if cast.sung else "no singer"
    players = [PROGRAM_NAMES[part.program] for part in (*cast.leads, *cast.band)]
    amplified = [f"{PROGRAM_NAMES[part.program]} through an amplifier" for part in cast.amplified]
    drums = "drums" if cast.drums else "no drums"
    band = ", ".join([singers, *players, *amplified, drums])
    return (
        f"transposed by {arrangement.transposition_semitones:+d} semitones, {tempo:.0f} beats a minute, "
        f"begins after {arrangement.intro_seconds:.0f} s; {band} ({soundfont})"
    )


def _write_pair(score: Score, folder: Path, number: int, seed: int, sound: SoundSettings) -> Example:
    decisions, pictures = {}, []
    for side, live in SIDES:
        take = perform(score, _generator(seed, number, live), live, FRAMES * FRAME_SECONDS, sound)
        imagined = render_performance(score, _generator(seed, number, live), live, FRAMES)
        soundfile.write(folder / f"{number}-{side}.wav", take.samples, SAMPLE_RATE_HERTZ)
        decisions[side] = describe(take.arrangement, take.cast, take.soundfont.stem)
        pictures.append((side, imagined.magnitude, hear(take.samples, FRAMES), take))
    _draw(folder / f"{number}.png", pictures)
    return Example(number, score.name, decisions)


def _generator(seed: int, number: int, live: bool) -> np.random.Generator:
    """The same for both renderers, so that they play the same arrangement."""
    return np.random.default_rng([seed, number, live])


def _draw(path: Path, pictures: list[tuple[str, NDArray[np.float32], NDArray[np.float32], Take]]) -> None:
    figure, axes = plt.subplots(len(pictures), 2, figsize=(15, 4 * len(pictures)), sharex=True, sharey=True)
    for row, (side, imagined, heard, take) in enumerate(pictures):
        for column, (renderer, magnitude) in enumerate((("feature renderer", imagined), ("audio renderer", heard))):
            _draw_one(axes[row, column], magnitude, take.arrangement)
            axes[row, column].set_title(f"{side}, {renderer}")
    for axis in axes[-1]:
        axis.set_xlabel("seconds; marks: every 16th beat")
    figure.tight_layout()
    figure.savefig(path, dpi=80)
    plt.close(figure)


def _draw_one(axis: matplotlib.axes.Axes, magnitude: NDArray[np.float32], arrangement: Arrangement) -> None:
    seconds = magnitude.shape[1] * FRAME_SECONDS
    axis.imshow(
        np.log1p(10 * magnitude), origin="lower", aspect="auto", extent=(0, seconds, 0, len(magnitude)), cmap="magma"
    )
    beats = arrangement.beat_seconds[::16]
    axis.vlines(beats[beats < seconds], 0, 2, color="white", linewidth=1.5)
    axis.set_yticks(range(0, len(magnitude), 12), [f"C{octave + 1}" for octave in range(len(magnitude) // 12)])


def _page(examples: list[Example]) -> str:
    sections = "\n".join(_section(example) for example in examples)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Rendered pairs</title>
<style>body {{ font: 16px sans-serif; max-width: 75rem; margin: 2rem auto }} img {{ width: 100% }}</style></head>
<body><h1>Rendered pairs</h1>
<p>Both renderers play the same arrangement; left the feature renderer, right the sound as the front end hears it.</p>
{sections}
</body></html>
"""


def _section(example: Example) -> str:
    sides = "\n".join(
        f"<p><b>{side}</b>: {escape(words)}<br>"
        f'<audio controls preload="none" src="{example.number}-{side}.wav"></audio></p>'
        for side, words in example.decisions.items()
    )
    return (
        f"<section><h2>{example.number}. {escape(example.name)}</h2>\n{sides}\n"
        f'<img src="{example.number}.png" alt="constant-Q of both versions by both renderers"></section>'
    )
