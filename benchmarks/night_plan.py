"""What happens in a rendered night, minute by minute, before anything sounds: two sets, a break, an encore, mishaps.

A plan is data and comes from one seed: songs of the catalogue and others, whole, cut short, begun twice, played again
at the end or joined to a medley; talk, applause, murmuring, a muted desk; recorded music from the same loudspeakers
before the show and in the break, some of it the very studio recordings of the catalogue.
"""

from dataclasses import dataclass

import numpy as np

KNOWN, UNKNOWN, MEDLEY_PARTS = 13, 4, 3
SHORTEST_SONG_SECONDS, LONGEST_SONG_SECONDS = 150.0, 290.0
APPLAUSE_SECONDS, TALK_SECONDS, PAUSE_SECONDS = (6.0, 22.0), (8.0, 60.0), (4.0, 15.0)


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens: `kind` is song, recorded, speech, crowd or silence.

    `song` is a number of the programme, -1 for none. A recorded song with a number is the catalogue's own recording,
    one without is somebody else's. `begins_twice` is a false start; `joins` follows the one before without a pause.
    """

    kind: str
    seconds: float
    song: int = -1
    begins_twice: bool = False
    joins: bool = False


def plan_night(catalogue_songs: int, other_songs: int, rng: np.random.Generator) -> list[Act]:
    """A night of well over an hour; songs below `catalogue_songs` are in the catalogue, `other_songs` after them not.

    Every song of the catalogue that is played comes from one draw without repetition, so only a reprise comes twice.
    """
    known = rng.permutation(catalogue_songs)
    strangers = catalogue_songs + rng.permutation(other_songs)[:UNKNOWN]
    songs = _songs(known[:KNOWN], strangers, rng)
    medley = _medley(known[KNOWN : KNOWN + MEDLEY_PARTS], rng)
    played_before = known[KNOWN + MEDLEY_PARTS : KNOWN + MEDLEY_PARTS + 2]
    middle = len(songs) // 2
    first, second = songs[:middle], [*songs[middle:-1], medley, songs[-1]]
    night = [Act("crowd", 60.0), *_from_tape(played_before[:1], rng), Act("crowd", 30.0)]
    night += _set(first, rng)
    night += [*_from_tape(played_before[1:], rng), Act("silence", 30.0), Act("crowd", 40.0)]
    night += _set(second, rng)
    if rng.random() < 0.4:
        again = int(rng.choice(known[: KNOWN // 2]))
        night += [Act("song", rng.uniform(60, 100), again), *_applause(rng)]
    return [*night, Act("crowd", 45.0)]


def _songs(known: np.ndarray, strangers: np.ndarray, rng: np.random.Generator) -> list[list[Act]]:
    """Songs in any order, one of them cut short, in every other night one begun twice."""
    numbers = rng.permutation([*known, *strangers]).tolist()
    cut, twice = rng.choice(len(numbers), 2, replace=False).tolist()
    begins_twice = rng.random() < 0.5
    songs = []
    for place, number in enumerate(numbers):
        seconds = rng.uniform(SHORTEST_SONG_SECONDS, LONGEST_SONG_SECONDS)
        if place == cut:
            seconds = rng.uniform(50, 90)
        songs.append([Act("song", seconds, number, begins_twice=begins_twice and place == twice)])
    return songs


def _medley(numbers: np.ndarray, rng: np.random.Generator) -> list[Act]:
    return [Act("song", rng.uniform(45, 80), int(n), joins=place > 0) for place, n in enumerate(numbers)]


def _from_tape(numbers: np.ndarray, rng: np.random.Generator) -> list[Act]:
    """Recorded music: one piece that nobody knows, one from the catalogue."""
    return [Act("recorded", rng.uniform(100, 200)), *(Act("recorded", rng.uniform(90, 160), int(n)) for n in numbers)]


def _set(songs: list[list[Act]], rng: np.random.Generator) -> list[Act]:
    acts: list[Act] = []
    for song in songs:
        acts += [*song, *_applause(rng)]
        if rng.random() < 0.5:
            acts.append(Act("speech", rng.uniform(*TALK_SECONDS)))
        if rng.random() < 0.7:
            acts.append(Act("crowd", rng.uniform(*PAUSE_SECONDS)))
    return acts


def _applause(rng: np.random.Generator) -> list[Act]:
    return [Act("crowd", rng.uniform(*APPLAUSE_SECONDS))]
