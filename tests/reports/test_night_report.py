"""The venue's night on one page, and what a printer makes of the longest night of the year."""

import subprocess

import pytest

from livecsi.errors import UsageError
from livecsi.reports import language
from livecsi.reports.render import render, render_night
from tests.reports.two_acts import reports


def pdf_text(path, document):
    path.write_bytes(document)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


def test_all_acts_are_on_it_with_what_is_open_and_what_is_due():
    text = render_night(reports(), "table").decode()
    for phrase in ("Kulma-sali", "Saturday, 26 October 2024", "Meren Talo", "The Tin Harbour", "Open lines: 0",
                   "Open lines: 5", "23:39:50 to 00:17:39", "03:24:50 UTC+03:00 to 03:22:03 UTC+02:00",
                   "Nobody listened from 03:50:00 UTC+03:00 (the input went away)",
                   "recorded 28 Oct 2024"):  # fmt: skip
        assert phrase in text
    assert "Ninety Winters" not in text
    due = text[text.index("Deadlines") :].splitlines()
    assert due[2].split() == ["Society", "Due", "Meren", "Talo", "The", "Tin", "Harbour"]
    assert due[4].split() == ["Teosto", "(FI)", "none", "known", "recorded", "28", "Oct", "2024", "none", "recorded"]


@pytest.mark.parametrize("code", language.codes())
def test_pages_of_two_acts_that_cross_midnight_and_the_change_of_clocks(tmp_path, code):
    say = language.load(code)
    text = pdf_text(tmp_path / "report.pdf", render(reports()[1], "pdf", None, code))
    assert text.count("\f") == 2
    squeezed = "".join(text.split())  # letter-spaced headings come out of a PDF in pieces
    for phrase in ("03:58:40", "03:03:30", "UTC+03:00", "UTC+02:00", "Goodnight,Satama", "1/2", "2/2",
                   "".join(say("section_encore").upper().split()), say("signer_performer").upper()):  # fmt: skip
        assert phrase in squeezed
    assert text.index("03:58:40") < text.index("03:03:30")
    night = pdf_text(tmp_path / "night.pdf", render_night(reports(), "pdf", code))
    assert night.count("\f") == 2
    assert "Meren Talo" in night and "GEMA (DE)" in night


def test_a_night_has_no_spreadsheet():
    with pytest.raises(UsageError, match="no form 'csv'"):
        render_night(reports(), "csv")
