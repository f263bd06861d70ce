"""Nights as sound, with their truth: what `night_plan` planned, played by soundfonts no training has heard.

Studio versions of the catalogue's songs, then one file for each night: bands in a room, a crowd that murmurs all the
time, people who talk, tapes from the same loudspeakers. Works are held-out ones, arrangements are new, and a band never
plays with the soundfont of the studio version.

    python -m benchmarks.night_audio --data DIR --soundfonts DIR --out DIR [--nights 31] [--rehearsal]

`--rehearsal` makes other nights of other works, to tune a tracker on.

Files that are there are left alone, so an interrupted call goes on. `DIR` of soundfonts: OPL-3_FM_128M.sf2 and
sf_GMbank.sf2 of Debian's opl3-soundfont and csound-soundfont, MuseScore_General_Lite.sf3 of its
musescore-general-soundfont-small.
"""

import argparse
import csv
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.night_plan import Act, plan_night
from livecsi.audio.recording import read_recording
from livecsi.settings import DecodingSettings
from livecsi.training.crowds import crowd, recorded_crowd
from livecsi.training.rendering.desk import at_loudness, load_room, reverberate
from livecsi.training.rendering.equipment import SoundSettings, find_soundfonts
from livecsi.training.rendering.sound import perform
from livecsi.training.scores.corpus import load_scores, split_of
from livecsi.training.scores.score import Score
from livecsi.types import SAMPLE_RATE_HERTZ, Samples

CATALOGUE_SONGS, OTHER_SONGS = 80, 100
SOURCE_WEIGHT = {"pop909": 4.0, "mcgill_billboard": 4.0, "openewld": 2.0}
FOLK_WEIGHT = 0.5
STUDIO_SECONDS = (170.0, 260.0)
BAND_LOUDNESS, TAPE_LOUDNESS, TALK_LOUDNESS, APPLAUSE_LOUDNESS = 0.12, 0.07, 0.06, 0.08
MURMUR_LOUDNESS = 0.004
FALSE_START_SECONDS = (10.0, 20.0)
SEED = 71
MURMUR_SECONDS = 45.0
TrueLine = tuple[float, float, str, str]
"""Start and end in seconds, kind and work."""


@dataclass(frozen=True, slots=True)
class Venue:
    """All that nights are made of."""

    scores: list[Score]
    sound: SoundSettings
    speech: tuple[Path, ...]
    tapes: tuple[Path, ...]
    out: Path
    seed: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--soundfonts", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rehearsal", action="store_true")
    parser.add_argument("--nights", type=int, default=31)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    venue = _venue(arguments)
    (venue.out / "studio").mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(arguments.workers) as pool:
        list(pool.map(partial(render_studio, venue), range(CATALOGUE_SONGS)))
        _write_studio_table(venue)
        for name in pool.map(partial(render_night, venue), range(1, arguments.nights + 1)):
            print(name, flush=True)


def _venue(arguments: argparse.Namespace) -> Venue:
    data = arguments.data
    held_out = [
        score
        for score in load_scores(data / "scores", arguments.cache / "corpus.pickle")
        if split_of(score.cluster_id) == "test"
    ]
    weight = np.array([SOURCE_WEIGHT.get(score.source, FOLK_WEIGHT) for score in held_out])
    rng = np.random.default_rng(SEED)
    count = CATALOGUE_SONGS + OTHER_SONGS
    both = rng.choice(len(held_out), 2 * count, replace=False, p=weight / weight.sum())
    chosen = both[count:] if arguments.rehearsal else both[:count]
    noise = data / "noise"
    crowds = tuple(sorted(noise.glob("crowd*")) + sorted(noise.glob("applause*")))
    return Venue(
        [held_out[index] for index in chosen],
        SoundSettings(find_soundfonts(arguments.soundfonts), tuple(sorted((data / "rir").glob("*.*"))), crowds),
        tuple(sorted(noise.glob("speech*"))),
        tuple(sorted((data / "music_more").glob("*.ogg"))),
        arguments.out,
        SEED + arguments.rehearsal,
    )


def render_studio(venue: Venue, number: int) -> None:
    """The studio version of one song of the catalogue."""
    path = _studio_path(venue, number)
    if not path.is_file():
        rng = np.random.default_rng([venue.seed, 0, number])
        sound = replace(venue.sound, soundfonts=_fonts(venue, number, studio=True))
        take = perform(venue.scores[number], rng, False, rng.uniform(*STUDIO_SECONDS), sound)
        _save(path, iter([take.samples]))


def render_night(venue: Venue, night: int) -> str:
    """One night and its truth, unless it is there."""
    path = venue.out / f"night-{night:02d}.ogg"
    if not path.with_suffix(".csv").is_file():
        rng = np.random.default_rng([venue.seed, night])
        plan = plan_night(CATALOGUE_SONGS, OTHER_SONGS, rng)
        truth: list[TrueLine] = []
        _save(path, Stage(venue, rng).play(plan, truth))
        _write_truth(path.with_suffix(".csv"), truth)
    return path.name


class Stage:
    """Turns acts into sound, one after the other."""

    def __init__(self, venue: Venue, rng: np.random.Generator) -> None:
        self.venue, self.rng = venue, rng
        self.room = load_room(venue.sound.rooms[int(rng.integers(len(venue.sound.rooms)))])
        self.murmur = at_loudness(crowd(rng, MURMUR_SECONDS, self._voices()), MURMUR_LOUDNESS)

    def play(self, plan: list[Act], truth: list[TrueLine]) -> Iterator[Samples]:
        """The sound of each act; `truth` grows by start, end, kind and work as they are played."""
        begin = 0
        for act in plan:
            samples = self._with_murmur(self._sound(act)) if act.kind != "silence" else self._sound(act)
            end = begin + len(samples)
            work = str(act.song) if 0 <= act.song < CATALOGUE_SONGS else ""
            truth.append((begin / SAMPLE_RATE_HERTZ, end / SAMPLE_RATE_HERTZ, act.kind, work))
            begin = end
            yield samples

    def _sound(self, act: Act) -> Samples:
        if act.kind == "song":
            return self._song(act)
        if act.kind == "recorded":
            return self._from_loudspeakers(self._tape(act))
        if act.kind == "speech":
            return self._from_loudspeakers(at_loudness(self._talk(act.seconds), TALK_LOUDNESS))
        if act.kind == "crowd":
            made_up = self.rng.random() < 0.5
            people = (
                crowd(self.rng, act.seconds, self._voices())
                if made_up
                else recorded_crowd(self.venue.sound.crowds, self.rng, act.seconds)
            )
            return at_loudness(people, APPLAUSE_LOUDNESS * self.rng.uniform(0.2, 1.0))
        return np.zeros(round(act.seconds * SAMPLE_RATE_HERTZ), np.float32)

    def _song(self, act: Act) -> Samples:
        """From the first note to the last one, or to where it is cut; before it a false start and what is said then."""
        sound = replace(self.venue.sound, soundfonts=_fonts(self.venue, act.song, studio=False))
        take = perform(self.venue.scores[act.song], self.rng, True, act.seconds + 25.0, sound)
        notes = take.arrangement.notes
        first = max(0, int((notes[:, 0].min() - 0.1) * SAMPLE_RATE_HERTZ))
        last = int(min((notes[:, 0] + notes[:, 1]).max() + 0.5, notes[:, 0].min() + act.seconds) * SAMPLE_RATE_HERTZ)
        song = at_loudness(take.samples[first:last], BAND_LOUDNESS)
        if not act.begins_twice:
            return song
        start = song[: int(self.rng.uniform(*FALSE_START_SECONDS) * SAMPLE_RATE_HERTZ)]
        talk = self._from_loudspeakers(at_loudness(self._talk(self.rng.uniform(5, 10)), TALK_LOUDNESS))
        return np.concatenate([start, talk, song])

    def _tape(self, act: Act) -> Samples:
        """A studio recording of the catalogue, or somebody else's music."""
        tapes = self.venue.tapes
        path = tapes[int(self.rng.integers(len(tapes)))] if act.song < 0 else _studio_path(self.venue, act.song)
        recording = read_recording(path, DecodingSettings())
        return at_loudness(recording[: round(act.seconds * SAMPLE_RATE_HERTZ)], TAPE_LOUDNESS)

    def _from_loudspeakers(self, samples: Samples) -> Samples:
        return reverberate(samples, self.room, self.rng.uniform(0.1, 0.4))

    def _talk(self, seconds: float) -> Samples:
        pieces: list[Samples] = []
        length = round(seconds * SAMPLE_RATE_HERTZ)
        while sum(map(len, pieces)) < length:
            pause = np.zeros(int(self.rng.uniform(0.1, 1.2) * SAMPLE_RATE_HERTZ), np.float32)
            pieces += [self._voices()[0], pause]
        return np.concatenate(pieces)[:length]

    def _voices(self) -> list[Samples]:
        return [_said(self.venue.speech[index]) for index in self.rng.choice(len(self.venue.speech), 4)]

    def _with_murmur(self, samples: Samples) -> Samples:
        shifted = np.roll(self.murmur, int(self.rng.integers(len(self.murmur))))
        return samples + np.resize(shifted, len(samples))


@cache
def _said(path: Path) -> Samples:
    return read_recording(path, DecodingSettings())


def _fonts(venue: Venue, number: int, studio: bool) -> tuple[Path, ...]:
    """The studio version has one soundfont, bands have the others."""
    fonts = venue.sound.soundfonts
    own = fonts[number % len(fonts)]
    return (own,) if studio else tuple(font for font in fonts if font != own)


def _studio_path(venue: Venue, number: int) -> Path:
    return venue.out / "studio" / f"{number:03d}.ogg"


def _save(path: Path, parts: Iterator[Samples]) -> None:
    """Piece by piece, and under its name only when it is whole."""
    unfinished = path.with_suffix(".part")
    with soundfile.SoundFile(unfinished, "w", SAMPLE_RATE_HERTZ, 1, format="OGG", subtype="VORBIS") as file:
        for part in parts:
            for first in range(0, len(part), SAMPLE_RATE_HERTZ):  # the encoder overflows its stack on long blocks
                file.write(np.clip(part[first : first + SAMPLE_RATE_HERTZ], -1, 1))
    unfinished.replace(path)


def _write_studio_table(venue: Venue) -> None:
    with (venue.out / "studio.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "work_id", "title"])
        for number in range(CATALOGUE_SONGS):
            table.writerow([f"studio/{number:03d}.ogg", number, venue.scores[number].name])


def _write_truth(path: Path, truth: list[TrueLine]) -> None:
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["start_s", "end_s", "kind", "work_id"])
        table.writerows([f"{start:.3f}", f"{end:.3f}", kind, work] for start, end, kind, work in truth)


if __name__ == "__main__":
    main()
