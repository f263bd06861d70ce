"""What somebody says about works reaches exactly the works that are meant, once, and never overrules a person."""

import json
import random
import sqlite3

import pytest

from livecsi.catalogue.credits import gathered
from livecsi.catalogue.metadata import Outcome, import_works
from livecsi.catalogue.schema import SCHEMA
from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Writer
from livecsi.catalogue.works_file import read_works
from livecsi.database import Database, Schema, backup_path
from livecsi.errors import InputError
from livecsi.types import Candidate
from tests.fakes import FakeClock

ISWC, OTHER_ISWC = "T-034.524.680-1", "T-000.000.001-0"
WORK_ID, RECORDING_ID = "b1a9c0e9-d987-4042-ae91-78d6a3267d69", "5a8d5b5f-3a2d-4b8c-9f61-9d3a1f0c2b11"
ISNI = "0000000121032683"


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        yield catalogue


def add(catalogue, title="Paper Lanterns", artist="The Tin Harbour", **details):
    number = len(catalogue.recordings())
    return catalogue.add_recording(
        title=title, artist=artist, duration_seconds=200.5, audio_sha256=f"{number:064x}", source_name="x.flac",
        **details,
    )  # fmt: skip


def imported(catalogue, path, text):
    path.write_text(text, encoding="utf-8")
    return list(import_works(catalogue, read_works(path)))


def outcomes(verdicts):
    return [verdict.outcome.value for verdict in verdicts]


def dump_line(**changes):
    """A line of the dump as MusicBrainz writes it, shortened."""
    artist = {"id": "x", "name": "Aino Aalto", "ipis": ["00014107338"], "isnis": [ISNI]}
    row = {
        "id": WORK_ID, "title": "Paper Lanterns", "type": "Song", "iswcs": [ISWC], "attributes": [],
        "relations": [
            {"type": "composer", "artist": artist},
            {"type": "lyricist", "artist": artist},
            {"type": "arranger", "artist": {"id": "y", "name": "Cai Cho", "ipis": ["123"], "isnis": []}},
            {"type": "publishing", "label": {"id": "z", "name": "Satama Publishing"}},
            {"type": "dedication", "artist": {"id": "w", "name": "A Friend"}},
        ],
    }  # fmt: skip
    return json.dumps({**row, **changes}, ensure_ascii=False)


CSV = (
    "work_id,title,artist,iswc,writers,publishers,society_ids,public_domain\n"
    'w1,Paper Lanterns,,T0345246801,"Aino Aalto (composer, 14107338); Ben (lyricist)",'
    "Satama; Meri,GEMA=12; JASRAC=0A1,no\n"
    ",Marjatan laulu,Halla,,,,,yes\n"
    "w9,Somewhere Else,,,,,,\n"
)


def test_a_table_completes_works_and_says_so_row_by_row(catalogue, tmp_path):
    lanterns, folk = add(catalogue, work_key="w1"), add(catalogue, "Marjatan Laulu", "Halla")
    verdicts = imported(catalogue, tmp_path / "works.csv", CSV)
    assert outcomes(verdicts) == ["updated", "updated", "unmatched"]
    assert [verdict.line_number for verdict in verdicts] == [2, 3, 4]
    work = catalogue.work(lanterns.work_id)
    assert work.writers == (Writer("Aino Aalto", "composer", "00014107338"), Writer("Ben", "lyricist"))
    assert (work.iswc, work.publishers) == (ISWC, ("Satama", "Meri"))
    assert work.society_ids == {"GEMA": "12", "JASRAC": "0A1"}
    assert catalogue.work(folk.work_id).public_domain
    assert catalogue.verify() == [
        f"recording {number} ({title}) has no sequences; import it again"
        for number, title in ((1, "Paper Lanterns"), (2, "Marjatan Laulu"))
    ]


def test_running_it_again_changes_nothing(catalogue, tmp_path):
    add(catalogue, work_key="w1"), add(catalogue, "Marjatan laulu", "Halla")
    imported(catalogue, tmp_path / "works.csv", CSV)
    before = catalogue.fingerprint()
    assert outcomes(imported(catalogue, tmp_path / "works.csv", CSV)) == ["known", "known", "unmatched"]
    assert catalogue.fingerprint() == before


def test_what_is_known_goes_into_the_ledgers_facts(catalogue, tmp_path):
    recording = add(catalogue, work_key="w1", musicbrainz_id=RECORDING_ID, work_musicbrainz_id=WORK_ID)
    imported(catalogue, tmp_path / "works.csv", CSV)
    facts = catalogue.describe(Candidate(recording.recording_id, recording.work_id, "?", "?", 1.0, 0.9))
    assert facts["publishers"] == ["Satama", "Meri"]
    assert facts["society_ids"] == {"GEMA": "12", "JASRAC": "0A1", "MusicBrainz": WORK_ID}
    assert facts["musicbrainz_id"] == RECORDING_ID
    assert set(facts["writers"][0]) == {"name", "role", "ipi"}


@pytest.mark.parametrize("layout", ["array", "lines"])
def test_json_says_the_same_as_csv(catalogue, tmp_path, layout):
    recording = add(catalogue, iswc=ISWC)
    person = {"name": "Aino Aalto", "role": "composer", "ipi": "14107338", "isni": ISNI}
    row = {"iswc": ISWC, "writers": [person], "publishers": ["Satama"], "society_ids": {"GEMA": "1"}}
    text = json.dumps([row]) if layout == "array" else json.dumps(row) + "\n"
    assert outcomes(imported(catalogue, tmp_path / "works.json", text)) == ["updated"]
    work = catalogue.work(recording.work_id)
    assert work.writers == (Writer("Aino Aalto", "composer", "00014107338"),)
    assert work.isnis == {"Aino Aalto": ISNI}
    assert outcomes(imported(catalogue, tmp_path / "works.json", text)) == ["known"]


@pytest.mark.parametrize(
    "details",
    [{"iswc": ISWC}, {"work_musicbrainz_id": WORK_ID}, {"proposed_writers": [Writer("aino aalto", "writer")]}],
    ids=["iswc", "id", "title and writer"],
)
def test_a_line_of_the_dump_finds_its_work(catalogue, tmp_path, details):
    recording = add(catalogue, **details)
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line())) == ["updated"]
    work = catalogue.work(recording.work_id)
    assert work.writers == (Writer("Aino Aalto", "composer-lyricist", "00014107338"), Writer("Cai Cho", "arranger"))
    assert (work.iswc, work.musicbrainz_id, work.publishers) == (ISWC, WORK_ID, ("Satama Publishing",))
    assert (work.isnis, work.writers_source) == ({"Aino Aalto": ISNI}, "musicbrainz")
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line())) == ["known"]


def test_a_line_finds_its_work_through_a_recording(catalogue, tmp_path):
    recording = add(catalogue, "Lanterns (remastered)", musicbrainz_id=RECORDING_ID)
    relations = [{"type": "performance", "recording": {"id": RECORDING_ID}}]
    imported(catalogue, tmp_path / "work", dump_line(relations=relations))
    assert catalogue.work(recording.work_id).musicbrainz_id == WORK_ID


def test_a_title_alone_is_never_enough(catalogue, tmp_path):
    recording = add(catalogue)
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line())) == ["unmatched"]
    assert catalogue.work(recording.work_id).writers == ()
    assert outcomes(imported(catalogue, tmp_path / "works.csv", "title\nPaper Lanterns\n")) == ["unmatched"]


def test_a_number_that_says_otherwise_beats_title_and_writer(catalogue, tmp_path):
    add(catalogue, iswc=OTHER_ISWC, writers=[Writer("Aino Aalto")])
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line())) == ["unmatched"]


def test_two_works_that_could_be_meant_are_left_alone(catalogue, tmp_path):
    for key in ("w1", "w2"):
        add(catalogue, work_key=key, writers=[Writer("Aino Aalto")])
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line())) == ["unmatched"]


def test_a_public_database_never_overrules_a_person(catalogue, tmp_path):
    recording = add(catalogue, iswc=ISWC, writers=[Writer("Outi Orava", "composer")])
    assert outcomes(imported(catalogue, tmp_path / "work", dump_line(title="Paperilyhdyt"))) == ["updated"]
    work = catalogue.work(recording.work_id)
    assert (work.title, work.writers, work.writers_source) == (
        "Paper Lanterns", (Writer("Outi Orava", "composer"),), "entered",
    )  # fmt: skip
    assert work.musicbrainz_id == WORK_ID


def test_the_numbers_at_societies_are_read_and_the_librettist_is_a_lyricist(catalogue, tmp_path):
    recording = add(catalogue, iswc=ISWC)
    imported(catalogue, tmp_path / "works.csv", f"iswc,society_ids\n{ISWC},Koda=7\n")
    attributes = [{"type": kind, "type-id": "x", "value": value} for kind, value in (
        ("GEMA ID", "1234-567"), ("PRS tune code", "12345AB"), ("BUMA/STEMRA ID", "W-1"), ("KODA ID", "8"),
        ("ASCAP ID", "1"), ("ASCAP ID", "2"), ("JASRAC ID", ""), ("Key", "D minor"), ("Tala (Carnatic)", "Adi"),
    )]  # fmt: skip
    relations = [{"type": "librettist", "artist": {"name": "Outi Orava"}}]
    line = dump_line(attributes=attributes, relations=relations)
    (verdict,) = imported(catalogue, tmp_path / "work", line)
    assert verdict.message == "Paper Lanterns: musicbrainz_id, writers, society_ids"
    work = catalogue.work(recording.work_id)
    assert work.society_ids == {"GEMA": "1234-567", "PRS": "12345AB", "BUMA/STEMRA": "W-1", "Koda": "7"}
    assert work.writers == (Writer("Outi Orava", "lyricist"),)
    imported(catalogue, tmp_path / "works.csv", f"iswc,society_ids\n{ISWC},Gema=9\n")
    assert catalogue.work(recording.work_id).society_ids == {
        "BUMA/STEMRA": "W-1", "Gema": "9", "Koda": "7", "PRS": "12345AB",
    }  # fmt: skip
    assert outcomes(imported(catalogue, tmp_path / "work", line)) == ["known"]


def test_a_writer_who_stays_keeps_the_numbers_that_are_not_given(catalogue, tmp_path):
    recording = add(catalogue, iswc=ISWC)
    person = {"name": "Aino Aalto", "role": "composer", "ipi": "14107338", "isni": ISNI}
    imported(catalogue, tmp_path / "works.json", json.dumps([{"iswc": ISWC, "writers": [person]}]))
    said = [Writer("Aino Aalto", "writer"), Writer("Ben", "lyricist")]
    catalogue.edit(recording.recording_id, writers=said)
    work = catalogue.work(recording.work_id)
    assert (work.isnis, work.writers) == (
        {"Aino Aalto": ISNI},
        (Writer("Aino Aalto", "writer", "00014107338"), said[1]),
    )
    table = f"iswc,writers\n{ISWC},Aino Aalto; Ben (lyricist)\n"
    assert outcomes(imported(catalogue, tmp_path / "works.csv", table)) == ["known"]
    catalogue.edit(recording.recording_id, writers=said[1:])
    assert catalogue.work(recording.work_id).isnis == {}
    catalogue.edit(recording.recording_id, writers=said)
    assert catalogue.work(recording.work_id).writers == tuple(said), "who left is forgotten"


def test_a_number_that_was_only_proposed_is_no_fact_when_a_person_names_the_writer(catalogue, tmp_path):
    recording = add(catalogue, iswc=ISWC)
    imported(catalogue, tmp_path / "work", dump_line())
    catalogue.edit(recording.recording_id, writers=[Writer("Aino Aalto", "composer")])
    work = catalogue.work(recording.work_id)
    assert (work.writers, work.writers_source) == ((Writer("Aino Aalto", "composer"),), "entered")


def test_several_iswcs_are_a_question_not_an_answer(catalogue, tmp_path):
    recording = add(catalogue, work_musicbrainz_id=WORK_ID)
    imported(catalogue, tmp_path / "work", dump_line(iswcs=[ISWC, OTHER_ISWC]))
    assert catalogue.work(recording.work_id).iswc is None


def test_bad_rows_fail_alone(catalogue, tmp_path):
    recording = add(catalogue, work_key="w1")
    bad = "work_id,iswc,writers,public_domain\nw1,T-345246800-1,,\nw1,,Aino (00014107339),\nw1,,,maybe\nw1,,Ben,\n"
    verdicts = imported(catalogue, tmp_path / "works.csv", bad)
    assert outcomes(verdicts) == ["failed", "failed", "failed", "updated"]
    assert "mistyped" in verdicts[0].message and "mistyped" in verdicts[1].message
    assert catalogue.work(recording.work_id).writers == (Writer("Ben"),)
    verdicts = imported(catalogue, tmp_path / "work", '{"id": 3, "relations": 1}\n{"bro\n\n' + dump_line())
    assert outcomes(verdicts) == ["failed", "failed", "unmatched"]


def test_an_iswc_of_another_work_is_refused_and_nothing_else_changes(catalogue, tmp_path):
    recording = add(catalogue, work_key="w1")
    add(catalogue, "Other", iswc=ISWC)
    verdicts = imported(catalogue, tmp_path / "works.json", json.dumps([{"work_id": "w1", "iswc": ISWC,
                                                                        "publishers": ["Satama"]}]))  # fmt: skip
    assert outcomes(verdicts) == ["failed"]
    assert catalogue.work(recording.work_id).publishers == ()


def test_files_that_are_no_table_are_named(catalogue, tmp_path):
    for text, complaint in {"a,b\n1,2\n": "unknown column 'a'", "[1": "is no JSON"}.items():
        with pytest.raises(InputError, match=complaint):
            imported(catalogue, tmp_path / "works", text)
    with pytest.raises(InputError, match="No such file"):
        list(read_works(tmp_path / "none"))


def test_a_dump_is_read_line_by_line(catalogue, tmp_path):
    """Twenty thousand foreign works, one of ours among them, and nothing but ours is told."""
    recording = add(catalogue, iswc=ISWC)
    dice = random.Random(5)
    foreign = (dump_line(id=f"{dice.getrandbits(128):032x}", title=f"Song {n}", iswcs=[]) for n in range(20_000))
    with (tmp_path / "work").open("w") as file:
        for number, line in enumerate(foreign):
            file.write((dump_line() if number == 12_345 else line) + "\n")
    verdicts = [one for one in import_works(catalogue, read_works(tmp_path / "work")) if not one.is_foreign]
    assert [(one.line_number, one.outcome) for one in verdicts] == [(12_346, Outcome.UPDATED)]
    assert catalogue.work(recording.work_id).musicbrainz_id == WORK_ID


def test_an_import_that_broke_off_goes_on(catalogue, tmp_path):
    add(catalogue, work_key="w1"), add(catalogue, "Marjatan laulu", "Halla")
    (tmp_path / "works.csv").write_text(CSV)
    first = import_works(catalogue, read_works(tmp_path / "works.csv"))
    assert next(first).outcome is Outcome.UPDATED
    first.close()
    assert outcomes(imported(catalogue, tmp_path / "works.csv", CSV)) == ["known", "updated", "unmatched"]


def test_everybody_is_named_once():
    people = [Writer("Aino", "writer"), Writer("AINO", "composer", "00014107338"), Writer("Ben", "lyricist"),
              Writer("Ben", "composer"), Writer("Ben", "arranger")]  # fmt: skip
    assert gathered(people) == (
        Writer("Aino", "composer", "00014107338"), Writer("Ben", "composer-lyricist"), Writer("Ben", "arranger"),
    )  # fmt: skip


def test_a_catalogue_of_the_first_format_is_migrated_with_a_copy_kept(tmp_path):
    path = tmp_path / "catalogue.sqlite"
    first = Schema(SCHEMA.name, SCHEMA.application_id, SCHEMA.migrations[:1])
    with Database.open(path, first) as old, old.transaction():
        old.insert("INSERT INTO works (work_key, title, iswc) VALUES ('w1', 'Paper Lanterns', ?)", (ISWC,))
        old.insert("INSERT INTO writers (work_id, position, name, role) VALUES (1, 0, 'Aino', 'composer')")
    with Catalogue.open(path, FakeClock()) as catalogue:
        (work,) = catalogue.works()
    assert (work.writers, work.writers_source) == ((Writer("Aino", "composer"),), "entered")
    assert (work.publishers, work.society_ids, work.musicbrainz_id) == ((), {}, None)
    with sqlite3.connect(backup_path(path, 1)) as copy:
        assert copy.execute("SELECT title FROM works").fetchall() == [("Paper Lanterns",)]
