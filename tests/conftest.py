"""What many tests share: the released model, a small catalogue of fixture songs it has heard, a sound server."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import structlog

from livecsi.types import SAMPLE_RATE_HERTZ
from tests.pulse import PulseServer

FIXTURES = Path(__file__).parents[1] / "fixtures"
CUT_SONGS = ("W09", "W03", "W02")
"""Korobeiniki and Auld Lang Syne are played in the first minutes of the concert, Scarborough Fair nowhere."""


CUT_SECONDS = (130, 262)
CUT_TRUTH = (("W09", 0.0, 75.8), ("W03", 81.3, 132.0))
"""Work, start and end of what is played between these seconds of the concert; applause in between."""


@pytest.fixture(autouse=True)
def loggers_of_its_own() -> Iterator[None]:
    """A command that was run in a test sends its log to a stream that is closed when it ends."""
    yield
    structlog.reset_defaults()


@dataclass(frozen=True)
class Prepared:
    """A state folder with a catalogue of `CUT_SONGS`, and the settings that point at it."""

    folder: Path
    settings: Any


@pytest.fixture(scope="session")
def cut_of_concert() -> np.ndarray:
    """Two minutes of the concert with the end of one song and the beginning of the next."""
    first, last = (second * SAMPLE_RATE_HERTZ for second in CUT_SECONDS)
    samples, _ = soundfile.read(FIXTURES / "concert.ogg", dtype="float32", start=first, stop=last)
    return samples


@pytest.fixture(scope="session")
def cut_file(cut_of_concert, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("cut") / "cut.flac"
    soundfile.write(path, cut_of_concert, SAMPLE_RATE_HERTZ)
    return path


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


@pytest.fixture
def pulse(monkeypatch) -> Iterator[PulseServer]:
    """The software sound card, in the environment of everything the test starts."""
    with PulseServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
