"""An identifier over the prepared catalogue."""

from tests.service.conftest import identifier  # noqa: F401
