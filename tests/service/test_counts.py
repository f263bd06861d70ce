"""What a window counts as: music that nobody knows is music all the same."""

import pytest

from livecsi.service.counts import outcome_of
from livecsi.types import Candidate, ScoredWindow


@pytest.mark.parametrize(
    ("music_fraction", "probability", "outcome"),
    [(0.0, None, "no_music"), (1.0, None, "unknown"), (1.0, 0.5, "unknown"), (1.0, 0.9, "named")],
)
def test_what_a_window_came_to(music_fraction, probability, outcome):
    best = None if probability is None else Candidate(1, 1, "Korobeiniki", "x", 7.0, probability)
    scored = ScoredWindow(0.0, 60.0, music_fraction, 0.0, (best,) if best else ())
    assert outcome_of(scored, best, 0.9) == outcome
