"""What bands write on a piece of paper, and which songs of the catalogue they may mean by it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from livecsi.catalogue.song_list import SongFinder, read_song_list, titles_in
from livecsi.catalogue.store import Recording, Work, Writer
from livecsi.errors import InputError

AINO, BEN = Writer("Aino Aalto"), Writer("Ben Berg")
WORKS = [
    Work(1, "W1", "Hello", "T-034.524.680-1", (AINO,), False),
    Work(2, "W2", "Hello", None, (BEN,), False),
    Work(3, "W3", "Salt & Cedar", None, (), False),
    Work(4, "W4", "Stop - Go", None, (AINO, BEN), False),
    Work(5, "W5", "Käännös", None, (), True),
]
RECORDING = Recording(1, 3, "Salt and Cedar (Radio Edit)", "The Tin Harbour", None, 200.0, "", "", datetime.now(UTC))
RECORDINGS = [
    RECORDING,
    replace(RECORDING, recording_id=2, work_id=1, title="Hello", artist="Delta Wren"),
    replace(RECORDING, recording_id=3, work_id=5, title="Käännös", artist=""),
]


@pytest.fixture(scope="module")
def finder() -> SongFinder:
    return SongFinder(WORKS, RECORDINGS)


@pytest.mark.parametrize(("line", "keys"), [
    ("salt and cedar", ["W3"]),
    ("Salt & Cedar (radio edit)", ["W3"]),
    ("KAANNOS", ["W5"]),
    ("Hello", ["W1", "W2"]),
    ("Hello - Aalto", ["W1"]),
    ("Hello \u2013 Delta Wren", ["W1"]),
    ("Hello - Ben Berg", ["W2"]),
    ("Hello - Somebody Else", []),
    ("Käännös - Whoever", ["W5"]),
    ("Stop - Go", ["W4"]),
    ("Stop - Go - Aino Aalto", ["W4"]),
    ("Stop", []),
    ("W2", ["W2"]),
    ("T0345246801", ["W1"]),
    ("ISWC T-034.524.680-1", ["W1"]),
    ("T-034.524.681-2", []),
    ("", []),
    ("...", []),
])  # fmt: skip
def test_a_line_means_one_work_or_none_or_several(finder, line, keys):
    assert [work.work_key for work in finder.find(line)] == keys


def test_a_mistyped_iswc_is_no_unknown_song(finder):
    with pytest.raises(ValueError, match="its last digit should be 1"):
        finder.find("T-034.524.680-7")


def test_a_title_may_hold_a_dash():
    assert titles_in("Stop - Go - Aino Aalto") == {"stop go aino aalto", "stop", "stop go"}
    assert titles_in("Ob-La-Di") == {"ob la di"}
    assert titles_in("?!") == set()


def test_a_file_is_its_lines(tmp_path):
    path = tmp_path / "songs.txt"
    path.write_text("\ufeffHello\r\n\r\n  #1 Crush  \r\nKäännös", encoding="utf-8")
    assert read_song_list(path) == ["Hello", "#1 Crush", "Käännös"]


@pytest.mark.parametrize(("content", "message"), [(None, "No such file"), (b"\xff\xfe\x00", "is not UTF-8 text")])
def test_what_is_no_list_is_said_with_its_name(tmp_path, content, message):
    path = tmp_path / "songs.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"songs.txt: {message}"):
        read_song_list(path)
