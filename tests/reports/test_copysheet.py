"""Copy sheets: what is ready is true for that society, and what is not ready can never slip in."""

import random
from datetime import date, timedelta
from html import unescape
from pathlib import Path

import pytest

from livecsi.errors import UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.reports import copysheet, fields, language, profiles
from livecsi.reports.build import reports_of_night
from livecsi.reports.model import Decision, Filing, ItemKind, Money, SetlistReport, Status, Usage, Work, Writer
from livecsi.reports.render import render
from tests.fakes import FakeClock
from tests.reports.made_up_night import NIGHT, write_night

EN = language.load("en")
PUBLIC = ["apra", "imro", "jasrac", "koda"]
DECIDED = {Status.ACCEPTED, Status.CORRECTED, Status.ADDED_BY_HUMAN}
NEVER_LIVE = {Usage.BACKGROUND, Usage.PLAYBACK_TAPE, Usage.KARAOKE, Usage.SPEECH, Usage.UNCLEAR}


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> SetlistReport:
    path = tmp_path_factory.mktemp("night") / "ledger.sqlite"
    write_night(path, FakeClock())
    with Ledger.open(path, FakeClock()) as ledger:
        return next(iter(reports_of_night(ledger, NIGHT).values()))


def changed(report, seq, **changes):
    items = [item.model_copy(update=changes) if item.seq == seq else item for item in report.items]
    return report.model_copy(update={"items": items})


def fill(report, name):
    return copysheet.fill(report, profiles.load(name), EN)


def random_report(report, dice):
    """The night with every line given any kind, usage and decision, and a title that names all three."""
    items = []
    for item in report.items:
        kind, usage, status = dice.choice(list(ItemKind)), dice.choice(list(Usage)), dice.choice(list(Status))
        work = Work(title=f"{item.seq}|{kind}|{usage}|{status}") if dice.random() < 0.9 else None
        section = dice.choice(["main", "encore", "intro", "outro"])
        changes = {"kind": kind, "usage": usage, "decision": Decision(status=status), "work": work, "section": section}
        items.append(item.model_copy(update=changes))
    return report.model_copy(update={"items": items})


@pytest.mark.parametrize("name", profiles.names())
def test_nothing_but_decided_live_works_is_ever_ready(report, name):
    dice, profile = random.Random(name), profiles.load(name)
    column = next(number for number, field in enumerate(profile.line) if field.value == "title")
    ready = 0
    for _ in range(150):
        night = random_report(report, dice)
        sheet = copysheet.fill(night, profile, EN)
        ready += len(sheet.ready)
        for line in sheet.ready:
            seq, kind, usage, status = line[column].split("|")
            assert (Status(status) in DECIDED, Usage(usage) in profile.live) == (True, True)
            assert Usage(usage) not in NEVER_LIVE
            assert ItemKind(kind) is not ItemKind.MEDLEY
        for line in sheet.waiting:
            assert "|rejected" not in line[column] and "|medley|" not in line[column]
        lines = [item for item in night.items if item.kind is not ItemKind.MEDLEY]
        assert len(sheet.ready) + len(sheet.waiting) + sheet.nameless + sheet.left_out == len(lines)
    assert ready > 50


@pytest.mark.parametrize("name", profiles.names())
def test_every_decided_live_work_is_ready(report, name):
    decided = report.model_copy(
        update={"items": [item.model_copy(update={"decision": Decision(status=Status.ACCEPTED)})
                          for item in report.items]}
    )  # fmt: skip
    assert len(fill(decided, name).ready) == 10
    assert len(fill(decided, name).waiting) == 0, "a person has seen them; usage stays unclear only in this test"


@pytest.mark.parametrize("kind", [ItemKind.UNKNOWN, ItemKind.IMPROVISATION])
@pytest.mark.parametrize("name", profiles.names())
def test_what_was_played_without_a_name_is_on_no_sheet_and_waits_for_nobody(report, name, kind):
    accepted = Decision(status=Status.ACCEPTED)
    before = fill(report, name)
    night = changed(report, 6, kind=kind, usage=Usage.LIVE, decision=accepted)
    sheet = fill(night, name)
    assert (sheet.ready, sheet.nameless, sheet.left_out) == ([], 1, before.left_out)
    assert len(sheet.waiting) == len(before.waiting) - 1
    assert "it was played and has no name" in render(night, "text", name).decode()


@pytest.mark.parametrize(("name", "label"), [("siae", "Number of pieces"), ("imro", "Overall time (hh:mm:ss)")])
def test_the_head_counts_and_adds_up_exactly_the_lines_of_the_sheet(report, name, label):
    dice, profile = random.Random(name), profiles.load(name)
    said = set()
    for _ in range(150):
        sheet = copysheet.fill(random_report(report, dice), profile, EN)
        expected = str(len(sheet.ready)) if name == "siae" else added_up([line[-1] for line in sheet.ready])
        assert dict(sheet.head)[label] == (expected if sheet.ready else "")
        said.add(expected)
    assert len(said) > 3
    assert dict(copysheet.fill(report, profile, EN).head)[label] == ""


def added_up(lengths):
    """hh:mm:ss of many hh:mm:ss, as a person with a pencil would do it."""
    parts = [[int(part) for part in length.split(":")] for length in lengths]
    minutes, seconds = divmod(sum(hours * 3600 + mins * 60 + secs for hours, mins, secs in parts), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"


@pytest.mark.parametrize("code", language.codes())
@pytest.mark.parametrize("name", ["koda", "gema", "siae"])
def test_writers_nobody_entered_are_marked_and_warned_of(report, name, code):
    say = language.load(code)
    entered = Work(title="Hard Water", writers=[Writer(name="Aino Aalto", role="composer")])
    proposed = entered.model_copy(update={"writers_source": "tags"})
    for work, is_marked in ((entered, False), (proposed, True)):
        night = changed(report, 7, work=work, decision=Decision(status=Status.ACCEPTED))
        sheet = copysheet.fill(night, profiles.load(name), say)
        cells = [cell for cell in sheet.ready[0] if "Aino Aalto" in cell]
        assert cells and all((say("writers_from_tags") in cell) == is_marked for cell in cells)
        assert sheet.incomplete == ([say("sheet_writers_from_tags", title="Hard Water")] if is_marked else [])
        forms = [render(night, form, profile, code) for form in ("html", "csv") for profile in (None, name)]
        forms += [render(night, "table", None, code), render(night, "table", name, code)]
        assert {say("writers_from_tags") in unescape(page.decode()) for page in forms} == {is_marked}


def test_no_profile_can_call_a_tape_live(tmp_path, monkeypatch):
    good = (profiles.FOLDER / "koda.toml").read_text()
    monkeypatch.setattr(profiles, "FOLDER", tmp_path)
    for usage in NEVER_LIVE:
        (tmp_path / "odd.toml").write_text(good.replace('live = ["live"', f'live = ["{usage.value}"'))
        with pytest.raises(UsageError, match="is broken"):
            profiles.load("odd")


def test_societies_disagree_on_what_is_live(report):
    accepted = Decision(status=Status.ACCEPTED)
    night = changed(report, 2, usage=Usage.LIVE_WITH_BACKING, decision=accepted)
    night = changed(night, 3, usage=Usage.DJ_FEATURED, decision=accepted)
    counted = {name: len(fill(night, name).ready) for name in ("jasrac", "siae", "prs_concerts", "teosto", "socan")}
    assert counted == {"jasrac": 1, "siae": 0, "prs_concerts": 2, "teosto": 2, "socan": 2}
    assert "lines are left out" in render(night, "text", "siae").decode()


@pytest.mark.parametrize("name", profiles.names())
def test_a_sheet_says_what_is_known_about_its_columns(report, name):
    profile = profiles.load(name)
    assert profile.source and profile.date_checked and profile.filed_by
    assert profile.columns_public == (name in PUBLIC)
    for form in ("text", "csv", "html"):
        text = " ".join(render(report, form, name).decode().split()).casefold()
        assert ("columns not publicly documented; fields are the common minimum" in text) != profile.columns_public


@pytest.mark.parametrize(("name", "grade"), [("ascap", "A/C"), ("sesac", "A old"), ("buma", "B/C"), ("koda", "A")])
def test_a_sheet_says_how_good_its_source_is(report, name, grade):
    assert f"checked 2026-11 (grade {grade})." in " ".join(render(report, "text", name).decode().split())


@pytest.mark.parametrize("name", [name for name in profiles.names() if profiles.load(name).grade.startswith("A")])
def test_what_a_society_says_itself_can_be_looked_up(name):
    assert profiles.load(name).source.startswith("https://")


def test_profiles_that_came_along():
    known = "apra ascap bmi buma gema imro jasrac koda prs_concerts prs_gigs_clubs sacem sesac siae socan stim suisa"
    assert profiles.names() == sorted([*known.split(), "teosto", "tono", "tono_organisers"])
    with pytest.raises(UsageError, match="no profile 'akm'.*apra, ascap"):
        profiles.load("akm")


@pytest.mark.parametrize("name", profiles.names())
def test_the_clerks_page_tells_the_truth_about_every_profile(name):
    page = (Path(__file__).parents[2] / "docs" / "filing.md").read_text(encoding="utf-8")
    (row,) = [line for line in page.splitlines() if line.startswith(f"| `{name}` |")]
    profile = profiles.load(name)
    assert profile.name in row
    assert f"| {', '.join(profile.live)} | {'yes' if profile.columns_public else 'no'} |" in row


@pytest.mark.parametrize(
    ("name", "due"),
    [("koda", date(2025, 2, 28)), ("jasrac", date(2025, 2, 5)), ("stim", date(2026, 12, 31)), ("teosto", None),
     ("gema", date(2025, 3, 14)), ("siae", date(2025, 2, 1)), ("prs_concerts", date(2028, 1, 31)),
     ("socan", date(2026, 1, 31)), ("imro", date(2025, 4, 30)), ("tono", date(2025, 10, 1)),
     ("tono_organisers", date(2025, 2, 10))],
)  # fmt: skip
def test_due_dates(name, due):
    assert profiles.load(name).deadline.due(date(2025, 1, 31)) == due


@pytest.mark.parametrize(
    ("night", "due"),
    [(date(2024, 6, 30), date(2024, 10, 1)), (date(2024, 7, 1), date(2025, 2, 1)),
     (date(2024, 12, 31), date(2025, 2, 1))],
)  # fmt: skip
def test_tono_takes_each_half_of_the_year_on_its_own_date(night, due):
    assert profiles.load("tono").deadline.due(night) == due


@pytest.mark.parametrize("code", language.codes())
def test_a_date_of_tono_says_whose_it_is(report, code):
    from livecsi.reports import deadlines

    say = language.load(code)
    at_home = report.model_copy(update={"venue": report.venue.model_copy(update={"country": "NO"})})
    first, second = deadlines.table([at_home], say)[1:3]
    assert first[:2] == ["TONO Organisers (NO)", say.short_date(date(2024, 5, 11))]
    assert second[:2] == ["TONO Members (NO)", say.short_date(date(2024, 10, 1))]
    for name, filer in {"tono": "performer", "tono_organisers": "organiser"}.items():
        assert say(f"filer_{filer}") in copysheet.disclaimer(copysheet.fill(at_home, profiles.load(name), say), say)


def test_a_month_after_a_day_that_the_next_month_does_not_have():
    month = profiles.Deadline(months=1)
    assert month.due(date(2024, 1, 30)) == date(2024, 2, 29)
    assert month.due(date(2024, 12, 15)) == date(2025, 1, 15)
    assert month.due(date(2024, 11, 30)) == date(2024, 12, 30)


def test_bmi_labels_medleys_and_walking_music(report):
    accepted = Decision(status=Status.ACCEPTED)
    night = changed(report, 2, section="intro", decision=accepted)
    night = changed(night, 3, kind=ItemKind.MEDLEY_PART, decision=accepted)
    assert [line[-1] for line in fill(night, "bmi").ready] == ["Intro", "part of the medley"]


def test_siae_counts_in_whole_minutes_and_names_composers(report):
    night = changed(report, 2, decision=Decision(status=Status.ACCEPTED), duration_s=20.0)
    night = changed(night, 3, decision=Decision(status=Status.ACCEPTED), duration_s=150.0)
    assert [line[1:3] for line in fill(night, "siae").ready] == [["Aino Aalto", "1"], ["Aino Aalto", "3"]]


def written_by(report, *roles):
    """The night with one song ready, by people in these roles."""
    work = Work(title="Ninety Winters", writers=[Writer(name="Cai Cho", role=role) for role in roles])
    return changed(report, 2, work=work, decision=Decision(status=Status.ACCEPTED))


@pytest.mark.parametrize(
    ("name", "roles", "asked"),
    [("siae", [], "a composer,"), ("siae", ["lyricist", "arranger"], "a composer,"), ("siae", ["writer"], None),
     ("gema", ["lyricist"], "a composer,"), ("gema", ["composer-lyricist"], None),
     ("buma", [], "a composer or lyricist,"), ("buma", ["arranger"], "a composer or lyricist,"),
     ("buma", ["lyricist"], None), ("jasrac", [], None), ("koda", [], None)],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "csv", "html"])
def test_a_title_without_the_writer_that_a_form_asks_for_stays_and_is_pointed_out(report, name, roles, asked, form):
    night = written_by(report, *roles)
    text = render(night, form, name).decode()
    warning = f"Ninety Winters: {profiles.load(name).society} asks for {asked or ''}"
    assert (warning in text) == (asked is not None)
    assert len(fill(night, name).ready) == 1


def test_a_society_finds_its_own_numbers_and_the_publishers(report):
    work = Work(title="Paper Lanterns", society_ids={"Gema": "1234", "JASRAC": "0A1"}, publishers=["Satama Publishing"],
                writers=[Writer(name="Aino", role="composer"), Writer(name="Ben", role="lyricist"),
                         Writer(name="Cai", role="arranger")])  # fmt: skip
    sheet = fill(changed(report, 2, work=work, decision=Decision(status=Status.ACCEPTED)), "gema")
    assert sheet.ready[0][:5] == ["Paper Lanterns", "Aino", "Ben", "Cai", "Satama Publishing"]
    assert sheet.ready[0][-1] == "1234"


@pytest.mark.parametrize(
    ("known", "number"), [({"BUMA": "7"}, "7"), ({"BUMA": "7", "BUMA/STEMRA": "8"}, "8"), ({}, "")]
)
def test_a_number_is_found_under_the_name_of_a_society_or_of_its_profile(report, known, number):
    work = Work(title="Paper Lanterns", society_ids=known)
    night = changed(report, 2, work=work, decision=Decision(status=Status.ACCEPTED))
    values = [field.value for field in profiles.load("buma").line]
    assert fill(night, "buma").ready[0][values.index("society_id")] == number


def times(report, name="stim"):
    """Start and end as they stand on a form."""
    head = dict(fill(report, name).head)
    return head["Start"], head["End"]


def test_the_form_has_the_times_of_the_show_and_not_of_the_microphone(report):
    """The record before the show is no part of it, nor is the talk after the last song."""
    accepted = Decision(status=Status.ACCEPTED)
    night = changed(changed(report, 2, decision=accepted), 13, decision=accepted)
    assert times(night) == ("21:09", "22:09")
    assert dict(fill(night, "koda").head)["Date and time"] == "2024-05-01 21:09"
    assert dict(fill(night, "jasrac").head)["Start"] == "21:09"
    rejected = changed(night, 2, decision=Decision(status=Status.REJECTED))
    assert times(changed(rejected, 3, decision=accepted))[0] == "21:14"


def test_a_show_that_begins_after_midnight_has_the_date_of_the_calendar(report):
    """The night is still the one before; a form that asks for a moment gets the day of that moment."""
    accepted = Decision(status=Status.ACCEPTED)
    late = timedelta(hours=4)
    moved = [
        item.model_copy(
            update={"start_utc": item.start_utc + late, "end_utc": item.end_utc + late, "decision": accepted}
        )
        for item in report.items
    ]
    head = dict(fill(report.model_copy(update={"items": moved}), "koda").head)
    assert head["Date and time"].startswith("2024-05-02 01:0"), head["Date and time"]
    assert dict(fill(report, "koda").head)["Date and time"] == "2024-05-01", "nobody has decided when it began"


def test_a_time_that_hangs_on_an_undecided_line_is_blank(report):
    assert times(report) == ("", "")
    assert times(changed(report, 2, decision=Decision(status=Status.ACCEPTED))) == ("21:09", "")
    assert dict(fill(report, "koda").head)["Date and time"] == "2024-05-01"
    silent = report.model_copy(update={"items": report.items[:1]})
    assert times(silent) == ("", "")
    assert "Played" not in render(silent, "text").decode()


TOLD = {"type": "concert", "access": "public", "attendance": 120, "ticket_price": Money(amount="12.50", currency="EUR"),
        "receipts": Money(amount="1500.00", currency="EUR")}  # fmt: skip


@pytest.mark.parametrize("code", language.codes())
@pytest.mark.parametrize("name", ["ascap", "bmi", "sacem", "tono", "gema", "siae", "sesac"])
def test_what_a_person_told_of_the_event_stands_in_the_head(report, name, code):
    say, profile = language.load(code), profiles.load(name)
    told = report.model_copy(update={"event": report.event.model_copy(update=TOLD)})
    labels = [say(f"field_{field}") for field in fields.WHEN_TOLD]
    head = dict(copysheet.fill(told, profile, say).head)
    assert [head[label] for label in labels] == ["public", "120", "concert", "1500.00 EUR", "12.50 EUR"]
    untold = copysheet.fill(report, profile, say).head
    assert not set(labels) & set(dict(untold))
    for form in ("text", "table", "html"):
        printed = render(told, form, None, code).decode()
        assert all(f"{label}: {head[label]}" in printed for label in labels)
        assert not any(f"{label}:" in render(report, form, None, code).decode() for label in labels)


def test_nobody_came_is_a_thing_somebody_said(report):
    empty = report.model_copy(update={"event": report.event.model_copy(update={"attendance": 0})})
    assert ("Attendance", "0") in fill(empty, "gema").head
    assert "Attendance: 0\n" in render(empty, "text").decode()


def test_letters_are_folded_where_a_portal_knows_only_ascii(report):
    profile = profiles.load("koda").model_copy(update={"ascii_fold": True})
    night = changed(report, 2, work=Work(title="Øresund, hyvää yötä"), decision=Decision(status=Status.ACCEPTED))
    assert copysheet.fill(night, profile, EN).ready[0][0] == "Oresund, hyvaa yota"


def test_an_artist_stands_in_only_where_jasrac_asks_for_it(report):
    sheet = fill(report, "jasrac")
    column = sheet.columns.index("Original performer")
    assert [row[column] for row in sheet.waiting if row[column]] == ["Kansanlaulukuoro Halla"]
    writers = sheet.columns.index("Writers")
    assert all("Kansanlaulukuoro" not in row[writers] for row in sheet.waiting)


def test_waiting_lines_come_after_a_heading(report):
    text = render(changed(report, 2, decision=Decision(status=Status.ACCEPTED)), "text", "imro").decode()
    assert text.index("Paper Lanterns") < text.index("NOT TO BE FILED YET") < text.index("Hard Water")


@pytest.mark.parametrize("form", ["table", "csv", "html", "pdf", "text"])
def test_copy_sheets_in_every_form(report, form):
    written = render(report, form, "koda")
    assert written.startswith(b"%PDF") or b"Paper Lanterns" in written


@pytest.mark.parametrize("form", ["json", "setlistfm"])
def test_a_copy_sheet_is_for_people(report, form):
    with pytest.raises(UsageError, match="has no form"):
        render(report, form, "koda")


def test_a_broken_profile_is_named(report, tmp_path, monkeypatch):
    good = (profiles.FOLDER / "koda.toml").read_text()
    (tmp_path / "odd.toml").write_text(good.replace('value = "title"', 'value = "titel"'))
    (tmp_path / "bad.toml").write_text("society = 3")
    (tmp_path / "worse.toml").write_text("society =")
    (tmp_path / "late.toml").write_text(good.replace("months = 1", "months = 1\ndays = 3"))
    monkeypatch.setattr(profiles, "FOLDER", tmp_path)
    complaints = {"odd": "asks for 'titel'", "bad": "is broken", "worse": "is broken", "late": "never two"}
    for name, complaint in complaints.items():
        with pytest.raises(UsageError, match=complaint):
            render(report, "text", name)


@pytest.mark.parametrize(
    ("name", "today", "deadline"),
    [("koda", None, "1 Jun 2024, one month after the night"),
     ("koda", date(2024, 6, 1), "1 Jun 2024, one month after the night"),
     ("koda", date(2024, 6, 2), "1 Jun 2024, one month after the night; this date is past"),
     ("stim", date(2024, 6, 2), "31 Dec 2025, 31 December of the following year"),
     ("teosto", date(2034, 1, 1), "none known")],
)  # fmt: skip
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_sheet_names_the_day_by_which_it_is_taken(report, name, today, deadline, form):
    assert f"deadline: {deadline}." in " ".join(render(report, form, name, today=today).decode().split())


def filed(society, profile):
    return Filing(revision=1, society=society, profile=profile, recorded_at=FakeClock().utc_now(),
                  filed_on=date(2024, 5, 3), filed_by="Maija", report_sha256="0" * 64)  # fmt: skip


def test_deadlines_begin_at_home_and_know_what_was_filed(report):
    from livecsi.reports import deadlines

    night = report.model_copy(update={"filings": [filed("Koda", "koda"), filed("stim", None)]})
    found = deadlines.dues(night)
    assert [found[0].profile, found[1].profile] == ["teosto", "siae"]
    assert [one.profile for one in found if one.filed_on] == ["koda", "stim"]
    assert [one.due for one in found[1:]] == sorted((one.due for one in found[1:]), key=lambda due: due or date.max)
    assert deadlines.dues(night, ["koda"])[0].due == date(2024, 6, 1)


def test_a_date_without_a_filing_is_called_past_on_the_day_after(report):
    from livecsi.reports import deadlines

    names = ["koda", "gema", "stim", "teosto"]
    night = report.model_copy(update={"filings": [filed("Koda", "koda")]})
    told = {}
    for today in (date(2024, 6, 12), date(2024, 6, 13)):
        told[today] = {row[0]: row[-1] for row in deadlines.table([night], EN, names, today)}
        assert told[today]["Koda (DK)"] == "recorded 3 May 2024"
        assert told[today]["STIM (SE)"] == told[today]["Teosto (FI)"] == "none recorded"
    gema = [told[today]["GEMA (DE)"] for today in told]
    assert gema == ["none recorded", "none recorded; this date is past"]
    assert "past" not in str(deadlines.table([night], EN, names))


@pytest.mark.parametrize(
    ("country", "filings", "open_lines"),
    [("FI", [], ["Teosto (FI): no due date known"]),
     ("FI", [filed("Teosto", None)], []),
     ("jp", [filed("Koda", "koda")], ["JASRAC (JP): due 6 May 2024"]),
     ("GB", [filed("PRS", "prs_concerts")], ["PRS Gigs and Clubs (GB): due 1 May 2025"]),
     ("EE", [], []), (None, [], [])],
)  # fmt: skip
@pytest.mark.parametrize("form", ["table", "text"])
def test_a_report_says_what_is_still_to_be_filed_at_home(report, country, filings, open_lines, form):
    venue = report.venue.model_copy(update={"country": country})
    text = render(report.model_copy(update={"venue": venue, "filings": filings}), form).decode()
    _, heading, below = text.partition("No filing recorded yet with\n")
    assert bool(heading) == bool(open_lines)
    assert below.splitlines() == [f"- {line}" for line in open_lines]


def test_the_page_says_too_what_is_still_to_be_filed(report):
    venue = report.venue.model_copy(update={"country": "FI"})
    page = render(report.model_copy(update={"venue": venue, "filings": []}), "html").decode()
    assert page.index("No filing recorded yet with") < page.index("Teosto (FI): no due date known")
