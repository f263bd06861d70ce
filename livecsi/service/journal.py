"""The running night on disk, so that no power cut costs more than two seconds of it: frames, windows, gaps; no audio.

One file holds one session. It is written in small transactions while the night goes on, read back when the machine
comes up again, and emptied once the night is closed. While the disk refuses, everything waits in memory, in order.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.clock import Clock
from livecsi.database import Database, Row, Schema, Store
from livecsi.features.gate import KINDS
from livecsi.identify.performances import Stretch
from livecsi.service.listener import HeardWindow
from livecsi.types import Candidate, Frames, Gap, Levels, ScoredWindow

_FIRST = """
CREATE TABLE session (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL) STRICT;
CREATE TABLE frames (
    first_frame INTEGER PRIMARY KEY, count INTEGER NOT NULL, magnitudes BLOB NOT NULL, levels BLOB NOT NULL
) STRICT;
CREATE TABLE windows (
    last_frame INTEGER PRIMARY KEY, first_frame INTEGER NOT NULL, scored TEXT NOT NULL, kinds BLOB NOT NULL,
    is_missing BLOB NOT NULL
) STRICT;
CREATE TABLE gaps (first_sample INTEGER PRIMARY KEY, last_sample INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE settled (start_seconds REAL PRIMARY KEY, end_seconds REAL NOT NULL) STRICT;
"""
TABLES = ("session", "frames", "windows", "gaps", "settled")


class Journal(Store):
    """A `Memory` that outlives the process; what is kept is on disk after the next `flush`."""

    schema = Schema(name="journal of the running night", application_id=0x6C63736A, migrations=(_FIRST,))
    how_to_begin = "`livecsi run` makes it"

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._waiting: list[tuple[str, tuple[object, ...]]] = []
        self._fresh: list[tuple[int, NDArray[np.float16]]] = []
        self._fresh_windows: list[HeardWindow] = []
        self._has_old_rows = self._has_old_pages = False
        row = self._database.row("SELECT max(first_frame + count) FROM frames")
        self.frame_count = int(row[0] or 0) if row else 0

    def begin(self, session: Mapping[str, Any]) -> None:
        """Forget the night before and begin one; `session` is what a restart must know, in plain values."""
        self._waiting = [(f"DELETE FROM {table}", ()) for table in TABLES]
        self._fresh, self._fresh_windows, self.frame_count = [], [], 0
        self._has_old_pages = self._has_old_rows = True
        self.describe(session)

    def describe(self, session: Mapping[str, Any]) -> None:
        """Change what a restart must know."""
        self._wait("INSERT OR REPLACE INTO session VALUES (1, ?)", json.dumps(dict(session)))

    def session(self) -> dict[str, Any] | None:
        """What `describe` was told before the last `flush`; None when no night is kept."""
        rows = self._rows("SELECT body FROM session")
        return json.loads(rows[0]["body"]) if rows else None

    def damage(self) -> list[str]:
        """What is wrong with the file, one line each; empty when all is well."""
        return self._database.check()

    def keep(self, magnitudes: Frames, levels_dbfs: Levels) -> None:
        coarse = magnitudes.astype(np.float16)
        self._wait(
            "INSERT INTO frames VALUES (?, ?, ?, ?)", self.frame_count, coarse.shape[1], coarse.tobytes(),
            levels_dbfs.astype(np.float16).tobytes(),
        )  # fmt: skip
        self._fresh.append((self.frame_count, coarse))
        self.frame_count += coarse.shape[1]

    def add_window(self, window: HeardWindow) -> None:
        """Keep what one window heard."""
        self._fresh_windows.append(window)
        self._wait(
            "INSERT OR REPLACE INTO windows VALUES (?, ?, ?, ?, ?)", window.frames[1], window.frames[0],
            json.dumps(asdict(window.scored)), window.kinds.astype(np.float16).tobytes(), window.is_missing.tobytes(),
        )  # fmt: skip

    def add_gap(self, gap: Gap) -> None:
        """Keep a gap, or how long one has become."""
        self._wait("INSERT OR REPLACE INTO gaps VALUES (?, ?, ?)", gap.first_sample, gap.last_sample, gap.reason)

    def add_settled(self, stretches: Sequence[Stretch]) -> None:
        """Keep edges that will not change."""
        for stretch in stretches:
            self._wait("INSERT OR REPLACE INTO settled VALUES (?, ?)", *stretch)

    def flush(self) -> None:
        """Write what waits in one transaction; when the disk refuses, raises LivecsiError and keeps it waiting."""
        if not self._waiting:
            return
        with self.transaction():
            for sql, parameters in self._waiting:
                self._database.execute(sql, parameters)
        self._waiting, self._fresh, self._fresh_windows, self._has_old_rows = [], [], [], False
        if self._has_old_pages:
            self._database.execute("VACUUM")
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._has_old_pages = False

    def frames(self, first_frame: int, last_frame: int) -> Frames:
        rows = self._rows(
            "SELECT * FROM frames WHERE first_frame < ? AND first_frame + count > ? ORDER BY first_frame",
            (last_frame, first_frame),
        )
        parts = [(int(row["first_frame"]), _magnitudes(row)) for row in rows]
        parts += [(first, part) for first, part in self._fresh if first < last_frame]
        cut = [part[:, max(0, first_frame - first) : max(0, last_frame - first)] for first, part in parts]
        return np.concatenate(cut, 1).astype(np.float32) if cut else np.zeros((0, 0), np.float32)

    def levels_dbfs(self, first_frame: int) -> Levels:
        """Levels of the frames on disk from the row of `first_frame` on."""
        rows = self._rows(
            "SELECT levels FROM frames WHERE first_frame + count > ? ORDER BY first_frame", (first_frame,)
        )
        return np.concatenate([np.zeros(0), *(np.frombuffer(row["levels"], np.float16) for row in rows)]).astype(
            np.float32
        )

    def windows(self) -> list[HeardWindow]:
        """All windows, in the order they came."""
        kept = [_window(row) for row in self._rows("SELECT * FROM windows ORDER BY last_frame")]
        return [*kept, *self._fresh_windows]

    def gaps(self) -> list[Gap]:
        """All gaps on disk, in order."""
        return [Gap(*row) for row in self._rows("SELECT * FROM gaps ORDER BY first_sample")]

    def settled(self) -> list[Stretch]:
        """All edges on disk that will not change."""
        rows = self._rows("SELECT * FROM settled ORDER BY start_seconds")
        return [(float(row["start_seconds"]), float(row["end_seconds"])) for row in rows]

    def _rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Rows on the disk, unless they are of the night before and only wait to be deleted."""
        return [] if self._has_old_rows else self._database.rows(sql, parameters)

    def _wait(self, sql: str, *parameters: object) -> None:
        self._waiting.append((sql, parameters))


def _magnitudes(row: Row) -> NDArray[np.float16]:
    return np.frombuffer(row["magnitudes"], np.float16).reshape(-1, row["count"])


def _window(row: Row) -> HeardWindow:
    scored = json.loads(row["scored"])
    candidates = tuple(Candidate(**candidate) for candidate in scored.pop("candidates"))
    kinds = np.frombuffer(row["kinds"], np.float16).reshape(len(KINDS), -1).astype(np.float32)
    is_missing = np.frombuffer(row["is_missing"], bool)
    return HeardWindow(
        (row["first_frame"], row["last_frame"]), ScoredWindow(**scored, candidates=candidates), kinds, is_missing
    )
