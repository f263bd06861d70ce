"""The band in the studio, dry: every stem played, amplified or sung, at the loudness the arranger asked for."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from livecsi.training.rendering.arranger import Arrangement
from livecsi.training.rendering.cast import Cast
from livecsi.training.rendering.desk import at_loudness, cabinet, loudness, overdrive
from livecsi.training.rendering.midi import Part
from livecsi.training.rendering.singer import Voice, sing
from livecsi.training.rendering.synthesiser import play
from livecsi.training.scores.score import Role, Score
from livecsi.types import Samples


def play_band(cast: Cast, soundfont: Path, seconds: float, rng: np.random.Generator) -> Samples:
    """All stems together; drums anywhere from hardly there to in front."""
    mixed = at_loudness(play(cast.band, soundfont, seconds), _written_loudness(cast.band))
    for part in cast.leads:  # alone, because a soft flute would drown where the arranger wants a tune
        mixed += at_loudness(play([part], soundfont, seconds), _written_loudness([part]))
    for part in cast.amplified:
        growl = overdrive(play([part], soundfont, seconds), rng.uniform(1.5, 12))
        growl = cabinet(growl, rng.uniform(60, 120), rng.uniform(3000, 6500))
        mixed += at_loudness(growl, _written_loudness([part]))
    for part in cast.sung:
        voice = sing(part.notes, seconds, Voice.random(rng), rng)
        mixed += at_loudness(voice, _written_loudness([part]) * rng.uniform(0.8, 1.6))
    if not cast.drums:
        return mixed
    level = loudness(mixed) * 10 ** (rng.uniform(-14, 3) / 20)
    return mixed + at_loudness(play(cast.drums, soundfont, seconds), level)


def melody_as_performed(arrangement: Arrangement, score: Score) -> NDArray[np.float64]:
    """The score's own melody in the time and key of an arrangement: (notes, 4) start s, duration s, pitch, amplitude.

    What an audience knows by heart, whatever the band makes of it.
    """
    melody = score.notes_of(Role.MELODY)
    ends = np.append(arrangement.beat_seconds[1:], arrangement.beat_seconds[-1] + 0.5)
    pieces = [np.empty((0, 4))]
    for beat, start, end in zip(arrangement.beat_of, arrangement.beat_seconds, ends, strict=True):
        if beat < 0:
            continue
        first, after = np.searchsorted(melody[:, 0], score.beat_seconds[beat : beat + 2] - 0.03)
        notes = melody[first:after]
        rate = (end - start) / (score.beat_seconds[beat + 1] - score.beat_seconds[beat])
        moments = start + (notes[:, 0] - score.beat_seconds[beat]) * rate
        pitch = notes[:, 2] + arrangement.transposition_semitones
        pieces.append(np.stack([moments, notes[:, 1] * rate, pitch, np.ones(len(notes))], 1))
    return np.concatenate(pieces)


def _written_loudness(parts: list[Part]) -> float:
    """The root mean square that the amplitudes have as steady tones, over the time in which something sounds."""
    notes = [part.notes for part in parts]
    if not notes:
        return 0.0
    energy = sum(float((part[:, 3] ** 2 * part[:, 1]).sum()) for part in notes)
    first, last = min(part[:, 0].min() for part in notes), max((part[:, 0] + part[:, 1]).max() for part in notes)
    return float(np.sqrt(energy / max(last - first, 1.0)))
