"""Ledger entries on their way to the disk: in order, each until it is written, whatever the disk says meanwhile.

A full disk is not the end of a night: a reserve laid by while there was room is given up first, so that the entries of
many nights still fit; what does not fit waits in memory. Until there is a reserve again, all room is the ledger's.
"""

import shutil
from collections import deque
from collections.abc import Callable
from pathlib import Path

from livecsi.clock import Clock
from livecsi.errors import BusyError, LivecsiError
from livecsi.ledger.checkpoints import UnsignedError

RESERVE_BYTES = 8 * 1024 * 1024
"""A night's entries take less than a megabyte."""
RETRY_SECONDS = 2.0
"""A ledger that somebody else holds keeps us waiting at every try, and meanwhile nothing is heard."""

Entry = Callable[[], None]


class Outbox:
    """Entries that wait; `trouble` is why, empty when none does. One thread uses it."""

    def __init__(self, reserve: Path, clock: Clock, sign: Entry) -> None:
        """`sign` makes up for a signature that was missing after an entry was written."""
        self.trouble = ""
        self._reserve, self._clock, self._sign = reserve, clock, sign
        self._waiting: deque[Entry] = deque()
        self._failed_seconds = 0.0
        self.lay_by()

    @property
    def is_short(self) -> bool:
        """Whether the reserve is given up, and nobody but the ledger should write."""
        return not (self._reserve.exists() and self._reserve.stat().st_size >= RESERVE_BYTES)

    def put(self, entry: Entry) -> None:
        """Write this as soon as possible, after what waits already."""
        self._waiting.append(entry)
        if not self.trouble:
            self.flush()

    def retry(self) -> None:
        """Now and then: write what waits, unless that failed a moment ago, and lay by."""
        if self.trouble and self._clock.monotonic_seconds() - self._failed_seconds >= RETRY_SECONDS:
            self.flush()
        if self.is_short:
            self.lay_by()

    def flush(self) -> None:
        """Write what waits now."""
        try:
            self._write()
        except LivecsiError as error:
            if not isinstance(error, BusyError) and self._give_up_reserve():
                self.flush()
                return
            self.trouble = str(error)
            self._failed_seconds = self._clock.monotonic_seconds()
            return
        self.trouble = ""

    def lay_by(self) -> None:
        """Keep room on the disk for a bad day; without plenty of it nothing happens."""
        try:
            if self.is_short and shutil.disk_usage(self._reserve.parent).free >= 2 * RESERVE_BYTES:
                self._reserve.write_bytes(bytes(RESERVE_BYTES))
        except OSError:
            self._give_up_reserve()

    def _write(self) -> None:
        while self._waiting:
            try:
                self._waiting[0]()
            except UnsignedError:  # it is written, and must not be written twice
                self._waiting[0] = self._sign
                raise
            self._waiting.popleft()

    def _give_up_reserve(self) -> bool:
        """Whether there was one."""
        try:
            self._reserve.unlink()
        except OSError:
            return False
        return True
