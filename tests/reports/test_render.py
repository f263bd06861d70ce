"""Every form of a report, looked at with the eyes of the person it is for."""

import csv
import io
import socket
import subprocess
from datetime import UTC, datetime

import pytest

from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.reports import page, profiles, spreadsheet, timeline, words
from livecsi.reports.build import reports_of_night
from livecsi.reports.model import Decision, Status, Usage, Writer
from livecsi.reports.render import FORMATS, render
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, SONGS, write_night


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
    assert "Night of Wednesday 1 May 2024, 21:02:40 to 22:10:55, Europe/Helsinki" in lines
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
    assert "not heard: 21:42:30 for 00:12 (device lost)" in text


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
    assert html.count("Not recognised") == 2
    assert "recognised from the recording by The Tin Harbour" in html
    assert "Unreviewed machine output" in html
    assert words.UNREVIEWED in html
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
    assert "The Tin Harbour · Kulma-sali · 2024-05-01 · unreviewed machine output" in text


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


@pytest.mark.parametrize("name", profiles.names())
def test_every_profile_says_where_it_comes_from(name):
    profile = profiles.load(name)
    assert profile.source
    assert profile.date_checked
    assert profile.grade == "A"
    assert profile.line[0].value == "title"


def test_profiles_that_came_along():
    assert profiles.names() == ["apra", "imro", "jasrac", "koda"]
    with pytest.raises(UsageError, match="no profile 'gema'.*apra, imro"):
        profiles.load("gema")


@pytest.mark.parametrize("name", profiles.names())
def test_nothing_pending_is_ready_to_be_filed(report, name):
    sheet = profiles.sheet(report, profiles.load(name))
    assert sheet.ready == []
    assert len(sheet.waiting) == 12


def test_only_accepted_live_lines_are_ready(report):
    accepted = Decision(status=Status.ACCEPTED)
    report = changed(report, 2, decision=accepted)
    report = changed(report, 3, decision=accepted, usage=Usage.KARAOKE)
    report = changed(report, 4, decision=Decision(status=Status.REJECTED))
    report = changed(report, 6, decision=accepted)
    sheet = profiles.sheet(report, profiles.load("imro"))
    assert sheet.ready == [["Paper Lanterns", "Aino Aalto (composer), Ben Berg (lyricist)", "00:03:43"]]
    assert len(sheet.waiting) == 8
    text = render(report, "text", "imro").decode()
    assert text.index("Paper Lanterns") < text.index("NOT TO BE FILED YET") < text.index("Hard Water")


def test_an_artist_stands_in_only_where_jasrac_asks_for_it(report):
    sheet = profiles.sheet(report, profiles.load("jasrac"))
    column = sheet.columns.index("Original performer")
    assert [row[column] for row in sheet.waiting if row[column]] == ["Kansanlaulukuoro Halla"]
    writers = sheet.columns.index("Writers")
    assert all("Kansanlaulukuoro" not in row[writers] for row in sheet.waiting)


@pytest.mark.parametrize("form", ["table", "csv", "html", "pdf", "text"])
@pytest.mark.parametrize("name", ["koda", "apra"])
def test_copy_sheets_in_every_form(report, name, form):
    written = render(report, form, name)
    assert written.startswith(b"%PDF") or b"Paper Lanterns" in written


def test_a_copy_sheet_is_no_json(report):
    with pytest.raises(UsageError, match="no JSON form"):
        render(report, "json", "koda")


def test_a_broken_profile_is_named(tmp_path, monkeypatch):
    good = (profiles.FOLDER / "koda.toml").read_text()
    (tmp_path / "odd.toml").write_text(good.replace('value = "title"', 'value = "titel"'))
    (tmp_path / "bad.toml").write_text("society = 3")
    (tmp_path / "worse.toml").write_text("society =")
    monkeypatch.setattr(profiles, "FOLDER", tmp_path)
    for name, complaint in {"odd": "asks for 'titel'", "bad": "is broken", "worse": "is broken"}.items():
        with pytest.raises(UsageError, match=complaint):
            profiles.load(name)
