"""Composers in a file's tags become proposed writers; its artists never do."""

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.id3 import ID3, TCOM, TEXT, TOPE, TPE1, TPE2, TXXX, UFID

from livecsi.catalogue.ingest import SongEntry, ingest
from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import EncodedSong, Writer
from livecsi.catalogue.tags import read_tags
from livecsi.types import Candidate
from tests.fakes import FakeClock

WORK_ID, RECORDING_ID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69", "5a8d5b5f-3a2d-4b8c-9f61-9d3a1f0c2b11"


def write_flac(path, **tags):
    soundfile.write(path, np.zeros(800, np.float32), 8000)
    file = mutagen.File(path)
    for name, value in tags.items():
        file[name] = value
    file.save()
    return path


def write_mp3(path, *frames):
    soundfile.write(path, np.zeros(8000, np.float32), 16000, format="MP3")
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    return path


def encode(path):
    return EncodedSong(1.0, b"payload")


def test_vorbis_comments_name_writers_and_musicbrainz_ids(tmp_path):
    tags = read_tags(write_flac(
        tmp_path / "a.flac", title="Paper Lanterns", composer=["Aino Aalto", "Ben Berg"], lyricist="Ben Berg; Cai",
        writer="Aino Aalto", musicbrainz_trackid=RECORDING_ID.upper(), musicbrainz_workid=WORK_ID, iswc="T0345246801",
    ))  # fmt: skip
    assert tags.writers == (
        Writer("Aino Aalto", "composer"), Writer("Ben Berg", "composer-lyricist"), Writer("Cai", "lyricist"),
    )  # fmt: skip
    assert (tags.musicbrainz_id, tags.work_musicbrainz_id, tags.iswc) == (RECORDING_ID, WORK_ID, "T-034.524.680-1")


def test_id3_frames_name_writers_and_musicbrainz_ids(tmp_path):
    tags = read_tags(write_mp3(
        tmp_path / "a.mp3", TCOM(text=["Aino Aalto"]), TEXT(text=["Ben Berg"]), TXXX(desc="Writer", text=["Cai"]),
        UFID(owner="http://musicbrainz.org", data=RECORDING_ID.encode()),
        TXXX(desc="MusicBrainz Work Id", text=[WORK_ID]),
    ))  # fmt: skip
    assert tags.writers == (Writer("Aino Aalto", "composer"), Writer("Ben Berg", "lyricist"), Writer("Cai", "writer"))
    assert (tags.musicbrainz_id, tags.work_musicbrainz_id) == (RECORDING_ID, WORK_ID)


@pytest.mark.parametrize("kind", ["flac", "mp3"])
def test_no_artist_of_any_kind_becomes_a_writer(tmp_path, kind):
    if kind == "flac":
        path = write_flac(tmp_path / "a.flac", title="x", artist="Delta", albumartist="Wren", originalartist="Halla",
                          performer="Gale", **{"original artist": "Finn"})  # fmt: skip
    else:
        path = write_mp3(tmp_path / "a.mp3", TPE1(text=["Delta"]), TPE2(text=["Wren"]), TOPE(text=["Halla"]),
                         TXXX(desc="ORIGINAL ARTIST", text=["Finn"]))  # fmt: skip
    tags = read_tags(path)
    assert (tags.artist, tags.writers) == ("Delta", ())
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        list(ingest(catalogue, [SongEntry(path)], encode, "model"))
        assert catalogue.works()[0].writers == ()


def test_broken_ids_are_passed_over(tmp_path):
    tags = read_tags(write_flac(tmp_path / "a.flac", musicbrainz_trackid="?", musicbrainz_workid="1", iswc="T-1"))
    assert (tags.musicbrainz_id, tags.work_musicbrainz_id, tags.iswc) == ("", "", "")


def test_tags_propose_and_people_decide(tmp_path):
    path = write_flac(tmp_path / "a.flac", title="x", composer="Aino Aalto")
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        list(ingest(catalogue, [SongEntry(path)], encode, "model"))
        (work,) = catalogue.works()
        assert (work.writers, work.writers_source) == ((Writer("Aino Aalto", "composer"),), "tags")
        list(ingest(catalogue, [SongEntry(path, writers=(Writer("Ben Berg"),))], encode, "model"))
        (work,) = catalogue.works()
        assert (work.writers, work.writers_source) == ((Writer("Ben Berg"),), "entered")
        list(ingest(catalogue, [SongEntry(path)], encode, "model"))
        assert catalogue.works() == [work]


def test_the_tags_writers_become_a_fact_when_a_person_enters_the_same(tmp_path):
    path = write_flac(tmp_path / "a.flac", title="x", composer="Aino Aalto")
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        (verdict,) = ingest(catalogue, [SongEntry(path)], encode, "model")
        (recording,) = catalogue.recordings()
        asked = Candidate(recording.recording_id, recording.work_id, "?", "?", 1.0, 0.9)
        proposed = catalogue.fingerprint()
        assert catalogue.describe(asked)["writers_source"] == "tags"
        entry = SongEntry(path, writers=(Writer("Aino Aalto", "composer"),))
        assert [one.message for one in ingest(catalogue, [entry], encode, "model")] == ["writers"]
        assert catalogue.describe(asked)["writers_source"] == "entered"
        assert catalogue.fingerprint() != proposed, "the night is written down otherwise"
        assert [one.status for one in ingest(catalogue, [entry], encode, "model")] == ["known"]


def test_tags_never_touch_the_writers_somebody_entered(tmp_path):
    one = write_flac(tmp_path / "one.flac", title="x", artist="y")
    other = write_flac(tmp_path / "other.flac", title="x", artist="y", composer="Somebody Else")
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        entries = [SongEntry(one, writers=(Writer("Ben Berg"),)), SongEntry(other)]
        list(ingest(catalogue, entries, encode, "model"))
        (work,) = catalogue.works()
    assert (work.writers, work.writers_source) == ((Writer("Ben Berg"),), "entered")
