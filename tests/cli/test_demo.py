"""`livecsi demo` is the first thing a newcomer runs; it has to find everything, and it fails when it does not."""

import json
import os
import subprocess
import sys

import pytest

from tests.reports.test_build import validate

PLAYED = (
    "Korobeiniki", "Auld Lang Syne", "When the Saints Go Marching In", "House of the Rising Sun", "Greensleeves",
    "Londonderry Air", "Drunken Sailor", "Amazing Grace",
)  # fmt: skip


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The whole program as an installed one runs, in a process of its own, in a Finnish house."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "livecsi.cli", "demo", "--state-dir", str(folder / "state")]
    finnish = {**os.environ, "LIVECSI_VENUE__LANGUAGE": "fi"}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env=finnish)
    return folder / "state", answer


def test_it_finds_every_song_of_the_catalogue_and_names_no_stranger(demo):
    _, answer = demo
    assert answer.returncode == 0, answer.stdout + answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[0].split() == ["really", "played", "what", "livecsi", "heard"]
    for title in PLAYED:
        (line,) = [line for line in lines if title in line.split("|")[0]]
        assert title in line.split("|")[1]
    (stranger,) = [line for line in lines if "not in the catalogue" in line]
    assert "unknown" in stranger.split("|")[1]
    assert "8 of 8 catalogue songs found, 0 wrong names, unknown songs left unknown: 100%" in answer.stdout


def test_it_says_what_it_does_on_stderr_and_only_there(demo):
    _, answer = demo
    assert answer.stderr.count("added   ") == 10
    assert "added" not in answer.stdout and "Traceback" not in answer.stderr


def test_it_writes_the_report_three_times_and_says_where(demo):
    state, answer = demo
    paths = sorted((state / "reports").iterdir())
    assert [path.name for path in paths] == [f"setlist-2024-05-01.{form}" for form in ("html", "json", "pdf")]
    assert all(f"report: {path}" in answer.stdout for path in paths)
    assert paths[2].read_bytes().startswith(b"%PDF")
    report = json.loads(paths[1].read_text())
    validate(report)
    assert [item["work"]["title"] for item in report["items"] if item["work"]] == list(PLAYED)
    page = paths[0].read_text()
    assert all(title in page for title in PLAYED)
    assert '<html lang="fi">' in page and "Ohjelmailmoitus" in page


def test_in_a_state_that_has_it_already_it_says_so_instead_of_hearing_half(demo, livecsi):
    state, _ = demo
    answer = livecsi("demo", "--state-dir", state)
    assert answer.exit_code == 1
    assert answer.stderr.splitlines()[-1].endswith("has this demonstration already (choose an empty --state-dir)")
