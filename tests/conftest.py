"""What is loaded once for all tests: the released model, and a small catalogue of fixture songs it has heard."""

from dataclasses import dataclass
from pathlib import Path

import pytest

FIXTURES = Path(__file__).parents[1] / "fixtures"
CUT_SONGS = ("W09", "W03", "W02")
"""Korobeiniki and Auld Lang Syne are played in the first minutes of the concert, Scarborough Fair nowhere."""


@dataclass(frozen=True)
class Prepared:
    """A state folder with a catalogue of `CUT_SONGS`, and the settings that point at it."""

    folder: Path
    settings: object


@pytest.fixture(scope="session")
def ear():
    from livecsi.service.ear import Ear
    from livecsi.settings import load_settings

    return Ear(load_settings(files=[]))


@pytest.fixture(scope="session")
def prepared(ear, tmp_path_factory) -> Prepared:
    from livecsi.catalogue.ingest import ingest
    from livecsi.catalogue.songs_csv import read_songs_csv
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.service.catalogue import refresh_cohort
    from tests.fakes import FakeClock

    settings = ear.settings.model_copy(update={"state_dir": tmp_path_factory.mktemp("prepared")})
    entries = [entry for entry in read_songs_csv(FIXTURES / "songs.csv") if entry.work_key in CUT_SONGS]
    with Catalogue.open(settings.catalogue_path, FakeClock()) as catalogue:
        assert len(list(ingest(catalogue, entries, ear.encode, ear.model_id))) == len(CUT_SONGS)
    refresh_cohort(settings)
    return Prepared(settings.state_dir, settings)
