"""The catalogue on real SQLite: works, recordings and sequences, and what keeps them from being mixed up."""

import sqlite3

import pytest

from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Writer
from livecsi.errors import FindingsError, InputError
from livecsi.types import Candidate
from tests.fakes import FakeClock

ISWC = "T-034.524.680-1"
OTHER_ISWC = "T-000.000.001-0"
MODEL = "model-a"


@pytest.fixture
def catalogue(tmp_path):
    with Catalogue.open(tmp_path / "catalogue.sqlite", FakeClock()) as catalogue:
        yield catalogue


def add(catalogue, title="Paper Lanterns", artist="The Tin Harbour", sha256=None, **details):
    number = len(catalogue.recordings())
    return catalogue.add_recording(
        title=title, artist=artist, duration_seconds=200.5, audio_sha256=sha256 or f"{number:064x}",
        source_name=f"{number}.flac", **details,
    )  # fmt: skip


def test_a_recording_comes_back_as_it_was_added(catalogue):
    added = add(catalogue, isrc="gb-aye-65-00521", iswc="T0345246801", writers=[Writer("Aino", "composer", "14107338")])
    assert catalogue.recording(added.recording_id) == added
    assert catalogue.recordings() == [added]
    assert catalogue.find_by_sha256(added.audio_sha256) == added
    assert catalogue.find_by_sha256("unknown") is None
    assert (added.isrc, added.added_at) == ("GBAYE6500521", FakeClock().utc_now())
    work = catalogue.work(added.work_id)
    assert (work.title, work.iswc) == ("Paper Lanterns", ISWC)
    assert work.writers == (Writer("Aino", "composer", "00014107338"),)
    assert catalogue.works() == [work]


def test_the_artist_never_becomes_a_writer(catalogue):
    recording = add(catalogue)
    assert catalogue.work(recording.work_id).writers == ()
    facts = catalogue.describe(Candidate(recording.recording_id, recording.work_id, "?", "?", 1.0, 0.9))
    assert facts["artist"] == "The Tin Harbour"
    assert facts["writers"] == []


def test_one_key_is_one_work(catalogue):
    one = add(catalogue, work_key="w1")
    other = add(catalogue, "Something Else", "Somebody", work_key="w1")
    assert one.work_id == other.work_id


def test_one_iswc_is_one_work(catalogue):
    assert add(catalogue, iswc=ISWC).work_id == add(catalogue, "Lanterns (live)", "Delta Wren", iswc=ISWC).work_id


def test_one_title_and_artist_is_one_work(catalogue):
    assert add(catalogue).work_id == add(catalogue, "paper lanterns!", "the tin harbour").work_id
    assert add(catalogue).work_id != add(catalogue, "Paper Lanterns", "Delta Wren").work_id


def test_titles_without_an_artist_are_different_works(catalogue):
    assert add(catalogue, "Intro", "").work_id != add(catalogue, "Intro", "").work_id


def test_two_keys_are_two_works_even_with_one_name(catalogue):
    assert add(catalogue, work_key="w1").work_id != add(catalogue, work_key="w2").work_id


def test_two_iswcs_are_two_works_even_with_one_name(catalogue):
    assert add(catalogue, iswc=ISWC).work_id != add(catalogue, iswc=OTHER_ISWC).work_id


def test_a_work_without_a_name_of_its_own_takes_the_first_real_one(catalogue):
    first = add(catalogue, iswc=ISWC)
    second = add(catalogue, work_key="w1")
    assert first.work_id == second.work_id
    assert catalogue.work(first.work_id).work_key == "w1"


def test_contradictions_about_an_iswc_are_refused_and_leave_nothing(catalogue):
    add(catalogue, work_key="w1", iswc=ISWC)
    with pytest.raises(InputError, match="has the ISWC"):
        add(catalogue, work_key="w1", iswc=OTHER_ISWC)
    with pytest.raises(InputError, match="belongs to work 'w1'"):
        add(catalogue, "Other", work_key="w2", iswc=ISWC)
    assert len(catalogue.works()) == len(catalogue.recordings()) == 1


def test_the_same_audio_is_kept_once(catalogue):
    add(catalogue, sha256="a")
    with pytest.raises(InputError, match="already, as recording 1"):
        add(catalogue, "Other", sha256="a")


@pytest.mark.parametrize("details", [{"iswc": "T-345246800-1"}, {"isrc": "x"}, {"writers": [Writer("A", ipi="1")]}])
def test_mistyped_identifiers_are_refused(catalogue, details):
    with pytest.raises(InputError):
        add(catalogue, **details)
    assert catalogue.recordings() == []


def test_unknown_roles_and_empty_names_are_refused(catalogue):
    for details in ({"writers": [Writer("A", "roadie")]}, {"writers": [Writer(" ")]}, {"title": " "}):
        with pytest.raises(InputError):
            add(catalogue, **details)


def test_editing_a_title_keeps_work_and_recording_in_step(catalogue):
    recording = add(catalogue)
    catalogue.edit(recording.recording_id, title="Paper Moons", artist="Delta Wren", isrc="GBAYE6500521")
    edited = catalogue.recording(recording.recording_id)
    assert (edited.title, edited.artist, edited.isrc) == ("Paper Moons", "Delta Wren", "GBAYE6500521")
    assert catalogue.work(edited.work_id).title == "Paper Moons"
    catalogue.edit(recording.recording_id, work_title="Kuut", isrc="")
    catalogue.edit(recording.recording_id, title="Moons")
    assert catalogue.work(edited.work_id).title == "Kuut"
    assert catalogue.recording(recording.recording_id).isrc is None


def test_editing_a_work(catalogue):
    recording = add(catalogue, iswc=ISWC, writers=[Writer("Aino")])
    catalogue.edit(recording.recording_id, iswc="", writers=[], public_domain=True)
    work = catalogue.work(recording.work_id)
    assert (work.iswc, work.writers, work.public_domain) == (None, (), True)


def test_moving_a_recording_between_works(catalogue):
    one, other = add(catalogue, iswc=ISWC), add(catalogue, "Other", work_key="w2")
    catalogue.edit(one.recording_id, work_key="w1")
    named = catalogue.recording(one.recording_id)
    assert (named.work_id, catalogue.work(named.work_id).iswc) == (one.work_id, ISWC)
    catalogue.edit(other.recording_id, work_key="w1")
    assert catalogue.recording(other.recording_id).work_id == one.work_id
    assert len(catalogue.works()) == 1
    catalogue.edit(other.recording_id, work_key="w3")
    assert {work.work_key for work in catalogue.works()} == {"w1", "w3"}


def test_removing_a_recording_takes_what_hangs_on_it(catalogue):
    one, other = add(catalogue), add(catalogue, "Other")
    catalogue.put_sequences(one.recording_id, MODEL, b"one")
    catalogue.put_impostor_means(MODEL, {one.recording_id: 0.5})
    assert catalogue.remove(one.recording_id) == one
    assert [work.work_id for work in catalogue.works()] == [other.work_id]
    assert catalogue.sequences(MODEL) == []
    assert catalogue.impostor_means(MODEL) == {}
    with pytest.raises(InputError, match="no recording 1"):
        catalogue.remove(one.recording_id)


def test_an_id_is_never_used_twice(catalogue):
    catalogue.remove(add(catalogue).recording_id)
    assert add(catalogue).recording_id == 2


def test_unknown_ids_are_input_errors(catalogue):
    with pytest.raises(InputError, match="no work 9"):
        catalogue.work(9)
    with pytest.raises(InputError, match="no recording 9"):
        catalogue.put_sequences(9, MODEL, b"")


def test_sequences_are_kept_per_model(catalogue):
    one, other = add(catalogue), add(catalogue, "Other")
    catalogue.put_sequences(other.recording_id, MODEL, b"other")
    catalogue.put_sequences(one.recording_id, MODEL, b"first")
    catalogue.put_sequences(one.recording_id, MODEL, b"one")
    assert catalogue.sequences(MODEL) == [(one, b"one"), (other, b"other")]
    assert catalogue.sequences("model-b") == []
    assert catalogue.missing_sequences("model-b") == [one, other]
    assert catalogue.missing_sequences(MODEL) == []
    assert catalogue.has_sequences(one.recording_id, MODEL)
    assert not catalogue.has_sequences(one.recording_id, "model-b")


def test_impostor_means_are_kept_per_model(catalogue):
    recording = add(catalogue)
    catalogue.put_impostor_means(MODEL, {recording.recording_id: 0.25})
    catalogue.put_impostor_means(MODEL, {recording.recording_id: 0.75})
    catalogue.put_impostor_means("model-b", {recording.recording_id: 0.5})
    assert catalogue.impostor_means(MODEL) == {recording.recording_id: 0.75}
    assert catalogue.impostor_means("model-b") == {recording.recording_id: 0.5}


def test_the_fingerprint_depends_on_the_songs_and_not_on_their_order(tmp_path):
    fingerprints = []
    for name, titles in {"a": ["One", "Two"], "b": ["Two", "One"], "c": ["One", "Three"]}.items():
        with Catalogue.open(tmp_path / name, FakeClock()) as catalogue:
            for title in titles:
                add(catalogue, title, sha256=title)
            fingerprints.append(catalogue.fingerprint())
    assert fingerprints[0] == fingerprints[1] != fingerprints[2]


def test_the_fingerprint_changes_with_a_writer(catalogue):
    recording = add(catalogue)
    before = catalogue.fingerprint()
    catalogue.edit(recording.recording_id, writers=[Writer("Aino")])
    assert catalogue.fingerprint() != before


def test_stats_count_what_a_society_would_ask_for(catalogue):
    recording = add(catalogue, writers=[Writer("Aino")], iswc=ISWC)
    add(catalogue, "Trad", public_domain=True)
    add(catalogue, "Other")
    catalogue.put_sequences(recording.recording_id, MODEL, b"12345")
    stats = catalogue.stats()
    assert (stats.works, stats.recordings, stats.duration_seconds) == (3, 3, 601.5)
    assert (stats.works_without_writers, stats.works_without_iswc) == (1, 2)
    assert (dict(stats.sequences), stats.payload_bytes) == ({MODEL: 1}, 5)


def test_verify_finds_nothing_in_a_sound_catalogue(catalogue):
    catalogue.put_sequences(add(catalogue, iswc=ISWC).recording_id, MODEL, b"x")
    assert catalogue.verify() == []


@pytest.mark.parametrize(
    ("tamper", "finding"),
    [
        ("UPDATE sequences SET payload = x'00'", "altered"),
        ("DELETE FROM sequences", "has no sequences"),
        ("UPDATE works SET iswc = 'T-345.246.800-1'", "should be 3"),
        ("UPDATE recordings SET isrc = 'gb-aye-65-00521'", "normal form"),
        ("UPDATE writers SET ipi = '00014107339'", "mistyped"),
        ("DELETE FROM works", "a row without its works"),
    ],
)
def test_verify_finds_tampering(catalogue, tmp_path, tamper, finding):
    recording = add(catalogue, iswc=ISWC, writers=[Writer("Aino", ipi="00014107338")])
    catalogue.put_sequences(recording.recording_id, MODEL, b"x")
    with sqlite3.connect(tmp_path / "catalogue.sqlite") as raw:
        raw.execute(tamper)
    assert any(finding in line for line in catalogue.verify())


def test_a_reader_never_makes_a_catalogue(tmp_path):
    with pytest.raises(FindingsError, match="livecsi catalogue import songs.csv"):
        Catalogue.open(tmp_path / "none.sqlite", FakeClock(), create=False)
    assert list(tmp_path.iterdir()) == []
