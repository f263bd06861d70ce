"""Another song on the same chords: the hardest impostor there is, because half of all pop songs have one.

A twin keeps form, beat and chords of a score and throws everything else away; it gets a melody of its own.
"""

from dataclasses import replace

import numpy as np

from livecsi.training.scores.harmony import invent_melody
from livecsi.training.scores.score import Score


def chord_twin(score: Score, seed: int) -> Score | None:
    """A different song with the chords of `score`, or None where it has no chords to share."""
    if not score.has_harmony:
        return None
    rng = np.random.default_rng([seed, score.cluster_id])
    melody = invent_melody(score.chord_root, score.chord_mask, score.beat_seconds[:-1], rng)
    if len(melody) == 0:
        return None
    order = np.argsort(melody[:, 0], kind="stable")
    return replace(score, name=f"{score.name} twin", notes=melody[order])
