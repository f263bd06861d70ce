"""The short form of `benchmarks.false_alarms`: minutes without a song of the catalogue, all of them made up here."""

import numpy as np
import pytest

from benchmarks.false_alarms import KINDS_OF_SOUND, alarms_in, alarms_of
from benchmarks.no_songs import Hours, Recorded, music
from livecsi.audio.recording import RecordingSource
from livecsi.service.pipeline import Pipeline
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.conftest import CUT_TRUTH, FIXTURES

SECONDS = 120.0
STRANGERS = Recorded(music=(FIXTURES / "studio" / "greensleeves.ogg", FIXTURES / "studio" / "drunken-sailor.ogg"))
"""Songs that the prepared catalogue does not have."""


@pytest.mark.parametrize("kind", KINDS_OF_SOUND)
def test_nothing_is_named_where_no_song_of_the_catalogue_is_played(ear, identifier, kind):
    alarms = alarms_in(Hours(kind, STRANGERS, SECONDS, [3]), ear, identifier)
    assert alarms.hours == pytest.approx(SECONDS / 3600)
    assert alarms.confidences == ()
    assert kind is not music or alarms.unnamed > 0, "strange music is heard, and left unknown"


def test_the_count_does_count_songs_that_are_played(ear, identifier, cut_file):
    with RecordingSource(cut_file, ear.settings.decoding) as source:
        alarms = alarms_of(Pipeline(ear, identifier).listen(source))
    assert (len(alarms.confidences), alarms.unnamed) == (len(CUT_TRUTH), 0)


@pytest.mark.parametrize("kind", KINDS_OF_SOUND)
def test_a_seed_is_the_same_hours_again_and_another_seed_others(kind):
    def heard(seed: int) -> np.ndarray:
        pieces = list(Hours(kind, STRANGERS, 40.5, [seed]))
        assert [piece.first_sample for piece in pieces[1:]] == [piece.last_sample for piece in pieces[:-1]]
        return np.concatenate([piece.samples for piece in pieces])

    one = heard(1)
    assert one.shape == (round(40.5 * SAMPLE_RATE_HERTZ),) and one.dtype == np.float32
    assert np.isfinite(one).all() and np.abs(one).max() <= 1
    np.testing.assert_array_equal(one, heard(1))
    assert not np.array_equal(one, heard(2))
