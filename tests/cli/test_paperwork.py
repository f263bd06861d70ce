"""Reports in other languages, the venue's night, deadlines, and works from a table, as a person or a script asks."""

import json
from datetime import timedelta

import pytest

from livecsi.catalogue.sqlite import Catalogue
from tests.fakes import FakeClock
from tests.reports.made_up_night import STARTED_AT, write_night

NIGHT = ("report", "--night", "2024-05-01")


@pytest.fixture
def two_acts(state):
    write_night(state / "ledger.sqlite", FakeClock())
    write_night(state / "ledger.sqlite", FakeClock(), act="Meren Talo", started_at=STARTED_AT + timedelta(hours=2))


@pytest.fixture
def song(state):
    with Catalogue.open(state / "catalogue.sqlite", FakeClock()) as catalogue:
        return catalogue.add_recording(
            title="Paper Lanterns", artist="The Tin Harbour", duration_seconds=200.5, audio_sha256="a" * 64,
            source_name="x.flac", work_key="w1",
        )  # fmt: skip


def test_the_language_of_the_house_and_the_one_asked_for(livecsi, two_acts, monkeypatch):
    monkeypatch.setenv("LIVECSI_VENUE__LANGUAGE", "fi")
    assert "OHJELMAILMOITUS" in livecsi(*NIGHT, "--act", "Meren Talo").stdout
    assert "LÅTLISTA" in livecsi(*NIGHT, "--act", "Meren Talo", "--language", "sv").stdout
    answer = livecsi(*NIGHT, "--act", "Meren Talo", "--language", "et")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "no language 'et'" in answer.stderr


def test_all_acts_of_a_night_on_one_page(livecsi, two_acts, tmp_path):
    answer = livecsi(*NIGHT, "--format", "night")
    assert "The Tin Harbour" in answer.stdout and "Meren Talo" in answer.stdout
    for name, begins in {"night.pdf": b"%PDF", "night.html": b"<!DOCTYPE html>"}.items():
        assert livecsi(*NIGHT, "--format", "night", "--output", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert livecsi(*NIGHT, "--format", "night", "--output", str(tmp_path / "night.csv")).exit_code == 2
    assert "or all with --format night" in livecsi(*NIGHT).stderr


def test_deadlines_for_people_and_for_scripts(livecsi, two_acts):
    lines = livecsi(*NIGHT, "--deadlines").stdout.splitlines()
    assert lines[4].startswith("Teosto (FI)")
    assert any(line.startswith("JASRAC (JP)") and "6 May 2024" in line for line in lines)
    assert "this date is past" not in lines[4] and all(
        "this date is past" in line for line in lines if "2024  " in line
    )
    listed = json.loads(livecsi(*NIGHT, "--deadlines", "--profile", "koda", "--format", "json").stdout)
    koda = {"profile": "koda", "society": "Koda (DK)", "due": "2024-06-01", "filed_on": None, "overdue": True}
    assert [(one["act"], one["deadlines"]) for one in listed] == [("The Tin Harbour", [koda]), ("Meren Talo", [koda])]
    assert livecsi(*NIGHT, "--deadlines", "--profile", "akm").exit_code == 2
    assert livecsi(*NIGHT, "--deadlines", "--format", "pdf").exit_code == 2


@pytest.mark.parametrize("form", ["setlistfm", "musicbrainz"])
def test_event_texts_keep_quiet_about_what_nobody_checked(livecsi, two_acts, form):
    text = livecsi(*NIGHT, "--act", "Meren Talo", "--format", form).stdout
    assert "Paper Lanterns" not in text
    assert text.casefold().count("not identified") == 12


def test_works_are_completed_from_a_table(livecsi, song, tmp_path):
    table = tmp_path / "works.csv"
    table.write_text("work_id,writers,society_ids\nw1,Aino Aalto (composer),GEMA=12\nw2,Ben,\n")
    answer = livecsi("catalogue", "works", "import", str(table), "--json")
    assert answer.exit_code == 0
    assert [one["outcome"] for one in json.loads(answer.stdout)] == ["updated", "unmatched"]
    assert "1 updated, 0 known, 1 unmatched, 0 failed" in answer.stderr
    shown = json.loads(livecsi("catalogue", "show", "1", "--json").stdout)
    assert shown["writers"] == [{"name": "Aino Aalto", "role": "composer", "ipi": None}]
    assert shown["society_ids"] == {"GEMA": "12"}
    assert "GEMA: 12" in livecsi("catalogue", "show", "1").stdout


def test_a_row_that_makes_no_sense_is_a_finding_and_the_rest_is_done(livecsi, song, tmp_path):
    table = tmp_path / "works.csv"
    table.write_text("work_id,iswc,publishers\nw1,T-345246800-1,\nw1,,Satama\n")
    answer = livecsi("catalogue", "works", "import", str(table))
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "line 2: ISWC 'T-345246800-1' was mistyped" in answer.stderr
    assert json.loads(livecsi("catalogue", "show", "1", "--json").stdout)["publishers"] == ["Satama"]
    assert livecsi("catalogue", "works", "import", str(tmp_path / "none.csv")).exit_code == 3
