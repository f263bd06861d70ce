"""A tape of a song that the catalogue knows: it keeps its name, and nobody is paid for playing it."""

import csv
import io
import re
import subprocess

import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.lines import Status, Usage
from livecsi.ledger.night import ReportKey, nights
from livecsi.ledger.plans import repertoire
from livecsi.ledger.review import Reviewer
from livecsi.reports import copysheet, language, profiles, timeline, words
from livecsi.reports.build import reports_of_night
from livecsi.reports.render import render, render_night
from livecsi.types import Kind, Performance
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, candidate, write_night

KEY = ReportKey(NIGHT, "The Tin Harbour", "main")
EN = language.load("en")
TAPE = "Little Machines"
PRINTED = f"recorded music: {TAPE}"


@pytest.fixture
def ledger(tmp_path):
    """Before the only song of the band, a record of another one; both are named with the same confidence."""
    tape, song = candidate(7, TAPE, "Delta Wren", 0.99), candidate(2, "Slow Ferry Home", "The Tin Harbour", 0.99)
    lines = [
        Performance(20.0, 220.0, Kind.RECORDED, 0.99, 0.9, tape),
        Performance(300.0, 540.0, Kind.SONG, 0.99, 0.9, song),
    ]
    write_night(tmp_path / "ledger.sqlite", FakeClock(), lines=lines)
    with Ledger.open(tmp_path / "ledger.sqlite", FakeClock()) as ledger:
        yield ledger


@pytest.fixture
def reviewer(ledger):
    return Reviewer(ledger, KEY, "Aino")


def the_report(ledger):
    return reports_of_night(ledger, NIGHT)[KEY]


def ids(reviewer):
    return [line.item_id for line in reviewer.review().lines]


def sheets(report):
    """The titles that are ready and those that wait, on every society's sheet."""
    for name in profiles.names():
        sheet = copysheet.fill(report, profiles.load(name), EN)
        yield str(sheet.ready), str(sheet.waiting)


def test_every_printed_form_says_what_it_is_and_which(ledger):
    report = the_report(ledger)
    for form in ("table", "text"):
        assert PRINTED in render(report, form).decode()
    html = render(report, "html").decode()
    assert f'<div class="title">{PRINTED}</div>' in html
    assert re.search(r'<tr class="aside song">\s*<td class="seq">1</td>', html)
    row = next(csv.DictReader(io.StringIO(render(report, "csv").decode())))
    assert (row["title"], row["usage"], row["decision"]) == (TAPE, "background", "pending")


def test_the_pdf_says_so_too(ledger, tmp_path):
    (tmp_path / "report.pdf").write_bytes(render(the_report(ledger), "pdf"))
    command = ["pdftotext", "-layout", tmp_path / "report.pdf", "-"]
    text = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    assert PRINTED in text


@pytest.mark.parametrize("code", language.codes())
def test_it_is_said_in_every_language(ledger, code):
    said = f"{language.load(code)('recorded_music')}: {TAPE}"
    assert said in render(the_report(ledger), "html", None, code).decode()


def test_it_is_no_song_of_the_act_and_nothing_open(ledger):
    report = the_report(ledger)
    assert words.counted(report, EN) == "1 song named, 0 open"
    assert report.coverage.identified_s == 240.0
    assert [bar.kind for bar in timeline.bars(report)][:2] == ["other", "song"]
    assert TAPE not in render_night([report], "table").decode()
    ((act,),) = [night.acts for night in nights(ledger)]
    assert (act.songs, act.unknown) == (1, 0)


def test_decided_or_not_it_is_on_no_copy_sheet_and_in_no_setlist(ledger, reviewer):
    for _ in ("pending", "accepted"):
        report = the_report(ledger)
        assert all(TAPE not in ready + waiting for ready, waiting in sheets(report))
        assert all(TAPE not in render(report, form).decode() for form in ("setlistfm", "musicbrainz"))
        reviewer.edit("accept", item_ids=ids(reviewer))
    assert the_report(ledger).items[0].decision.status is Status.ACCEPTED


def test_it_is_never_accepted_among_the_sure_lines(reviewer):
    assert [line.title for line in reviewer.review().lines if line.is_sure] == ["Slow Ferry Home"]


def test_it_is_not_expected_of_the_act_the_next_night(ledger, reviewer):
    reviewer.edit("accept", item_ids=ids(reviewer))
    assert repertoire(ledger, KEY.act, NIGHT.replace(day=2)) == ["work-2"]


def test_a_person_can_say_that_it_was_live(ledger, reviewer):
    reviewer.edit("change", item_ids=ids(reviewer)[:1], changes={"usage": "live"})
    report = the_report(ledger)
    assert (report.items[0].usage, words.title(report.items[0], EN)) == (Usage.LIVE, TAPE)
    assert words.counted(report, EN) == "2 songs named, 0 open"
    assert all(TAPE not in ready and TAPE in waiting for ready, waiting in sheets(report))
    reviewer.edit("accept", item_ids=ids(reviewer))
    report = the_report(ledger)
    assert all(TAPE in ready for ready, _ in sheets(report))
    assert TAPE in render(report, "setlistfm").decode()
