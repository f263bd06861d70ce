"""What a person asks of the catalogue: which song is this, are these two the same, and is everybody measured."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.catalogue.sqlite import Catalogue
from livecsi.errors import InputError
from livecsi.service.catalogue import check, rank, refresh_cohort
from tests.conftest import FIXTURES
from tests.fakes import FakeClock

LIVE, STUDIO = FIXTURES / "live" / "auld-lang-syne.ogg", FIXTURES / "studio"


def test_a_live_version_in_another_key_ranks_its_studio_song_first(prepared):
    candidates = rank(prepared.settings, LIVE, top=2)
    assert len(candidates) == 2 and candidates[0].title == "Auld Lang Syne"
    assert candidates[0].probability > candidates[1].probability
    assert candidates[0].transposition_semitones != 0, "the live band plays in another key"
    assert len(rank(prepared.settings, LIVE, top=50)) == 3


def test_the_same_song_is_the_same_whichever_recording_is_named_first(prepared):
    one = check(prepared.settings, LIVE, STUDIO / "auld-lang-syne.ogg")
    other = check(prepared.settings, STUDIO / "auld-lang-syne.ogg", LIVE)
    assert one.same and one == other
    assert not check(prepared.settings, LIVE, STUDIO / "korobeiniki.ogg").same


def test_a_recording_of_three_seconds_is_refused(prepared, tmp_path):
    soundfile.write(tmp_path / "jingle.wav", np.zeros(66_150), 22_050)
    with pytest.raises(InputError, match="too short to recognise"):
        rank(prepared.settings, tmp_path / "jingle.wav", top=3)


def test_measuring_anew_gives_every_song_its_mean_and_the_same_one_again(prepared, tmp_path):
    state = Path(shutil.copytree(prepared.folder, tmp_path / "state"))
    settings = prepared.settings.model_copy(update={"state_dir": state})
    with Catalogue.open(settings.catalogue_path, FakeClock()) as catalogue:
        (model_id,) = catalogue.stats().sequences
        before = catalogue.impostor_means(model_id)
        catalogue.put_impostor_means(model_id, dict.fromkeys(before, 0.0))
    refresh_cohort(settings)
    with Catalogue.open(settings.catalogue_path, FakeClock()) as catalogue:
        assert catalogue.impostor_means(model_id) == pytest.approx(before)
        assert len(before) == len(catalogue.recordings()) == 3
