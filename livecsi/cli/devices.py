"""`livecsi devices`: what can be listened to, under names that survive a reboot, and how loud it is right now."""

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.audio.live import CaptureStatus
    from livecsi.audio.probe import Input

    Found = list[tuple[Input, CaptureStatus | None]]

METER_CELLS = 16
IN_USE = "in use; if it is livecsi that listens to it, `livecsi status` says how loud it is"


@click.command()
@click.option("--levels", is_flag=True, help="Listen to each input for a second, and show how loud it is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(levels: bool, as_json: bool) -> None:
    """List the inputs of this machine; the identity is what goes into the setting capture.input."""
    from livecsi.audio.probe import list_inputs
    from livecsi.errors import FindingsError

    found = [(entry, _listen(entry) if levels and entry.channels else None) for entry in list_inputs()]
    if as_json:
        click.echo(json.dumps([_as_json(*each) for each in found], indent=2, ensure_ascii=False))
    elif sys.stdout.isatty():
        _show(found)
    else:
        for each in found:
            click.echo(_line(*each))
    if not found:
        raise FindingsError("no input found", "plug in a sound card, or start the sound server")


def _listen(entry: "Input") -> "CaptureStatus":
    from livecsi.audio.probe import probe
    from livecsi.clock import SystemClock
    from livecsi.settings import load_settings

    capture = load_settings().capture
    is_chosen = entry.identity == capture.input or capture.input in entry.also_called
    if not is_chosen:
        capture = type(capture)(input=entry.identity)
    return probe(capture, SystemClock())


def _as_json(entry: "Input", status: "CaptureStatus | None") -> dict[str, object]:
    described = asdict(entry)
    if status is not None:
        described |= asdict(status.levels) | {"trouble": status.trouble}
    return described


def _line(entry: "Input", status: "CaptureStatus | None") -> str:
    if not entry.channels:
        return f"  {entry.identity}  {entry.name}, {IN_USE}"
    mark = "*" if entry.is_default else " "
    described = f"{mark} {entry.identity}  {entry.name}, {_channels(entry)}, {entry.rate_hertz} Hz"
    return described if status is None else f"{described}, {_level(status)}"


def _channels(entry: "Input") -> str:
    return "1 channel" if entry.channels == 1 else f"{entry.channels} channels"


def _level(status: "CaptureStatus") -> str:
    levels = status.levels
    return status.trouble or f"level {levels.level_dbfs:.0f} dBFS, peak {levels.peak_dbfs:.0f} dBFS"


def _show(found: "Found") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    unbroken = [Column("", no_wrap=True), Column("identity", no_wrap=True), Column("level", no_wrap=True)]
    table = Table(*unbroken, "name", "channels", "rates (kHz)")
    for entry, status in found:
        rates = ", ".join(f"{rate / 1000:g}" for rate in entry.rates_hertz) if entry.channels else IN_USE
        level = "" if status is None else _meter(status)
        mark = "*" if entry.is_default else ""
        table.add_row(mark, escape(entry.identity), level, escape(entry.name), str(entry.channels), rates)
    if found:
        Console().print(table)


def _meter(status: "CaptureStatus") -> str:
    from livecsi.cli.terminal import level_bar

    if status.trouble:
        return "[red]cannot be opened[/]"
    level_dbfs = status.levels.level_dbfs
    return f"{level_bar(level_dbfs, METER_CELLS, status.levels.peak_dbfs)} {level_dbfs:.0f} dBFS"
