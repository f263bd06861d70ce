"""Every form of a report, looked at with the eyes of the person it is for."""

import csv
import io
import re
import socket
import subprocess
from datetime import UTC, date, datetime

import pytest

from livecsi.ledger.ledger import Ledger
from livecsi.ledger.review import State
from livecsi.reports import language, page, spreadsheet, timeline, words
from livecsi.reports.build import reports_of_night
from livecsi.reports.model import (
    Attestation,
    Decision,
    Edit,
    Filing,
    ItemKind,
    Status,
    Usage,
    Work,
    Writer,
)  # fmt: skip
from livecsi.reports.render import FORMATS, render
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, SONGS, write_night

EN = language.load("en")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("night") / "ledger.sqlite"
    write_night(path, FakeClock())
    with Ledger.open(path, FakeClock()) as ledger:
        return next(iter(reports_of_night(ledger, NIGHT).values()))


def changed(report, seq, **changes):
    """The report with one item changed."""
    items = [item.model_copy(update=changes) if item.seq == seq else item for item in report.items]
    return report.model_copy(update={"items": items})


def with_title(report, title):
    work = report.items[1].work.model_copy(update={"title": title, "writers": [Writer(name=title, role="writer")]})
    return changed(report, 2, work=work)


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_night_gives_the_same_bytes_in_every_form(report, form):
    written = render(report, form)
    assert written
    if form != "pdf":
        assert render(report, form) == written


@pytest.mark.parametrize("form", ["table", "csv", "html", "text", "json"])
def test_every_title_and_writer_is_in_every_form(report, form):
    text = " ".join(render(report, form).decode().replace("&amp;", "&").split())
    for title, _, _, _, _ in SONGS:
        if title and (form != "text" or len(title) < 50):
            assert title in text
    assert "Aino Aalto" in text


def test_the_table_gives_local_times(report):
    lines = render(report, "table").decode().splitlines()
    assert lines[3:6] == ["Night of Wednesday, 1 May 2024, Europe/Helsinki", "Played: 21:09:51 to 22:09:55",
                          "Listened: 21:02:40 to 22:10:55"]  # fmt: skip
    assert any(line.startswith("2   21:09:51  03:43   Paper Lanterns") for line in lines)
    assert any("not recognised" in line for line in lines)


def test_columns_stay_straight_with_wide_letters(report):
    lines = render(with_title(report, "紙の灯り"), "table").decode().splitlines()
    assert any("紙の灯り" in line for line in lines)


def test_the_list_for_paper_has_room_to_write_and_to_sign(report):
    text = render(report, "text").decode()
    assert max(len(line) for line in text.splitlines()[:-4]) <= 78
    assert text.count("not recognised; title and writers by hand") == 2
    assert "Performer: ____" in text
    assert "nobody has checked it yet" in text
    assert "Nobody listened from 21:42:30 (device lost): 00:12" in text


def test_csv_has_a_line_per_item(report):
    rows = list(csv.DictReader(io.StringIO(render(report, "csv").decode())))
    assert len(rows) == 13
    assert rows[1]["title"] == "Paper Lanterns"
    assert rows[1]["writer_ipis"] == "00014107338"
    assert rows[5]["title"] == ""
    assert {row["decision"] for row in rows} == {"pending"}


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_a_title_is_never_a_formula(formula):
    assert spreadsheet.as_csv(["a"], [[formula]]).splitlines()[1].lstrip('"').startswith("'")


def test_numbers_stay_numbers():
    assert spreadsheet.as_csv(["a"], [[-1.5]]).splitlines()[1] == "-1.5"


def test_a_title_is_never_markup(report):
    hostile = '<script>alert("x")</script>'
    html = render(with_title(report, hostile), "html").decode()
    assert hostile not in html
    assert "&lt;script&gt;" in html


def test_the_page_says_what_it_is(report):
    html = render(report, "html").decode()
    assert html.count("not recognised") == 2
    assert "recognised from the recording by The Tin Harbour" in html
    assert "Unreviewed machine output" in html
    assert html.count(EN("warning_unreviewed")) == 2
    assert "http" not in html.replace("http-equiv", "")
    assert report.provenance.ledger_hash[:32] in html


def test_a_name_is_doubted_in_print_only_by_a_real_rival(report):
    sure, doubtful, unknown = report.items[1], report.items[9], report.items[5]
    assert words.worth_a_look(sure) == []
    assert [other.title for other in words.worth_a_look(doubtful)] == ["Little Machines"]
    assert len(words.worth_a_look(unknown)) == 2


def test_a_page_of_a_silent_night(report):
    coverage = report.coverage.model_copy(update={"identified_s": 0.0, "unknown_s": 0.0, "is_complete": False})
    silent = report.model_copy(update={"items": [], "coverage": coverage})
    html = render(silent, "html").decode()
    assert "No music was heard" in html
    assert "broke off" in html
    assert "broke off" in render(silent, "text").decode()
    assert "0 songs named, 0 open" in render(silent, "table").decode()


def test_the_pdf_is_a_document_that_can_be_searched(report, tmp_path):
    path = tmp_path / "report.pdf"
    path.write_bytes(render(report, "pdf"))
    assert path.read_bytes().startswith(b"%PDF-")
    pytest.importorskip("weasyprint")
    try:
        text = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout
    except FileNotFoundError:
        return
    assert "Paper Lanterns" in text
    assert "The Tin Harbour · Kulma-sali · 2024-05-01 · Unreviewed machine output" in text


def test_a_page_never_fetches_anything():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        written = page.pdf(f'<img src="{address}"><img src="file:///etc/hostname"><p>x')
        with pytest.raises(TimeoutError):
            server.accept()
    assert written.startswith(b"%PDF")


def test_the_strip_stays_inside_the_page(report):
    bars = timeline.bars(report)
    assert sum(bar.kind == "unknown" for bar in bars) == 2
    assert bars[-1].kind == "gap"
    assert all(bar.x >= 0 and bar.x + bar.width <= timeline.WIDTH + timeline.NARROWEST for bar in bars)
    labels = [tick.label for tick in timeline.ticks(report)]
    assert labels == ["21:10", "21:20", "21:30", "21:40", "21:50", "22:00", "22:10"]


def test_times_in_a_night_in_which_the_clocks_change_carry_their_offset(report):
    start, end = datetime(2024, 10, 26, 23, 30, tzinfo=UTC), datetime(2024, 10, 27, 1, 30, tzinfo=UTC)
    event = report.event.model_copy(update={"start_utc": start, "end_utc": end})
    night = report.model_copy(update={"event": event})
    assert words.local_time(datetime(2024, 10, 27, 0, 30, tzinfo=UTC), night) == "03:30:00 UTC+03:00"
    assert words.local_time(datetime(2024, 10, 27, 1, 30, tzinfo=UTC), night) == "03:30:00 UTC+02:00"


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (0, "00:00", "00:00:00"),
        (59.6, "01:00", "00:01:00"),
        (3599.4, "59:59", "00:59:59"),
        (3725, "1:02:05", "01:02:05"),
    ],
)
def test_lengths(seconds, short, long):
    assert (words.length(seconds), words.hours_minutes_seconds(seconds)) == (short, long)


@pytest.mark.parametrize(("fraction", "text"), [(0.004, "0"), (0.996, "99"), (1.0, "100"), (0.5, "50")])
def test_nothing_uncertain_is_a_hundred_percent(fraction, text):
    assert words.percent(fraction) == f"{text}\N{NO-BREAK SPACE}%"


def reviewed(report):
    """The night after a person went through it: two lines changed, one struck out, a medley, signed by both."""
    said = {"by": "Maija", "at": datetime(2024, 5, 2, 9, 0, tzinfo=UTC)}
    work = Work(title="Kotimatka", writers=[Writer(name="Outi Orava", role="lyricist")])
    for item in report.items:
        report = changed(report, item.seq, decision=Decision(status=Status.ACCEPTED, **said))
    report = changed(report, 3, decision=Decision(status=Status.REJECTED, note="never played", **said))
    report = changed(report, 4, kind=ItemKind.MEDLEY_PART, usage=Usage.LIVE_WITH_BACKING)
    report = changed(report, 6, work=work, usage=Usage.LIVE, decision=Decision(status=Status.CORRECTED, **said))
    report = changed(report, 12, section="encore", kind=ItemKind.SNIPPET)
    report = changed(report, 13, section="encore")
    signed = [
        Attestation(role=role, name=name, at=said["at"], statement="played", report_sha256="0123456789abcdef" * 4)
        for role, name in {"performer": "Aino Aalto", "venue": "Maija Mallikas"}.items()
    ]
    filed = Filing(
        revision=2, society="Koda", profile="koda", recorded_at=said["at"], filed_on=date(2024, 5, 3),
        filed_by="Maija", reference="K-17", report_sha256="0" * 64,
    )  # fmt: skip
    changes = {"review_state": State.FILED, "revision": 2, "attestations": signed, "filings": [filed]}
    return report.model_copy(update=changes)


@pytest.mark.parametrize("form", ["html", "text"])
def test_a_reviewed_report_shows_who_decided_what(report, form):
    text = " ".join(re.sub(r"<[^>]+>", " ", render(reviewed(report), form).decode()).split())
    assert EN("warning_unreviewed") not in text
    for phrase in ("accepted by Maija", "rejected by Maija", "corrected by Maija", "never played", "snippet",
                   "part of the medley", "live to a backing track", "Aino Aalto, signed 2024-05-02 12:00"
                   if form == "text" else "Aino Aalto signed 2024-05-02 12:00", "0123456789abcdef", "revision 2",
                   "Koda: filed 3 May 2024, by Maija, reference K-17, revision 2, due 1 Jun 2024"):  # fmt: skip
        assert phrase in text
    assert text.casefold().count(" encore ") == 1
    assert "0123456789abcdef0" not in text


def test_a_filing_under_a_profile_that_is_gone_is_still_printed(report):
    signed = reviewed(report)
    gone = signed.filings[0].model_copy(update={"profile": "akm"})
    text = render(signed.model_copy(update={"filings": [gone]}), "text").decode()
    assert "Koda: filed 3 May 2024, by Maija, reference K-17, revision 2\n" in text


def test_a_struck_out_line_is_struck_out_and_a_medley_part_indented(report):
    html = render(reviewed(report), "html").decode()
    assert html.count('<tr class="rejected song">') == 1
    assert html.count('<tr class="song medley_part">') == 1
    lines = render(reviewed(report), "table").decode().splitlines()
    assert sum("    Ninety Winters" in line for line in lines) == 1
    assert "-- Encore --" in lines


def test_what_a_person_corrected_has_no_confidence(report):
    item = reviewed(report).items[5]
    assert item.work.title == "Kotimatka"
    assert words.sureness(item, EN) == ""
    assert "Kotimatka" in render(reviewed(report), "html").decode()


def test_a_band_is_a_word_only_when_it_was_measured(report):
    assert words.sureness(report.items[1], EN) == "high 99\N{NO-BREAK SPACE}%"
    unmeasured = report.items[1].evidence.model_copy(update={"band_basis": "uncalibrated"})
    assert words.sureness(changed(report, 2, evidence=unmeasured).items[1], EN) == "99\N{NO-BREAK SPACE}% uncalibrated"


def test_lost_decisions_are_told(report):
    lost = report.model_copy(update={"orphaned_edits": [Edit(verb="accept", by="Maija", at=report.event.end_utc)]})
    assert "1 decision about a line that is no longer" in " ".join(render(lost, "text").decode().split())
    assert "no longer" not in render(report, "text").decode()


@pytest.mark.parametrize("kind", [ItemKind.MEDLEY, ItemKind.IMPROVISATION])
def test_what_has_no_title_by_nature_is_called_what_it_is(report, kind):
    night = changed(report, 6, kind=kind, usage=Usage.LIVE)
    assert words.title(night.items[5], EN) == kind.value
    assert words.tags(night.items[5], EN) == []
    assert render(night, "text").decode().count("title and writers by hand") == 1
    assert render(night, "html").decode().count("not recognised") == 1


@pytest.mark.parametrize("code", language.codes())
def test_the_plan_stands_with_the_sources_when_there_was_one(report, code):
    say = language.load(code)
    sources = [source.model_copy(update={"plan_id": "9a" * 32}) for source in report.provenance.sessions]
    planned = report.model_copy(update={"provenance": report.provenance.model_copy(update={"sessions": sources})})
    assert render(planned, "text", None, code).decode().count(f"\n{say('source_plan')} {'9a' * 8}\n") == 1
    assert f"<td>{say('source_plan')}</td><td>{'9a' * 8}</td>" in render(planned, "html", None, code).decode()
    assert all(say("source_plan") not in render(report, form, None, code).decode() for form in ("text", "html"))
