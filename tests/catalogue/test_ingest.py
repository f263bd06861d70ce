"""Ingest with a hand-written encoder: one verdict per file, nothing lost and nothing done twice when interrupted."""

import struct
import wave

import mutagen
import pytest

from livecsi.catalogue.ingest import SongEntry, Status, ingest
from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import EncodedSong, Writer
from livecsi.catalogue.tags import printable, read_tags
from livecsi.errors import InputError
from tests.fakes import FakeClock

MODEL = "model-a"


class CountingEncoder:
    """Turns the bytes of a file into itself; refuses what does not begin like a WAV file."""

    def __init__(self):
        self.heard = []

    def __call__(self, path):
        content = path.read_bytes()
        if not content.startswith(b"RIFF"):
            raise InputError(f"{path.name}: is no audio")
        self.heard.append(path.name)
        return EncodedSong(float(len(content)), content[-8:])


def write_wav(path, loudness=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack("<100h", *[loudness] * 100))
    return path


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        yield catalogue


@pytest.fixture
def entries(tmp_path):
    names = ["Aino - One.wav", "Aino - Two.wav", "Aino - Three.wav"]
    return [SongEntry(write_wav(tmp_path / name, loudness)) for loudness, name in enumerate(names)]


def statuses(verdicts):
    return [verdict.status for verdict in verdicts]


def test_every_file_gets_its_verdict_as_it_goes(catalogue, entries):
    verdicts = ingest(catalogue, entries, CountingEncoder(), MODEL)
    first = next(verdicts)
    assert (first.status, first.recording_id, first.path) == (Status.ADDED, 1, entries[0].path)
    assert [recording.title for recording in catalogue.recordings()] == ["One"]
    assert statuses(verdicts) == [Status.ADDED, Status.ADDED]
    assert len(catalogue.sequences(MODEL)) == 3


def test_an_interrupted_ingest_goes_on_where_it_stopped(catalogue, entries):
    next(ingest(catalogue, entries, CountingEncoder(), MODEL))
    encoder = CountingEncoder()
    assert statuses(ingest(catalogue, entries, encoder, MODEL)) == [Status.KNOWN, Status.ADDED, Status.ADDED]
    assert encoder.heard == ["Aino - Two.wav", "Aino - Three.wav"]


def test_a_crash_between_two_songs_leaves_whole_songs_only(catalogue, entries):
    class Bomb(CountingEncoder):
        def __call__(self, path):
            if "Two" in path.name:
                raise MemoryError
            return super().__call__(path)

    with pytest.raises(MemoryError):
        list(ingest(catalogue, entries, Bomb(), MODEL))
    assert [recording.title for recording, _ in catalogue.sequences(MODEL)] == ["One"]
    assert len(catalogue.recordings()) == 1


def test_one_bad_file_never_stops_the_others(catalogue, entries, tmp_path):
    (tmp_path / "bad.wav").write_bytes(b"not audio")
    bad = [SongEntry(tmp_path / "bad.wav"), SongEntry(tmp_path / "none.wav"), SongEntry(tmp_path)]
    verdicts = list(ingest(catalogue, [*bad, *entries], CountingEncoder(), MODEL))
    assert statuses(verdicts) == [Status.FAILED] * 3 + [Status.ADDED] * 3
    assert "is no audio" in verdicts[0].message
    assert "No such file" in verdicts[1].message


def test_the_same_bytes_under_another_name_are_known(catalogue, entries, tmp_path):
    copy = tmp_path / "copy.wav"
    copy.write_bytes(entries[0].path.read_bytes())
    list(ingest(catalogue, entries[:1], CountingEncoder(), MODEL))
    assert statuses(ingest(catalogue, [SongEntry(copy)], CountingEncoder(), MODEL)) == [Status.KNOWN]


def test_another_model_hears_a_known_file(catalogue, entries):
    list(ingest(catalogue, entries, CountingEncoder(), MODEL))
    verdicts = list(ingest(catalogue, entries[:1], CountingEncoder(), "model-b"))
    assert (verdicts[0].status, verdicts[0].message) == (Status.UPDATED, "sequences")
    assert len(catalogue.missing_sequences("model-b")) == 2


def test_force_hears_known_files_again(catalogue, entries):
    list(ingest(catalogue, entries, CountingEncoder(), MODEL))
    encoder = CountingEncoder()
    assert set(statuses(ingest(catalogue, entries, encoder, MODEL, force=True))) == {Status.UPDATED}
    assert len(encoder.heard) == 3


def test_a_corrected_table_updates_what_it_says_and_nothing_else(catalogue, entries):
    path = entries[0].path
    list(ingest(catalogue, [SongEntry(path, "One", "Aino", isrc="GBAYE6500521")], CountingEncoder(), MODEL))
    better = SongEntry(path, title="One (again)", work_key="w1", iswc="T-034.524.680-1", writers=(Writer("Aino"),))
    encoder = CountingEncoder()
    verdict = next(ingest(catalogue, [better], encoder, MODEL))
    assert (verdict.status, verdict.message) == (Status.UPDATED, "title, work_key, iswc, writers")
    assert encoder.heard == []
    recording = catalogue.recording(1)
    assert (recording.title, recording.artist, recording.isrc) == ("One (again)", "Aino", "GBAYE6500521")
    assert catalogue.work(recording.work_id).work_key == "w1"
    assert statuses(ingest(catalogue, [better], encoder, MODEL)) == [Status.KNOWN]


def test_a_contradiction_fails_one_file_only(catalogue, entries):
    iswc = "T-034.524.680-1"
    contradicting = [
        SongEntry(entries[0].path, work_key="w1", iswc=iswc), SongEntry(entries[1].path, work_key="w2", iswc=iswc),
        entries[2],
    ]  # fmt: skip
    verdicts = statuses(ingest(catalogue, contradicting, CountingEncoder(), MODEL))
    assert verdicts == [Status.ADDED, Status.FAILED, Status.ADDED]


def test_what_an_entry_leaves_open_comes_from_the_tags(catalogue, tmp_path):
    path = write_wav(tmp_path / "x.wav")
    tagged = mutagen.File(path)
    tagged.add_tags()
    from mutagen.id3 import TIT2, TPE1, TSRC, TXXX

    tagged.tags.add(TIT2(encoding=3, text="Tagged\x00title"))
    tagged.tags.add(TPE1(encoding=3, text=["Aino", "Ben"]))
    tagged.tags.add(TSRC(encoding=3, text="GB-AYE-65-00521"))
    tagged.tags.add(TXXX(encoding=3, desc="ISWC", text="T0345246801"))
    tagged.save()
    list(ingest(catalogue, [SongEntry(path, title="Mine")], CountingEncoder(), MODEL))
    recording = catalogue.recording(1)
    assert (recording.title, recording.artist, recording.isrc) == ("Mine", "Aino, Ben", "GBAYE6500521")
    assert catalogue.work(recording.work_id).iswc == "T-034.524.680-1"
    assert read_tags(path).title in ("Tagged, title", "Tagged title")


@pytest.mark.parametrize(
    ("name", "artist", "title"),
    [
        ("Aino - One.wav", "Aino", "One"),
        ("07 - Aino - One.wav", "Aino", "One"),
        ("07. One.wav", "", "One"),
        ("1999.wav", "", "1999"),
        ("Aino - .wav", "", "Aino -"),
    ],
)
def test_a_file_without_tags_is_called_by_its_name(tmp_path, name, artist, title):
    tags = read_tags(write_wav(tmp_path / name))
    assert (tags.artist, tags.title) == (artist, title)


def test_bad_tags_and_garbage_are_passed_over(tmp_path):
    path = write_wav(tmp_path / "x.wav")
    tagged = mutagen.File(path)
    tagged.add_tags()
    from mutagen.id3 import TSRC

    tagged.tags.add(TSRC(encoding=3, text="nonsense"))
    tagged.save()
    assert read_tags(path).isrc == ""
    garbage = tmp_path / "garbage.mp3"
    garbage.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(range(256)) * 4)
    assert read_tags(garbage).title == "garbage"


def test_names_that_are_no_utf8_can_be_kept():
    assert printable("caf\udce9\n\x07 one") == "caf? one"
