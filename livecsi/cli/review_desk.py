"""What every `livecsi review` command shares: which list is meant, who speaks, and how a line is written."""

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.ledger.lines import Line
    from livecsi.service.review import Desk

Command = Callable[..., None]


def night_options(required: bool) -> Callable[[Command], Command]:
    """Which list is meant, and who speaks."""

    def add(function: Command) -> Command:
        options = (
            click.option("--night", required=required, type=click.DateTime(["%Y-%m-%d"]), help="The venue's date."),
            click.option("--act", help="Which act, when there are several."),
            click.option("--stage", help="Which stage, when the act played on several."),
            click.option("--by", help="Who decides; default: the name of the user."),
        )
        return functools.reduce(lambda made, option: option(made), reversed(options), function)

    return add


def at_desk(function: Command) -> Command:
    """Give a command the options above and, as its first argument, the open desk."""

    @functools.wraps(function)
    def run(night: datetime, act: str | None, stage: str | None, by: str | None, **options: Any) -> None:
        with open_desk(night, act, stage, by) as desk:
            function(desk, **options)

    return night_options(required=True)(run)


@contextmanager
def open_desk(night: datetime, act: str | None, stage: str | None, by: str | None) -> Iterator["Desk"]:
    """The list of one act's night; raises FindingsError or UsageError when it is not clear which."""
    import getpass

    from livecsi.clock import SystemClock
    from livecsi.ledger.acts import acts_meant, only
    from livecsi.ledger.ledger import Ledger
    from livecsi.service.review import Desk
    from livecsi.settings import load_settings

    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        yield Desk(ledger, only(acts_meant(ledger, night.date(), act, stage)), by or getpass.getuser())


def describe_line(desk: "Desk", number: int, line: "Line") -> str:
    """One line for a terminal: when, how long, what, and what is known about it."""
    from livecsi.cli.terminal import clock_time

    section = "" if line.section == "main" else f"  {line.section}"
    sure = f"  {_sureness(line.heard)}" if line.heard and line.named else ""
    note = f"  ({line.note})" if line.note else ""
    indent = "  " if line.part_of else ""
    title = line.title or ("played, not identified" if line.is_unidentified else line.kind.value)
    times = f"{desk.local_time(line.start_utc)}  {clock_time(line.duration_seconds)}"
    return f"{number:>3}  {times}  {line.status:<14}  {indent}{title}  {line.usage}{section}{sure}{note}"


def _sureness(heard: Mapping[str, Any]) -> str:
    """`high 98%` when a measured precision stands behind the word, else `98% uncalibrated`."""
    from livecsi.cli.terminal import percent

    figure = percent(heard["confidence"])
    return f"{heard['band']} {figure}" if heard.get("band_basis") == "calibrated" else f"{figure} uncalibrated"


def seconds_of(text: str) -> float:
    """`3:30`, `0:03:30` or `210` as seconds; raises UsageError on anything else."""
    from livecsi.errors import UsageError

    parts = text.strip().split(":")
    if not (0 < len(parts) <= 3 and all(part.isdecimal() for part in parts)):
        raise UsageError(f"{text!r} is no length of time", "write minutes and seconds, such as 3:30")
    return float(functools.reduce(lambda total, part: 60 * total + int(part), parts, 0))
