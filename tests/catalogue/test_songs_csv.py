"""The table of songs is read whole, and a mistake is named with its line."""

from pathlib import Path

import pytest

from livecsi.catalogue.songs_csv import SongEntry, parse_writers, read_songs_csv
from livecsi.catalogue.store import Writer
from livecsi.errors import InputError


def read(tmp_path, text, encoding="utf-8"):
    table = tmp_path / "songs.csv"
    table.write_bytes(text.encode(encoding))
    return read_songs_csv(table)


def test_a_full_line(tmp_path):
    text = (
        "path,title,artist,work_id,iswc,isrc,writers,album\n"
        'a/one.flac,"Salt, Cedar",Tin Harbour,w1,T0345246801,gb-aye-65-00521,'
        '"Aino (composer, 00014107338); Ben",Ruins\n'
    )
    entry = SongEntry(
        tmp_path / "a/one.flac", "Salt, Cedar", "Tin Harbour", "w1", "T-034.524.680-1", "GBAYE6500521",
        (Writer("Aino", "composer", "00014107338"), Writer("Ben")),
    )  # fmt: skip
    assert read(tmp_path, text) == [entry]


def test_only_the_path_is_a_must(tmp_path):
    absolute = Path("/music/two.flac")
    text = f"\ufeffpath,work_id\r\none.flac,\r\n{absolute},w2\r\n"
    assert read(tmp_path, text) == [SongEntry(tmp_path / "one.flac"), SongEntry(absolute, work_key="w2")]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "line 1: there is no column 'path', only nothing"),
        ("file;title\n", "line 1: there is no column 'path'"),
        ("path,titel\n", "did you mean 'title'"),
        ("path,title\na.flac,A\n,B\n", "line 3: the path is empty"),
        ("path,title\na.flac,A,B\n", "line 2: more fields than columns"),
        ("path,iswc\na.flac,T-345246800-1\n", "line 2: .*should be 3"),
        ("path,isrc\na.flac,nonsense\n", "line 2: .*no ISRC"),
        ('path,writers\na.flac,"A (14107339, composer); B (00014107339)"\n', "line 2: .*mistyped"),
        ('path,title\na.flac,"A\n', "line"),
    ],
)
def test_mistakes_are_named(tmp_path, text, complaint):
    with pytest.raises(InputError, match=complaint):
        read(tmp_path, text)


def test_other_encodings_are_refused(tmp_path):
    with pytest.raises(InputError, match="UTF-8"):
        read(tmp_path, "path,title\nä.flac,Ä\n", "latin-1")


def test_a_missing_table(tmp_path):
    with pytest.raises(InputError, match="No such file"):
        read_songs_csv(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("text", "writers"),
    [
        ("", ()),
        ("Aino Aalto", (Writer("Aino Aalto"),)),
        ("Aino (composer) ; Ben (Lyricist);", (Writer("Aino", "composer"), Writer("Ben", "lyricist"))),
        ("Sting (Gordon Sumner)", (Writer("Sting (Gordon Sumner)"),)),
        ("Sting (Gordon Sumner) (composer)", (Writer("Sting (Gordon Sumner)", "composer"),)),
        ("Aino (00014107338)", (Writer("Aino", "writer", "00014107338"),)),
        ("(composer)", (Writer("(composer)"),)),
    ],
)
def test_writers(text, writers):
    assert parse_writers(text) == writers
