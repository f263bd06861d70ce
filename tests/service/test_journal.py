"""The journal after power cuts in the middle of a write, on a disk that refuses, and from one night to the next."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from livecsi.database import Database
from livecsi.errors import LivecsiError
from livecsi.service.books import open_journal
from livecsi.service.journal import Journal
from livecsi.service.listener import HeardWindow
from livecsi.service.live_session import LiveSession
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Candidate, Gap, ScoredWindow
from tests.fakes import FakeClock, cut
from tests.service.live import stage

BINS, FLUSHES = 194, 80
TORN_BYTES = 64 * 1024


def frames_of(flush: int) -> np.ndarray:
    """Five frames that say which flush they came with."""
    return np.full((BINS, 5), flush, np.float32)


def a_window(number: int) -> HeardWindow:
    candidate = Candidate(1, 2, "A title", "An artist", 3.5, 0.25)
    scored = ScoredWindow(10.0 * number, 10.0 * number + 60, 0.5, 0.0, (candidate,))
    return HeardWindow((number, number + 200), scored, np.full((4, 200), 0.25, np.float32), np.zeros(200, bool))


@pytest.fixture(scope="module")
def night(tmp_path_factory) -> tuple[Path, list[tuple[int, int]]]:
    """A journal as a power cut leaves it, and after each flush the size of the log and the frames on the disk."""
    folder, commits = tmp_path_factory.mktemp("night"), []
    with Journal.open(folder / "journal.sqlite", FakeClock()) as journal:
        for flush in range(FLUSHES):
            journal.describe({"flush": flush})
            journal.keep(frames_of(flush), np.zeros(5, np.float32))
            journal.add_window(a_window(flush))
            journal.flush()
            commits.append(((folder / "journal.sqlite-wal").stat().st_size, journal.frame_count))
        left = tmp_path_factory.mktemp("left")
        shutil.copytree(folder, left, dirs_exist_ok=True)
    (left / "journal.sqlite-shm").unlink()
    return left, commits


def test_everything_that_is_kept_comes_back_after_a_restart(tmp_path):
    path, clock = tmp_path / "journal.sqlite", FakeClock()
    levels = np.array([-20.5, -30.0, -40.0, -50.0, -60.0], np.float32)
    with Journal.open(path, clock) as journal:
        journal.begin({"night": "one"})
        journal.keep(frames_of(1), levels)
        journal.keep(frames_of(2), levels)
        journal.add_window(a_window(0))
        journal.add_gap(Gap(0, 10, "stalled"))
        journal.add_gap(Gap(0, 20, "stalled"))
        journal.add_settled([(0.0, 61.5)])
        journal.flush()
    with Journal.open(path, clock) as journal:
        assert (journal.session(), journal.frame_count) == ({"night": "one"}, 10)
        assert (journal.frames(3, 7) == np.hstack([frames_of(1)[:, 3:], frames_of(2)[:, :2]])).all()
        assert (journal.levels_dbfs(5) == levels).all()
        assert journal.gaps() == [Gap(0, 20, "stalled")] and journal.settled() == [(0.0, 61.5)]
        (window,) = journal.windows()
        assert window.frames == (0, 200) and window.scored == a_window(0).scored
        assert (window.kinds == 0.25).all() and not window.is_missing.any()


def check_torn_log(night, folder: Path, seeds: range) -> None:
    left, commits = night
    size = commits[-1][0]
    for seed in seeds:
        keep_bytes = size - random.Random(seed).randrange(TORN_BYTES)
        torn = shutil.copytree(left, folder / str(seed))
        with (torn / "journal.sqlite-wal").open("r+b") as log:
            log.truncate(keep_bytes)
        whole = max(count for end, count in commits if end <= keep_bytes)
        with open_journal(torn / "journal.sqlite", FakeClock()) as journal:
            assert journal.frame_count == whole, f"seed {seed}: a flush that had reached the disk is gone"
            assert journal.session() == {"flush": whole // 5 - 1} and len(journal.windows()) == whole // 5
            assert (journal.frames(whole - 5, whole) == whole // 5 - 1).all()
        assert not list(torn.glob("*.damaged"))


def check_torn_file(night, folder: Path, seeds: range) -> None:
    whole = shutil.copytree(night[0], folder / "whole") / "journal.sqlite"
    Journal.open(whole, FakeClock()).close()  # the last one to close puts the log into the file
    size = whole.stat().st_size
    for seed in seeds:
        torn = folder / f"{seed}.sqlite"
        torn.write_bytes(whole.read_bytes()[: size - random.Random(seed).randrange(1, TORN_BYTES)])
        with open_journal(torn, FakeClock()) as journal:
            journal.begin({"seed": seed})
            journal.flush()
            assert journal.session() == {"seed": seed} and not journal.damage()


def test_a_log_torn_by_a_power_cut_keeps_every_flush_before_the_tear(night, tmp_path):
    check_torn_log(night, tmp_path, range(60))


def test_a_torn_journal_is_moved_aside_and_a_new_one_begun(night, tmp_path):
    check_torn_file(night, tmp_path, range(20))
    assert list(tmp_path.glob("*.damaged"))


@pytest.mark.live
def test_two_hundred_tears(night, tmp_path):
    check_torn_log(night, tmp_path, range(1000, 1200))
    check_torn_file(night, tmp_path, range(1000, 1200))


@pytest.mark.parametrize("content", [b"", b"no database at all", b"SQLite format 3\0" + bytes(200)])
def test_what_is_no_journal_keeps_nobody_from_starting(tmp_path, content):
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with open_journal(path, FakeClock()) as journal:
        assert journal.session() is None and not journal.damage()


def test_a_log_without_its_file_keeps_nobody_from_starting(night, tmp_path):
    shutil.copy(night[0] / "journal.sqlite-wal", tmp_path)
    with open_journal(tmp_path / "journal.sqlite", FakeClock()) as journal:
        assert journal.session() is None


def test_while_the_disk_refuses_a_new_night_is_not_mixed_with_the_old_one(tmp_path):
    path = tmp_path / "journal.sqlite"
    with Journal.open(path, FakeClock()) as journal:
        journal.begin({"night": "old"})
        journal.keep(frames_of(1), np.zeros(5, np.float32))
        journal.add_window(a_window(0))
        journal.add_settled([(0.0, 50.0)])
        journal.flush()
        journal._database.execute("PRAGMA busy_timeout = 50")
        with Database.open(path, Journal.schema) as other, other.transaction():
            journal.begin({"night": "new"})
            journal.keep(frames_of(2), np.zeros(5, np.float32))
            with pytest.raises(LivecsiError):
                journal.flush()
            assert (journal.frames(0, 10) == 2).all() and journal.frames(0, 10).shape == (BINS, 5)
            assert journal.windows() == [] and journal.settled() == [] and journal.session() is None
        journal.keep(frames_of(3), np.zeros(5, np.float32))
        journal.flush()
        assert journal.session() == {"night": "new"} and journal.windows() == []
        assert journal.frames(0, 10)[0].tolist() == [2.0] * 5 + [3.0] * 5


def test_never_more_than_two_seconds_of_a_night_are_not_on_the_disk(
    ear, identifier, prepared, cut_of_concert, tmp_path
):
    """However small the pieces: what a second reader finds on the disk is what a power cut leaves."""
    with stage(ear, identifier, prepared.settings.catalogue_path, tmp_path) as here:
        session = LiveSession.begin(here.books, "a microphone", "")
        frame_samples = ear.system.features.frame_samples
        worst = 0.0
        with Database.open(tmp_path / "journal.sqlite", Journal.schema, create=False) as reader:
            for block in cut(cut_of_concert[: 20 * SAMPLE_RATE_HERTZ], SAMPLE_RATE_HERTZ // 4):
                here.clock.advance(0.25)
                row = reader.row("SELECT max(first_frame + count) FROM frames")
                kept = int(row[0] or 0) * frame_samples
                worst = max(worst, (block.last_sample - kept) / SAMPLE_RATE_HERTZ)
                session.accept(Block(session.last_sample, block.samples))
    assert 1.0 < worst <= 2.0
