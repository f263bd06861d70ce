"""What systemd really receives on its socket, and that nothing happens without one."""

import os
import socket
import uuid

import pytest

from livecsi.service.notify import Notifier
from livecsi.settings import ServiceManager, service_manager
from tests.fakes import FakeClock


@pytest.fixture(params=["path", "abstract"])
def systemd(request, tmp_path, monkeypatch):
    """The receiving end, with $NOTIFY_SOCKET pointing at it."""
    name = str(tmp_path / "notify") if request.param == "path" else f"@livecsi-{uuid.uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind("\0" + name[1:] if name.startswith("@") else name)
        end.settimeout(2.0)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        yield end


def heard(systemd: socket.socket) -> str:
    return systemd.recv(4096).decode()


def test_every_message_arrives_as_systemd_wants_it(systemd):
    clock = FakeClock()
    clock.advance(12.5)
    notifier = Notifier(service_manager(), clock)
    notifier.ready()
    notifier.status("listening to\nScarlett 2i2")
    notifier.watchdog()
    notifier.reloading()
    notifier.stopping()
    assert [heard(systemd) for _ in range(5)] == [
        "READY=1",
        "STATUS=listening to Scarlett 2i2",
        "WATCHDOG=1",
        "RELOADING=1\nMONOTONIC_USEC=12500000",
        "STOPPING=1",
    ]


def test_a_manager_that_does_not_listen_blocks_nobody(systemd):
    """Its queue is full after a few messages; the daemon goes on and the newest ones are dropped."""
    notifier = Notifier(service_manager(), FakeClock())
    for _ in range(10_000):
        notifier.watchdog()
    assert heard(systemd) == "WATCHDOG=1"


def test_without_a_socket_or_with_a_dead_one_nothing_happens(monkeypatch, tmp_path):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Notifier(service_manager(), FakeClock()).ready()
    Notifier(ServiceManager(str(tmp_path / "nobody")), FakeClock()).ready()


@pytest.mark.parametrize(("usec", "pid", "seconds"), [
    ("20000000", None, 20.0),
    ("20000000", str(os.getpid()), 20.0),
    ("20000000", "1", None),
    ("0", None, None),
    ("soon", None, None),
    (None, None, None),
])  # fmt: skip
def test_the_watchdog_is_ours_only_when_it_means_this_process(monkeypatch, usec, pid, seconds):
    for name, value in (("WATCHDOG_USEC", usec), ("WATCHDOG_PID", pid)):
        monkeypatch.delenv(name, raising=False)
        if value is not None:
            monkeypatch.setenv(name, value)
    assert Notifier(service_manager(), FakeClock()).watchdog_seconds == seconds
