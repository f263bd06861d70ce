"""Talking to systemd: ready, what we do, still alive, stopping.

Each message is one datagram on the socket systemd handed us; without one, as on a terminal, nothing happens. A message
that cannot be delivered is dropped: the watchdog is systemd's own judge of whether we live.
"""

import socket

from livecsi.clock import Clock
from livecsi.settings import ServiceManager


class Notifier:
    """The daemon's line to its service manager; every method may be called from any thread."""

    def __init__(self, manager: ServiceManager, clock: Clock) -> None:
        self._address = _address(manager.notify_socket)
        self._clock = clock
        self.watchdog_seconds = manager.watchdog_seconds
        """Without a sign of life for so long we are killed and started again; None when nobody watches."""

    def ready(self) -> None:
        """Everything is open; also ends a reload."""
        self._send("READY=1")

    def status(self, text: str) -> None:
        """The line that `systemctl status` shows."""
        self._send(f"STATUS={' '.join(text.split())}")

    def watchdog(self) -> None:
        """The analysis has made progress."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Settings and catalogue are being read again; `ready` ends it."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={round(self._clock.monotonic_seconds() * 1e6)}")

    def stopping(self) -> None:
        """On the way out."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.setblocking(False)
                line.sendto(message.encode(), self._address)
        except OSError:
            pass


def _address(name: str) -> str:
    return "\0" + name[1:] if name.startswith("@") else name
