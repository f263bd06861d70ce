"""Ledger entries on their way to the disk: in order, each until it is written, whatever the disk says meanwhile.

A full disk is not the end of a night: a reserve laid by while there was room is given up first, so that the entries of
many nights still fit; what does not fit waits in memory.
"""

from collections import deque
from collections.abc import Callable
from pathlib import Path

from livecsi.errors import LivecsiError

RESERVE_BYTES = 8 * 1024 * 1024
"""A night's entries take less than a megabyte."""

Entry = Callable[[], None]


class Outbox:
    """Entries that wait; `trouble` is why, empty when none does. One thread uses it."""

    def __init__(self, reserve: Path) -> None:
        self.trouble = ""
        self._reserve = reserve
        self._waiting: deque[Entry] = deque()

    def put(self, entry: Entry) -> None:
        """Write this as soon as possible, after what waits already."""
        self._waiting.append(entry)
        self.flush()

    def flush(self) -> None:
        """Try again to write what waits."""
        try:
            self._write()
        except LivecsiError as error:
            if self._give_up_reserve():
                self.flush()
                return
            self.trouble = str(error)
            return
        self.trouble = ""

    def lay_by(self) -> None:
        """Keep room on the disk for a bad day; without room for it nothing happens."""
        if self._reserve.exists():
            return
        try:
            self._reserve.write_bytes(bytes(RESERVE_BYTES))
        except OSError:
            self._give_up_reserve()

    def _write(self) -> None:
        while self._waiting:
            self._waiting[0]()
            self._waiting.popleft()

    def _give_up_reserve(self) -> bool:
        """Whether there was one."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True
