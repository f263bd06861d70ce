"""`livecsi replay`: one document on stdout, or one line on stderr and the exit code of what was wrong."""

import json
import os
import shutil
import sqlite3
import struct

import numpy as np
import pytest
import soundfile

from livecsi.catalogue.schema import SCHEMA
from livecsi.identify.sessions import default_directory, released_models
from tests.reports.test_build import validate

MODELS = ", ".join(model.name for model in released_models())
LONG = bool(os.environ.get("LONG_TESTS"))
STARTED_AT = ("--started-at", "2024-05-01T20:30:00+03:00")
CONVERT = "(convert it with another program or copy it again)"


@pytest.fixture
def catalogue(prepared, state):
    shutil.copytree(prepared.folder, state)
    return state / "catalogue.sqlite"


def assert_one_line(answer, exit_code: int, line: str) -> None:
    assert (answer.exit_code, answer.stdout, answer.stderr) == (exit_code, "", f"livecsi: {line}\n")


def test_json_is_one_valid_document_with_the_songs_that_were_played(livecsi, catalogue, cut_file):
    answer = livecsi("replay", cut_file, *STARTED_AT, "--act", "The Fixtures", "--venue", "The Shed", "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    report = json.loads(answer.stdout)
    validate(report)
    assert [item["work"]["title"] for item in report["items"]] == ["Korobeiniki", "Auld Lang Syne"]
    assert (report["act"]["name"], report["venue"]["name"]) == ("The Fixtures", "The Shed")
    assert report["event"]["start_utc"].startswith("2024-05-01T17:30:00")
    assert livecsi("report", "--night", "2024-05-01", "--format", "json").stdout == answer.stdout


def test_at_another_venue_the_address_of_the_house_is_not_put_on_the_form(livecsi, catalogue, cut_file, monkeypatch):
    home = {"NAME": "Kulma-sali", "STREET": "Satamakatu 4", "CITY": "Helsinki", "COUNTRY": "FI", "CAPACITY": "420"}
    for name, value in home.items():
        monkeypatch.setenv(f"LIVECSI_VENUE__{name}", value)
    answer = livecsi("replay", cut_file, *STARTED_AT, "--venue", "The Shed", "--json")
    assert answer.stderr == "the address of The Shed is left blank; say it with `livecsi review describe`\n"
    assert json.loads(answer.stdout)["venue"] == {
        "name": "The Shed", "street": None, "postcode": None, "city": None, "country": None, "stage": "main",
        "capacity": None, "licences": {},
    }  # fmt: skip
    at_home = livecsi("replay", cut_file, *STARTED_AT, "--venue", "Kulma-sali", "--json")
    assert (at_home.stderr, json.loads(at_home.stdout)["venue"]["street"]) == ("", "Satamakatu 4")


def test_a_second_replay_says_that_the_first_is_in_the_ledger_and_prints_the_same_setlist(livecsi, catalogue, cut_file):
    first = livecsi("replay", cut_file, *STARTED_AT)
    assert "Korobeiniki" in first.stdout and first.stderr == ""
    second = livecsi("replay", cut_file, *STARTED_AT)
    assert second.stdout == first.stdout
    assert second.stderr.startswith("the ledger has this replay already as session ")


def test_a_house_reads_in_its_own_language(livecsi, catalogue, cut_file, monkeypatch):
    monkeypatch.setenv("LIVECSI_VENUE__LANGUAGE", "fi")
    assert livecsi("replay", cut_file, *STARTED_AT).stdout.startswith("OHJELMAILMOITUS")


def test_without_a_beginning_the_guess_is_said(livecsi, catalogue, cut_file, monkeypatch):
    monkeypatch.setenv("LIVECSI_VENUE__TIMEZONE", "Europe/Helsinki")
    os.utime(cut_file, (1_714_584_600 + 132, 1_714_584_600 + 132))
    answer = livecsi("replay", cut_file)
    assert answer.stderr == "taken to begin at 2024-05-01T17:30:00.000Z; say otherwise with --started-at\n"
    assert "20:30:00" in answer.stdout
    same = livecsi("replay", cut_file, "--started-at", "2024-05-01 20:30:00")
    assert "nothing was added" in same.stderr, "a time without offset is the venue's"


def crowded_wav() -> bytes:
    """A header that claims 65,535 channels: decoders have been known to believe it."""
    layout = struct.pack("<HHIIHH", 1, 65_535, 22_050, 22_050 * 131_070 & 0xFFFFFFFF, 131_070 & 0xFFFF, 16)
    return b"RIFF" + struct.pack("<I", 1036) + b"WAVEfmt " + struct.pack("<I", 16) + layout \
        + b"data" + struct.pack("<I", 1000) + bytes(1000)  # fmt: skip


@pytest.mark.parametrize(("name", "content", "line"), [
    ("none.flac", None, "no such file or directory (check the name and the permissions)"),
    ("lyrics.mp3", b"These are the lyrics.\n" * 99, f"cannot be decoded as audio: Format not recognised {CONVERT}"),
    ("empty.wav", b"", "is empty (copy the recording again)"),
    ("crowded.wav", crowded_wav(), f"cannot be decoded as audio: Too many channels specified {CONVERT}"),
])  # fmt: skip
def test_what_is_no_recording_is_one_line_and_leaves_no_ledger(livecsi, catalogue, tmp_path, name, content, line):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert_one_line(livecsi("replay", tmp_path / name, *STARTED_AT), 3, f"{tmp_path / name}: {line}")
    assert not (catalogue.parent / "ledger.sqlite").exists()


def test_a_recording_that_breaks_off_says_at_which_second(livecsi, catalogue, tmp_path, cut_file):
    broken = tmp_path / "broken.flac"
    broken.write_bytes(cut_file.read_bytes()[: cut_file.stat().st_size // 2])
    answer = livecsi("replay", broken, *STARTED_AT)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (3, "", 1)
    assert answer.stderr.startswith(f"livecsi: {broken}: ") and answer.stderr.endswith(f"{CONVERT}\n")
    assert " at second " in answer.stderr


@pytest.mark.timeout(900)
def test_hours_of_silence_are_a_night_without_songs(livecsi, catalogue, tmp_path):
    """One hour; ten with LONG_TESTS=1, which take about a minute."""
    hours = 10 if LONG else 1
    with soundfile.SoundFile(tmp_path / "night.flac", "w", 8000, 1, "PCM_16") as file:
        for _ in range(hours * 60):
            file.write(np.zeros(8000 * 60, np.int16))
    answer = livecsi("replay", tmp_path / "night.flac", *STARTED_AT, "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    report = json.loads(answer.stdout)
    assert report["items"] == []
    assert report["coverage"]["listened_s"] == pytest.approx(hours * 3600)


def test_a_model_whose_bytes_are_not_the_released_ones(livecsi, catalogue, cut_file, tmp_path, monkeypatch):
    models = shutil.copytree(default_directory(), tmp_path / "models")
    encoder = models / "livecsi" / "encoder.onnx"
    spoiled = bytearray(encoder.read_bytes())
    spoiled[1000] ^= 1
    encoder.write_bytes(spoiled)
    monkeypatch.setenv("LIVECSI_MODEL__DIRECTORY", str(models))
    line = f"model livecsi: {encoder} is not the released file (restore it from the release)"
    assert_one_line(livecsi("replay", cut_file, *STARTED_AT), 5, line)
    assert_one_line(livecsi("catalogue", "rank", cut_file), 5, line)


def test_a_catalogue_from_the_future(livecsi, catalogue, cut_file):
    with sqlite3.connect(catalogue) as raw:
        raw.execute("PRAGMA user_version = 999")
    known = f"format 999, this one knows {SCHEMA.version}"
    line = f"{catalogue} was made by a newer livecsi ({known}) (upgrade livecsi)"
    assert_one_line(livecsi("replay", cut_file, *STARTED_AT), 5, line)


def test_a_catalogue_that_is_missing_or_empty(livecsi, state, cut_file):
    line = f"there is no catalogue at {state}/catalogue.sqlite (run `livecsi catalogue import songs.csv`)"
    assert_one_line(livecsi("replay", cut_file, *STARTED_AT), 1, line)
    assert not state.exists()
    (state.parent / "songs.csv").write_text("path\n")
    assert livecsi("catalogue", "import", state.parent / "songs.csv").exit_code == 0
    line = "the catalogue is empty (add studio songs with `livecsi catalogue import songs.csv`)"
    assert_one_line(livecsi("replay", cut_file, *STARTED_AT), 1, line)


def test_a_song_that_this_model_never_heard(livecsi, catalogue, cut_file):
    with sqlite3.connect(catalogue) as raw:
        raw.execute("UPDATE sequences SET model_id = 'older@000000000000'")
    answer = livecsi("replay", cut_file, *STARTED_AT)
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (5, "", 1)
    assert "3 songs of the catalogue were not encoded by livecsi@" in answer.stderr
    assert "run `livecsi catalogue import` again" in answer.stderr


@pytest.mark.parametrize(("options", "line"), [
    (["--started-at", "yesterday"], "--started-at 'yesterday' is no ISO 8601 time (write 2024-05-01T20:30:00+03:00)"),
    (["--model", "livesci"], f"no model is called 'livesci' (there are {MODELS})"),
    (["--model", "gate"], "model 'gate' cannot name songs (see `livecsi models list`)"),
])  # fmt: skip
def test_options_that_make_no_sense(livecsi, catalogue, cut_file, options, line):
    assert_one_line(livecsi("replay", cut_file, *options), 2, line)


def test_a_plan_under_another_act_or_stage_is_said_in_one_line(livecsi, catalogue, cut_file, tmp_path, monkeypatch):
    (tmp_path / "songs.txt").write_text("Korobeiniki\n")
    for act, stage in (("The Fixtures", "main"), ("Delta Wren", "garden")):
        plan = ("--act", act, "--stage", stage, "--songs", tmp_path / "songs.txt")
        assert livecsi("nights", "plan", "--night", "2024-05-01", *plan).exit_code == 0
    others = "there are plans for --act 'Delta Wren' with venue.stage 'garden'; --act 'The Fixtures'\n"
    said = f"nothing is planned for The Fixture, stage main, in the night of 2024-05-01; {others}"
    assert livecsi("replay", cut_file, *STARTED_AT, "--act", "The Fixture").stderr == said
    again = livecsi("replay", cut_file, *STARTED_AT, "--act", "The Fixture").stderr.splitlines(keepends=True)
    assert (len(again), again[1]) == (2, said)
    assert livecsi("replay", cut_file, *STARTED_AT, "--act", "The Fixtures").stderr == ""
    monkeypatch.setenv("LIVECSI_VENUE__STAGE", "garden")
    assert livecsi("replay", cut_file, *STARTED_AT, "--act", "Delta Wren").stderr == ""
