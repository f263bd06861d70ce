"""An identifier over the prepared catalogue, and a state folder for the daemon with its ledger."""

from tests.reliability.conftest import folder, ledger  # noqa: F401
from tests.service.conftest import identifier  # noqa: F401
