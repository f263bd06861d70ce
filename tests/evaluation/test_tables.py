"""A slip in a table is found before hours are spent on it, and its line is named."""

from pathlib import Path

import pytest

from livecsi.errors import InputError
from livecsi.evaluation.tables import TrueSegment, read_recordings, read_truth
from livecsi.types import Kind
from tests.conftest import FIXTURES


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / "table.csv").write_bytes(text.encode(encoding))
    return folder / "table.csv"


def test_paths_are_relative_to_the_table_and_a_title_may_be_missing(tmp_path):
    one, other = read_recordings(write(tmp_path, "work_id,path,title\nW1,a/song one.ogg,One\nW2,b.ogg,\n"))
    assert (one.path, one.work, one.title) == (tmp_path / "a/song one.ogg", "W1", "One")
    assert (other.work, other.title) == ("W2", "b")


def test_a_table_saved_by_a_spreadsheet_has_a_byte_order_mark(tmp_path):
    assert len(read_recordings(write(tmp_path, "path,work_id\r\na.ogg,W1\r\n", "utf-8-sig"))) == 1


def test_the_truth_is_put_in_order_of_time(tmp_path):
    first, second = read_truth(write(tmp_path, "start_s,end_s,kind,work_id\n10,20,song,W1\n0,10,crowd,\n"))
    assert first == TrueSegment(0.0, 10.0, Kind.CROWD, "")
    assert second.is_live_song and second.work == "W1"


@pytest.mark.parametrize(("text", "message"), [
    ("", "no column 'start_s'"),
    ("start_s,end_s,kind\n0,1,song\n", "no column 'work_id'"),
    ("start_s,end_s,kind,work_id\n", "no rows"),
    ("start_s,end_s,kind,work_id\n0,10,song,W1\n10,20,encore,W2\n", "line 3: 'encore' is not a valid Kind"),
    ("start_s,end_s,kind,work_id\n0,10,song,W1\n\n1:30,20,song,W2\n", "line 4: could not convert string to float"),
    ("start_s,end_s,kind,work_id\n0,10,song,W1\n10,20,song\n", "line 3: too few columns"),
    ("start_s,end_s,kind,work_id\n20,10,song,W1\n", "line 2: nothing lasts from 20 to 10 s"),
    ("start_s,end_s,kind,work_id\n0,nan,song,W1\n", "line 2: nothing lasts from 0 to nan s"),
])  # fmt: skip
def test_what_is_wrong_with_a_truth_is_said_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError) as caught:
        read_truth(write(tmp_path, text))
    assert message in str(caught.value) and "\n" not in str(caught.value)
    assert str(tmp_path / "table.csv") in str(caught.value) and caught.value.advice


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"path,work_id\n\xff,1\n", "decode")])
def test_a_table_that_cannot_be_read(tmp_path, content, message):
    if content is not None:
        (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_recordings(tmp_path / "table.csv")


def test_the_fixture_tables_can_be_read():
    assert len(read_recordings(FIXTURES / "studio.csv")) == 10
    assert sum(segment.is_live_song for segment in read_truth(FIXTURES / "truth.csv")) == 9
