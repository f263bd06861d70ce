"""`livecsi catalogue`, as a person or a script calls it; most of it without a model, the rest with the released one."""

import json
import sqlite3
from pathlib import Path

import pytest

from livecsi.catalogue.songs_csv import SongEntry
from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import EncodedSong, Writer
from livecsi.cli.ingesting import ingest_files
from livecsi.errors import FindingsError, InputError
from livecsi.settings import load_settings
from tests.fakes import FakeClock

FIXTURES = Path(__file__).parents[2] / "fixtures"


class FakeService:
    """The encoder and the cohort of `livecsi.service.catalogue`, without a model."""

    model_id = "fake"

    def __init__(self):
        self.refreshed = 0
        self.heard = []

    def encoder(self, settings):
        return self

    def encode(self, path):
        content = path.read_bytes()
        if content.startswith(b"bad"):
            raise InputError(f"{path.name}: is no audio")
        self.heard.append(path.name)
        return EncodedSong(float(len(content)), content)

    def refresh_cohort(self, settings):
        self.refreshed += 1
        with Catalogue.open(settings.catalogue_path, FakeClock(), create=False) as catalogue:
            catalogue.put_impostor_means("fake", {song.recording_id: 0.0 for song in catalogue.recordings()})


@pytest.fixture
def songs(state):
    """A catalogue of two songs."""
    with Catalogue.open(state / "catalogue.sqlite", FakeClock()) as catalogue:
        for number, title in enumerate(["Paper Lanterns", "Hard Water"], start=1):
            recording = catalogue.add_recording(
                title=title, artist="The Tin Harbour", duration_seconds=200.0, audio_sha256=str(number),
                source_name=f"{number}.flac", writers=[Writer("Aino Aalto", "composer", "00014107338")],
            )  # fmt: skip
            catalogue.put_sequences(recording.recording_id, "fake", b"x")
    return state / "catalogue.sqlite"


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / name for name in ("A - One.wav", "A - Two.wav", "A - Three.wav")]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def entries(paths):
    return [SongEntry(path) for path in paths]


@pytest.mark.parametrize(
    "command", [["list"], ["show", "1"], ["stats"], ["verify"], ["remove", "1"], ["rank", "x.wav"]]
)
def test_without_a_catalogue_every_command_says_so_and_makes_none(livecsi, state, command):
    answer = livecsi("catalogue", *command)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "there is no catalogue at" in answer.stderr
    assert "livecsi catalogue import songs.csv" in answer.stderr
    assert not state.exists()


def test_list(livecsi, songs):
    lines = livecsi("catalogue", "list").stdout.splitlines()
    assert lines[0] == "     1  Paper Lanterns – The Tin Harbour"
    listed = json.loads(livecsi("catalogue", "list", "--json").stdout)
    assert [(song["title"], song["artist"]) for song in listed] == [
        ("Paper Lanterns", "The Tin Harbour"), ("Hard Water", "The Tin Harbour"),
    ]  # fmt: skip


def test_show(livecsi, songs):
    assert "Aino Aalto (composer)" in livecsi("catalogue", "show", "1").stdout
    shown = json.loads(livecsi("catalogue", "show", "1", "--json").stdout)
    assert shown["writers"] == [{"name": "Aino Aalto", "role": "composer", "ipi": "00014107338"}]
    assert livecsi("catalogue", "show", "9").exit_code == 3


def test_edit(livecsi, songs):
    answer = livecsi(
        "catalogue", "edit", "2", "--title", "Harder Water", "--iswc", "T0345246801", "--work-id", "w2",
        "--writers", "Ben (lyricist); Cai", "--public-domain", "--json",
    )  # fmt: skip
    edited = json.loads(answer.stdout)
    assert edited["title"] == edited["work_title"] == "Harder Water"
    assert edited["iswc"] == "T-034.524.680-1"
    assert [writer["name"] for writer in edited["writers"]] == ["Ben", "Cai"]
    assert (edited["work_key"], edited["public_domain"]) == ("w2", True)


@pytest.mark.parametrize(
    ("options", "exit_code"),
    [([], 2), (["--iswc", "T-345246800-1"], 3), (["--writers", "A (00014107339)"], 2), (["--title", " "], 3)],
)
def test_edits_that_make_no_sense_change_nothing(livecsi, songs, options, exit_code):
    before = livecsi("catalogue", "list", "--json").stdout
    assert livecsi("catalogue", "edit", "1", *options).exit_code == exit_code
    assert livecsi("catalogue", "list", "--json").stdout == before


def test_verify(livecsi, songs):
    answer = livecsi("catalogue", "verify")
    assert (answer.exit_code, answer.stderr) == (0, "2 recordings, all in order\n")
    with sqlite3.connect(songs) as raw:
        raw.execute("UPDATE sequences SET payload = x'00' WHERE recording_id = 2")
    answer = livecsi("catalogue", "verify", "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["findings"] == ["the sequences of recording 2 for model fake were altered"]


def test_stats(livecsi, songs):
    stats = json.loads(livecsi("catalogue", "stats", "--json").stdout)
    assert (stats["recordings"], stats["works"], stats["sequences"]) == (2, 2, {"fake": 2})
    assert "works without iswc  2" in livecsi("catalogue", "stats").stdout


def test_a_file_that_is_no_catalogue(livecsi, state):
    state.mkdir()
    (state / "catalogue.sqlite").write_bytes(b"something else entirely " * 50)
    assert livecsi("catalogue", "list").exit_code == 5


def test_ingest_gives_a_verdict_per_file_and_goes_on_after_a_bad_one(state, files, capsys):
    files[1].write_bytes(b"bad")
    service = FakeService()
    with pytest.raises(FindingsError, match="1 of 3 files were not added"):
        ingest_files(service, load_settings(), entries(files), force=False, as_json=True)
    out, err = capsys.readouterr()
    assert [verdict["status"] for verdict in json.loads(out)] == ["added", "failed", "added"]
    assert err.splitlines()[0] == f"added   {files[0]}: One – A"
    assert "failed" in err.splitlines()[1]
    assert service.refreshed == 1


def test_on_a_terminal_the_verdicts_stand_above_a_progress_bar(state, files, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    ingest_files(FakeService(), load_settings(), entries(files), force=False, as_json=False)
    out, err = capsys.readouterr()
    assert out == ""
    assert f"added   {files[2]}: Three – A" in err
    assert "listening" in err


def test_removing_the_last_song_takes_its_work_too(livecsi, songs):
    with sqlite3.connect(songs) as raw:
        raw.execute("PRAGMA foreign_keys = ON")
        raw.execute("DELETE FROM recordings WHERE recording_id = 2")
    answer = livecsi("catalogue", "remove", "1")
    assert (answer.exit_code, answer.stderr) == (0, "removed recording 1: Paper Lanterns\n")
    assert livecsi("catalogue", "list", "--json").stdout == "[]\n"
    assert livecsi("catalogue", "remove", "1").exit_code == 3


def test_ingest_again_hears_nothing_and_measures_nothing(state, files):
    ingest_files(FakeService(), load_settings(), entries(files), force=False, as_json=False)
    service = FakeService()
    ingest_files(service, load_settings(), entries(files), force=False, as_json=False)
    assert (service.heard, service.refreshed) == ([], 0)
    ingest_files(service, load_settings(), entries(files), force=True, as_json=False)
    assert (len(service.heard), service.refreshed) == (3, 1)


def test_an_import_killed_before_measuring_is_made_up_for(state, files):
    class Killed(FakeService):
        def refresh_cohort(self, settings):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_files(Killed(), load_settings(), entries(files), force=False, as_json=False)
    service = FakeService()
    ingest_files(service, load_settings(), entries(files), force=False, as_json=False)
    assert (service.heard, service.refreshed) == ([], 1)


def test_nothing_is_measured_when_nothing_could_be_added(state, files):
    files[0].write_bytes(b"bad")
    service = FakeService()
    with pytest.raises(FindingsError):
        ingest_files(service, load_settings(), entries(files[:1]), force=False, as_json=False)
    assert service.refreshed == 0


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [
        (["add"], 2),
        (["add", "a.wav", "b.wav", "--title", "One"], 2),
        (["add", "a.wav", "--iswc", "T-345246800-1"], 2),
        (["import", "none.csv"], 3),
        (["rank", "x.wav", "--top", "0"], 2),
    ],
)
def test_requests_that_make_no_sense(livecsi, state, command, exit_code):
    assert livecsi("catalogue", *command).exit_code == exit_code
    assert not state.exists()


@pytest.fixture
def two_fixture_songs(livecsi, tmp_path):
    """A catalogue of two fixture songs, heard by the released model."""
    table = tmp_path / "two.csv"
    lines = [f"{FIXTURES / 'studio' / name}.ogg,{name},Players" for name in ("auld-lang-syne", "drunken-sailor")]
    table.write_text("\n".join(["path,title,artist", *lines, ""]))
    answer = livecsi("catalogue", "import", table, "--json")
    assert [verdict["status"] for verdict in json.loads(answer.stdout)] == ["added", "added"]
    return livecsi


def test_the_released_model_ranks_and_checks(two_fixture_songs):
    live = FIXTURES / "live" / "auld-lang-syne.ogg"
    ranked = json.loads(two_fixture_songs("catalogue", "rank", live, "--json").stdout)
    assert [(found["rank"], found["title"]) for found in ranked][0] == (1, "auld-lang-syne")
    assert "auld-lang-syne – Players" in two_fixture_songs("catalogue", "rank", live, "--top", "1").stdout
    assert two_fixture_songs("catalogue", "check", live, live).stdout.startswith("the same song: probability")
    checked = json.loads(two_fixture_songs("catalogue", "check", live, live, "--json").stdout)
    assert set(checked) == {"score", "probability", "threshold", "same"}


def test_adding_and_removing_measures_the_songs_anew(two_fixture_songs, state):
    song = FIXTURES / "studio" / "korobeiniki.ogg"
    answer = two_fixture_songs("catalogue", "add", song, "--title", "Korobeiniki", "--writers", "Aino (arranger)")
    assert (answer.exit_code, answer.stdout) == (0, "")
    assert answer.stderr == f"added   {song}: Korobeiniki\n"
    assert two_fixture_songs("catalogue", "remove", "1").exit_code == 0
    with Catalogue.open(state / "catalogue.sqlite", FakeClock()) as catalogue:
        model_id = next(iter(catalogue.stats().sequences))
        assert sorted(catalogue.impostor_means(model_id)) == [2, 3]
    assert two_fixture_songs("catalogue", "add", song, FIXTURES / "LICENCES.md").exit_code == 1
