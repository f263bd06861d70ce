"""The software sound card, as the environment of everything a test starts."""

import pytest

from tests.pulse import PulseServer


@pytest.fixture
def pulse(monkeypatch):
    with PulseServer() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server
