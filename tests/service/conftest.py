"""An identifier over the prepared catalogue."""

import pytest

from livecsi.catalogue.sqlite import Catalogue
from livecsi.service.identifier import Identifier
from tests.fakes import FakeClock


@pytest.fixture(scope="session")
def identifier(ear, prepared) -> Identifier:
    with Catalogue.open(prepared.settings.catalogue_path, FakeClock(), create=False) as catalogue:
        return Identifier.of_catalogue(ear, catalogue)
