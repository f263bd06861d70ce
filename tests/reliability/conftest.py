"""A state folder for the real daemon, and the sound of the fixture concert as a desk would send it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.ledger.ledger import Ledger
from tests.conftest import FIXTURES
from tests.fakes import FakeClock


@pytest.fixture
def folder(prepared, tmp_path) -> Path:
    """A state folder whose catalogue knows three songs."""
    shutil.copy(prepared.settings.catalogue_path, tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def concert() -> np.ndarray:
    """The whole concert, 16-bit."""
    samples, _ = soundfile.read(FIXTURES / "concert.ogg", dtype="int16")
    return samples


@pytest.fixture
def ledger(folder):
    """Opens the ledger of the folder, which the daemon may be writing to."""

    @contextmanager
    def opened() -> Iterator[Ledger]:
        with Ledger.open(folder / "ledger.sqlite", FakeClock(), create=False) as found:
            yield found

    return opened
