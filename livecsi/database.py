"""The one place that speaks SQLite: how a state file is opened, migrated, written to and refused.

A state file is somebody's history, so it is never guessed at. A file of another kind, of a newer livecsi, or missing
where its own log or backup still lies is refused; before a migration the old file is copied beside it.
Conventions: WAL, `synchronous=FULL` (what was acknowledged survives a power cut), foreign keys on, every write in a
`BEGIN IMMEDIATE` transaction (a deferred one ignores the busy timeout). One `Database` belongs to one thread.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from livecsi.clock import Clock
from livecsi.errors import BusyError, FindingsError, InputError, LivecsiError, UntrustedError

BUSY_TIMEOUT_SECONDS = 10.0
LOG_LIMIT_BYTES = 64 * 1024 * 1024

Row = sqlite3.Row

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_NOT_OURS = {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}
_UNWRITABLE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_IOERR}


@dataclass(frozen=True, slots=True)
class Schema:
    """What a state file is: its name for people, its number in the file header, its migrations, oldest first."""

    name: str
    application_id: int
    migrations: tuple[str, ...]

    @property
    def version(self) -> int:
        return len(self.migrations)


class Database:
    """An open state file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, path: Path, schema: Schema, *, create: bool = True) -> Self:
        """Open and migrate `path`; a missing file is made only when `create` says so."""
        _refuse_missing(path, schema, create)
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = "rwc" if create else "rw"
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_TIMEOUT_SECONDS
            )
        database = cls(path, connection)
        try:
            database._prepare(schema)
        except BaseException:
            connection.close()
            raise
        return database

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_in_transaction(self) -> bool:
        return self._connection.in_transaction

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and alone while it lasts; inside another transaction it simply joins that one."""
        if self._connection.in_transaction:
            yield
            return
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one statement; returns how many rows it touched."""
        with _explained(self.path):
            return self._connection.execute(sql, parameters).rowcount

    def insert(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Run one INSERT; returns the id of the new row."""
        with _explained(self.path):
            return int(self._connection.execute(sql, parameters).lastrowid or 0)

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        with _explained(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, parameters: Sequence[object] = ()) -> Row | None:
        with _explained(self.path):
            found: Row | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def data_version(self) -> int:
        """A number that changes when another connection has written to the file."""
        return self._number("data_version")

    def check(self) -> list[str]:
        """What SQLite itself finds wrong with the file; empty when all is well."""
        damage = [str(row[0]) for row in self.rows("PRAGMA integrity_check") if row[0] != "ok"]
        orphans = [f"table {row[0]} has a row without its {row[2]}" for row in self.rows("PRAGMA foreign_key_check")]
        return damage + orphans

    def _prepare(self, schema: Schema) -> None:
        with _explained(self.path):
            self._connection.row_factory = sqlite3.Row
            version = self._recognise(schema)
            self._tune()
            if 0 < version < schema.version:
                self._back_up(version)
            for number in range(version, schema.version):
                self._migrate(schema, number)

    def _recognise(self, schema: Schema) -> int:
        """The schema version of a file that is ours (0 when it is new); refuses everything else."""
        version, application, is_empty = self._signs()
        is_new = version == 0 and application == 0 and is_empty
        if not is_new and application != schema.application_id:
            raise UntrustedError(f"{self.path} is a database, but no livecsi {schema.name}", "point to another file")
        if version > schema.version:
            raise UntrustedError(
                f"{self.path} was made by a newer livecsi (format {version}, this one knows {schema.version})",
                "upgrade livecsi",
            )
        return version

    def _signs(self) -> tuple[int, int, bool]:
        """Version, kind, and whether there are no tables, all of one moment: another process may be making the file."""
        self.execute("BEGIN")
        try:
            is_empty = not self.rows("SELECT 1 FROM sqlite_master LIMIT 1")
            return self._number("user_version"), self._number("application_id"), is_empty
        finally:
            self._connection.rollback()

    def _number(self, pragma: str) -> int:
        row = self.row(f"PRAGMA {pragma}")
        return int(row[0]) if row else 0

    def _tune(self) -> None:
        self.execute("PRAGMA foreign_keys = ON")
        self.execute("PRAGMA synchronous = FULL")
        self.execute(f"PRAGMA journal_size_limit = {LOG_LIMIT_BYTES}")
        row = self.row("PRAGMA journal_mode")
        if row is None or row[0] != "wal":
            self._begin_wal()

    def _begin_wal(self) -> None:
        """Turning WAL on ignores the busy timeout, so a second process waits by taking a turn at writing."""
        for _ in range(20):
            try:
                self.execute("PRAGMA journal_mode = WAL")
                return
            except BusyError:
                with self.transaction():
                    pass
        raise BusyError(f"{self.path} is in use by another process", "try again in a moment")

    def _back_up(self, version: int) -> None:
        """Copy the file as it is; the copy gets its name only once it is whole."""
        final = backup_path(self.path, version)
        partial = final.with_name(final.name + ".partial")
        partial.unlink(missing_ok=True)
        copy = sqlite3.connect(partial)
        try:
            self._connection.backup(copy)
        finally:
            copy.close()
        partial.replace(final)

    def _migrate(self, schema: Schema, number: int) -> None:
        """Apply one script together with its version number, unless another process did so meanwhile."""
        with self.transaction():
            if self._number("user_version") != number:
                return
            for statement in _statements(schema.migrations[number]):
                self.execute(statement)
            self.execute(f"PRAGMA application_id = {schema.application_id}")
            self.execute(f"PRAGMA user_version = {number + 1}")


class Store:
    """A state file seen as what it holds; use it as a context manager or call `close`."""

    schema: ClassVar[Schema]
    how_to_begin: ClassVar[str]

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @classmethod
    def open(cls, path: Path, clock: Clock, *, create: bool = True) -> Self:
        """Open `path`; commands that only read pass `create=False` and get a FindingsError when it is missing."""
        if not create and not path.exists():
            raise FindingsError(f"there is no {cls.schema.name} at {path}", cls.how_to_begin)
        return cls(Database.open(path, cls.schema, create=create), clock)

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def data_version(self) -> int:
        """A number that changes when somebody else has written to the file."""
        return self._database.data_version()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes as one: all of them, or none."""
        with self._database.transaction():
            yield


def backup_path(path: Path, version: int) -> Path:
    """Where the copy made before migrating away from `version` lies."""
    return path.with_name(f"{path.name}.v{version}.backup")


def _refuse_missing(path: Path, schema: Schema, create: bool) -> None:
    """A fresh file must never take the place of one that used to be there."""
    if path.exists() and path.stat().st_size > 0:
        return
    left_over = [path.with_name(path.name + "-wal"), *sorted(path.parent.glob(f"{path.name}.v*.backup"))]
    for other in left_over:
        if other.exists() and other.stat().st_size > 0 and not path.exists():
            raise UntrustedError(f"{path} is missing, but {other.name} is still there", "restore it from a backup")
    if not create and not path.exists():
        raise FindingsError(f"there is no {schema.name} at {path}", "nothing was made in its place")


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script; `executescript` would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement.strip()
            statement = ""
    if statement.strip():
        raise ValueError(f"unfinished SQL: {statement.strip()!r}")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints into errors a person can act on."""
    try:
        yield
    except sqlite3.Error as error:
        code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
        if code in _BUSY:
            raise BusyError(f"{path} is locked by another process", "wait until it has finished") from error
        if code in _NOT_OURS:
            raise UntrustedError(f"{path} is damaged or no database: {error}", "restore it from a backup") from error
        if code == sqlite3.SQLITE_FULL:
            raise LivecsiError(f"{path} cannot grow: the disk is full", "free some space") from error
        if code in _UNWRITABLE:
            raise LivecsiError(
                f"{path} cannot be written: {error}", "check the permissions, or set LIVECSI_STATE_DIR"
            ) from error
        if code == sqlite3.SQLITE_CONSTRAINT:
            raise InputError(f"{path} refused a row: {error}") from error
        raise
    except OSError as error:
        raise LivecsiError(f"{path} cannot be opened: {error}", "check the path, or set LIVECSI_STATE_DIR") from error
