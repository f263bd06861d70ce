"""Calendars and tables of acts, as booking programs and people write them."""

from datetime import UTC, date, datetime

import pytest

from livecsi.errors import InputError
from livecsi.service.announcements import Announcement, read_announcements
from livecsi.settings import VenueSettings

VENUE = VenueSettings(timezone="Europe/Helsinki", stage="main")
EVENT = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20240401T000000Z\r\n{}\r\nEND:VEVENT\r\n"
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//\r\n{}END:VCALENDAR\r\n"


def calendar(tmp_path, *events: str):
    path = tmp_path / "calendar.ics"
    path.write_text(CALENDAR.format("".join(EVENT.format(event.replace("\n", "\r\n")) for event in events)))
    return path


def table(tmp_path, text: str):
    path = tmp_path / "nights.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_events_of_a_calendar_are_acts_of_their_nights(tmp_path):
    path = calendar(
        tmp_path,
        "SUMMARY:The Tin Harbour\nDTSTART:20240501T173000Z",
        "SUMMARY:Delta Wren\\, late\nDTSTART;TZID=Europe/Helsinki:20240502T003000",
        "SUMMARY:Revontuli\nDTSTART:20240503T210000",
        "SUMMARY:Halla\nDTSTART;VALUE=DATE:20240504\nDESCRIPTION:Bring\\nthe keys",
        "SUMMARY:Nobody\nDTSTART:20240505T210000\nSTATUS:CANCELLED",
    )
    assert read_announcements(path, VENUE).acts == [
        Announcement(date(2024, 5, 1), "The Tin Harbour", "main", datetime(2024, 5, 1, 17, 30, tzinfo=UTC)),
        Announcement(date(2024, 5, 1), "Delta Wren, late", "main", datetime(2024, 5, 1, 21, 30, tzinfo=UTC)),
        Announcement(date(2024, 5, 3), "Revontuli", "main", datetime(2024, 5, 3, 18, 0, tzinfo=UTC)),
        Announcement(date(2024, 5, 4), "Halla", "main"),
        Announcement(date(2024, 5, 5), "Nobody", "main", datetime(2024, 5, 5, 18, 0, tzinfo=UTC), is_cancelled=True),
    ]


def test_an_event_is_known_by_its_uid_unless_several_share_it(tmp_path):
    one, other = "SUMMARY:Halla\nDTSTART;VALUE=DATE:20240504", "SUMMARY:Delta Wren\nDTSTART;VALUE=DATE:20240505"
    assert [act.uid for act in read_announcements(calendar(tmp_path, one), VENUE).acts] == ["1"]
    assert [act.uid for act in read_announcements(calendar(tmp_path, one, other), VENUE).acts] == [None, None]
    moved = f"{other}\nRECURRENCE-ID;VALUE=DATE:20240503"
    assert [act.uid for act in read_announcements(calendar(tmp_path, one, moved), VENUE).acts] == ["1", "1 2024-05-03"]


@pytest.mark.parametrize(("event", "message"), [
    ("DTSTART:20240501T173000Z", "event 1: has no summary or no beginning"),
    ("SUMMARY:The Tin Harbour", "event 1: has no summary or no beginning"),
    ("SUMMARY:Open mic\nDTSTART:20240501T173000Z\nRRULE:FREQ=WEEKLY", "event 1: 'Open mic' repeats"),
    ("SUMMARY:Odd\nDTSTART:tomorrow", "event 1: "),
])  # fmt: skip
def test_an_event_that_announces_nothing_keeps_no_other_from_being_read(tmp_path, event, message):
    path = calendar(tmp_path, event, "SUMMARY:Halla\nDTSTART;VALUE=DATE:20240504")
    found = read_announcements(path, VENUE)
    assert [act.act for act in found.acts] == ["Halla"]
    (line,) = found.refused
    assert line.startswith(f"{path}, {message}")


@pytest.mark.parametrize("content", [b"", b"These are the lyrics.\n", b"\xff\xfe\x00BEGIN", b"BEGIN:VCALENDAR\r\n"])
def test_what_is_no_calendar(tmp_path, content):
    path = tmp_path / "calendar.ics"
    path.write_bytes(content)
    with pytest.raises(InputError, match="calendar.ics: is no calendar"):
        read_announcements(path, VENUE)


def test_a_table_with_everything_and_with_the_least(tmp_path):
    path = table(
        tmp_path,
        "night,act,stage,start,songs\n2024-05-01,The Tin Harbour,attic,2024-05-01T20:30,Hello; Salt & Cedar ;\n"
        "2024-05-02,Delta Wren,,,\n",
    )
    assert read_announcements(path, VENUE).acts == [
        Announcement(
            date(2024, 5, 1), "The Tin Harbour", "attic", datetime(2024, 5, 1, 17, 30, tzinfo=UTC),
            ("Hello", "Salt & Cedar"),
        ),
        Announcement(date(2024, 5, 2), "Delta Wren", "main"),
    ]  # fmt: skip
    assert len(read_announcements(table(tmp_path, "act,night\nHalla,2024-05-04\n"), VENUE).acts) == 1


@pytest.mark.parametrize(("text", "message"), [
    ("night,song\n", "line 1: unknown column 'song'"),
    ("night\n", "line 1: the columns night and act are a must"),
    ("", "line 1: the columns night and act are a must"),
    ("night,act\n2024-05-01,Halla\nfirst of may,Halla\n", "line 3: .*first of may"),
    ("night,act\n2024-05-01,\n", "line 2: the act has no name"),
    ("night,act,start\n2024-05-01,Halla,late\n", "line 2: .*late"),
    ("night,act\n2024-05-01,Halla,Hello\n", "line 2: more fields than columns"),
    ('night,act\n2024-05-01,"Halla\n', "line .: unexpected end of data"),
])  # fmt: skip
def test_a_table_that_makes_no_sense_is_said_with_its_line(tmp_path, text, message):
    with pytest.raises(InputError, match=f"nights.csv, {message}"):
        read_announcements(table(tmp_path, text), VENUE)


@pytest.mark.parametrize("name", ["none.ics", "none.csv"])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(InputError, match=f"{name}: No such file"):
        read_announcements(tmp_path / name, VENUE)
