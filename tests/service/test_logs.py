"""Log lines for machines under systemd and for people on a terminal, and warnings that do not repeat all night."""

import io
import json

import pytest
import structlog

from livecsi.service.logs import Hourly, configure
from tests.fakes import FakeClock


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def structlog_as_it_was():
    yield
    structlog.reset_defaults()


def test_under_systemd_an_event_is_one_line_of_json():
    stream = io.StringIO()
    configure(FakeClock(), stream)
    structlog.get_logger().warning("capture stalled", seconds=1.5, input="Scarlett\n2i2", title="Säkkijärven polkka")
    assert stream.getvalue().count("\n") == 1
    assert json.loads(stream.getvalue()) == {
        "at": "2024-05-01T20:00:00.000Z", "level": "warning", "event": "capture stalled",
        "seconds": 1.5, "input": "Scarlett\n2i2", "title": "Säkkijärven polkka",
    }  # fmt: skip


def test_an_exception_stays_on_its_line():
    stream = io.StringIO()
    configure(FakeClock(), stream)
    try:
        raise OSError("the disk is gone")
    except OSError:
        structlog.get_logger().exception("commit failed")
    assert stream.getvalue().count("\n") == 1
    assert "OSError: the disk is gone" in json.loads(stream.getvalue())["exception"]


def test_on_a_terminal_a_person_can_read_it():
    stream = Terminal()
    configure(FakeClock(), stream)
    structlog.get_logger().info("ready", songs=80)
    assert "2024-05-01T20:00:00.000Z" in stream.getvalue() and "ready" in stream.getvalue()
    assert not stream.getvalue().startswith("{")


def test_a_logger_made_before_follows_a_later_configuration():
    logger, first, second = structlog.get_logger(), io.StringIO(), io.StringIO()
    configure(FakeClock(), first)
    logger.info("one")
    configure(FakeClock(), second)
    logger.info("two")
    assert json.loads(first.getvalue())["event"] == "one"
    assert json.loads(second.getvalue())["event"] == "two"


def test_a_warning_comes_at_most_once_an_hour_and_again_after_it():
    clock = FakeClock()
    hourly = Hourly(clock)
    said = []
    for _ in range(3 * 360):
        said.append(hourly.may_say("falling behind"))
        clock.advance(10.0)
    assert [minute // 6 for minute, was_said in enumerate(said) if was_said] == [0, 60, 120]


def test_different_warnings_do_not_silence_each_other_and_a_clock_step_changes_nothing():
    clock = FakeClock()
    hourly = Hourly(clock)
    assert hourly.may_say("falling behind") and hourly.may_say("disk low")
    clock.step_wall(86_400.0)
    assert not hourly.may_say("falling behind")
