"""A state file is somebody's history: it is migrated with a copy kept, and anything doubtful is refused."""

import multiprocessing
import os
import sqlite3

import pytest

from livecsi.database import Database, Schema, backup_path
from livecsi.errors import BusyError, FindingsError, InputError, LivecsiError, UntrustedError

ONE = Schema("shoebox", 0x1234, ("CREATE TABLE letters (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;",))
TWO = Schema("shoebox", 0x1234, (*ONE.migrations, "ALTER TABLE letters ADD COLUMN sender TEXT;"))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "shoebox.sqlite"


def write_letter(path, text="dear all"):
    with Database.open(path, ONE) as database:
        database.insert("INSERT INTO letters (text) VALUES (?)", (text,))


def test_a_new_file_gets_its_tables_and_its_number(path):
    write_letter(path)
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA application_id").fetchone()[0] == 0x1234
        assert raw.execute("PRAGMA user_version").fetchone()[0] == 1
        assert raw.execute("PRAGMA journal_mode").fetchone()[0] == "wal"


def test_every_acknowledged_write_is_synced(path):
    with Database.open(path, ONE) as database:
        assert database.row("PRAGMA synchronous")[0] == 2
        assert database.row("PRAGMA foreign_keys")[0] == 1


def test_an_older_file_is_copied_before_it_is_migrated(path):
    write_letter(path)
    with Database.open(path, TWO) as database:
        assert [tuple(row) for row in database.rows("SELECT text, sender FROM letters")] == [("dear all", None)]
    with sqlite3.connect(backup_path(path, 1)) as backup:
        assert backup.execute("SELECT text FROM letters").fetchall() == [("dear all",)]
        assert backup.execute("PRAGMA user_version").fetchone()[0] == 1


def test_a_failed_migration_leaves_the_old_file_as_it_was(path):
    write_letter(path)
    broken = Schema("shoebox", 0x1234, (*ONE.migrations, "ALTER TABLE letters ADD COLUMN a TEXT;\nDROP TABLE parcels;"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        Database.open(path, broken)
    with Database.open(path, ONE) as database:
        assert [row["text"] for row in database.rows("SELECT * FROM letters")] == ["dear all"]


def test_an_unfinished_script_is_a_mistake_of_ours(path):
    with pytest.raises(ValueError, match="unfinished"):
        Database.open(path, Schema("shoebox", 1, ("CREATE TABLE a (b TEXT)",)))


def test_a_newer_file_is_refused_and_untouched(path):
    write_letter(path)
    Database.open(path, TWO).close()
    before = path.read_bytes()
    with pytest.raises(UntrustedError, match="made by a newer livecsi.*upgrade livecsi"):
        Database.open(path, ONE)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(path):
    path.parent.mkdir()
    path.write_bytes(b"These are not the bytes you are looking for. " * 100)
    with pytest.raises(UntrustedError, match="damaged or no database"):
        Database.open(path, ONE)


def test_somebody_elses_database_is_refused(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as raw:
        raw.execute("CREATE TABLE recipes (name TEXT)")
    with pytest.raises(UntrustedError, match="no livecsi shoebox"):
        Database.open(path, ONE)


def test_damage_inside_the_file_is_found(path):
    with Database.open(path, ONE) as database, database.transaction():
        for number in range(2000):
            database.insert("INSERT INTO letters (text) VALUES (?)", (f"letter {number} " * 5,))
    content = bytearray(path.read_bytes())
    content[8192:16384] = os.urandom(8192)
    path.write_bytes(content)
    with Database.open(path, ONE) as database:
        try:
            findings = database.check()
        except UntrustedError as error:
            findings = [str(error)]
    assert findings


def test_a_missing_file_whose_log_remains_is_not_replaced(path):
    write_letter(path)
    path.rename(path.with_name("elsewhere"))
    path.with_name(path.name + "-wal").write_bytes(b"the last transactions")
    with pytest.raises(UntrustedError, match="is missing"):
        Database.open(path, ONE)
    assert not path.exists()


def test_a_missing_file_is_not_made_for_a_reader(path):
    with pytest.raises(FindingsError, match="no shoebox"):
        Database.open(path, ONE, create=False)
    assert not path.exists()


def test_a_transaction_is_all_or_nothing_and_joins_an_outer_one(path):
    with Database.open(path, ONE) as database:
        with pytest.raises(RuntimeError), database.transaction():
            with database.transaction():
                database.insert("INSERT INTO letters (text) VALUES ('one')")
            raise RuntimeError
        assert database.rows("SELECT * FROM letters") == []


def test_a_row_that_breaks_a_rule_is_an_input_error(path):
    with Database.open(path, ONE) as database, pytest.raises(InputError, match="NOT NULL"):
        database.insert("INSERT INTO letters (text) VALUES (NULL)")


def test_a_lock_held_by_somebody_else_is_busy(path, monkeypatch):
    monkeypatch.setattr("livecsi.database.BUSY_TIMEOUT_SECONDS", 0.05)
    with (
        Database.open(path, ONE) as one,
        Database.open(path, ONE) as other,
        one.transaction(),
        pytest.raises(BusyError, match="locked"),
        other.transaction(),
    ):
        pass


def test_a_reader_is_never_locked_out_by_a_writer(path):
    write_letter(path)
    with Database.open(path, ONE) as writer, writer.transaction():
        writer.insert("INSERT INTO letters (text) VALUES ('unfinished')")
        with Database.open(path, ONE) as reader:
            assert len(reader.rows("SELECT * FROM letters")) == 1


def test_a_place_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LivecsiError, match="LIVECSI_STATE_DIR"):
        Database.open(tmp_path / "file" / "shoebox.sqlite", ONE)
    (tmp_path / "folder.sqlite").mkdir()
    with pytest.raises(LivecsiError, match="LIVECSI_STATE_DIR"):
        Database.open(tmp_path / "folder.sqlite", ONE)


def open_and_write(path, number):
    write_letter(path, f"from process {number}")


def test_processes_that_make_the_file_at_the_same_moment_all_succeed(path):
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=open_and_write, args=(path, number)) for number in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * 6
    with Database.open(path, ONE) as database:
        assert len(database.rows("SELECT * FROM letters")) == 6
