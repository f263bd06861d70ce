"""The screen of the daemon: a meter that says whether the desk is right, and the list so far."""

import io
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console
from rich.text import Text

from livecsi.cli.run_view import METER_CELLS, live_view, page
from livecsi.cli.terminal import level_bar
from livecsi.service.status import SessionView, State, Status
from tests.service.made_up_status import TITLE, a_status


def drawn(status: Status) -> str:
    console = Console(file=io.StringIO(), width=120, force_terminal=False)
    console.print(page(status, ZoneInfo("Europe/Helsinki")))
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("level_dbfs", "cells", "colour"),
    [
        (-18.0, 28, "green"),
        (-45.0, 10, "yellow"),
        (-3.0, 38, "red"),
        (0.5, METER_CELLS, "red"),
        (-120.0, 0, "dim"),
        (float("-inf"), 0, "dim"),
    ],
)
def test_the_meter_is_as_long_as_the_level_and_says_by_its_colour_whether_it_is_right(level_dbfs, cells, colour):
    bar = Text.from_markup(level_bar(level_dbfs, METER_CELLS))
    assert bar.plain.count("█") == cells and len(bar.plain) == METER_CELLS
    assert str(bar.spans[0].style) == colour


def test_the_screen_shows_state_guess_and_the_list_in_the_time_of_the_venue():
    screen = drawn(a_status())
    assert TITLE in screen and "20:30:00" in screen and "98%" in screen
    assert "perhaps Auld Lang Syne" in screen and "listening" in screen


def test_of_a_long_list_the_screen_shows_the_end():
    line = a_status().setlist[0]
    songs = tuple(replace(line, title=f"song {number:02}") for number in range(25))
    console = Console(file=io.StringIO(), width=120, height=24, force_terminal=False)
    console.print(page(replace(a_status(), setlist=songs), ZoneInfo("UTC"), console.size.height))
    screen = console.file.getvalue()
    assert len(screen.splitlines()) <= 24
    assert "song 24" in screen and "song 00" not in screen
    shown = screen.count("song ")
    assert f"… {25 - shown} earlier" in screen and shown >= 5


def test_the_meter_is_red_while_peaks_are_too_high():
    bar = Text.from_markup(level_bar(-18.0, METER_CELLS, peak_dbfs=-0.5))
    assert str(bar.spans[0].style) == "red"


def test_what_is_wrong_stands_on_the_screen():
    screen = drawn(a_status(State.WAITING, ("no input is called usb:1-2; plug it in",)))
    assert "waiting for device" in screen and "plug it in" in screen


def test_before_anything_was_heard_there_is_a_screen_too():
    screen = drawn(Status.about(SessionView(), state=State.STARTING))
    assert "starting" in screen and "nothing heard yet" in screen


def test_without_a_terminal_nothing_is_drawn(capsys):
    with live_view(ZoneInfo("UTC")) as show:
        show(a_status())
    assert capsys.readouterr() == ("", "")
