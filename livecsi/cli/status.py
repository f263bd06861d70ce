"""`livecsi status`: what the running daemon hears, as a page for people or as the JSON of `/status`."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from rich.table import Table

STYLES = {"listening": "green", "degraded": "yellow", "waiting for device": "red"}
WIDTH_WITHOUT_A_TERMINAL = 120


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the JSON of /status, described in docs/operating.md.")
def command(as_json: bool) -> None:
    """Ask the running daemon for its state, its input and the setlist so far; exit 1 when none is running."""
    from livecsi.service.asking import ask_status
    from livecsi.settings import load_settings

    settings = load_settings()
    said = ask_status(settings.service)
    if as_json:
        click.echo(json.dumps(said, indent=2, ensure_ascii=False))
        return
    _show(said, settings.venue.zone)


def _show(said: dict[str, Any], zone: "ZoneInfo") -> None:
    import sys

    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH_WITHOUT_A_TERMINAL, highlight=False)
    console.print(facts(said, zone))
    if said["setlist"]:
        console.print(setlist(said["setlist"], zone))


def facts(said: dict[str, Any], zone: "ZoneInfo") -> "Table":
    """One row a fact; texts are never read as markup, for a song may be called [red]."""
    from rich.table import Table
    from rich.text import Text

    from livecsi.cli.terminal import clock_time, percent, printable

    level = "unknown" if said["level_dbfs"] is None else f"{said['level_dbfs']:.1f} dBFS, peak {said['peak_dbfs']:.0f}"
    guess = said["guess"]
    rows = [
        ("state", said["state"]),
        *(("trouble", line) for line in said["troubles"]),
        ("input", said["input_name"]),
        ("level", level),
        ("behind", f"{said['lag_seconds']:.0f} s"),
        ("night", ", ".join(filter(None, (said["night"], said["act"]))) or "nothing heard yet"),
        ("heard", f"{clock_time(said['heard_seconds'])}, of it missing {clock_time(said['gap_seconds'])}"),
        ("now", f"perhaps {guess['title']} {percent(guess['probability'])}" if guess else "no song it knows"),
        ("running", f"since {_local(said['running_since'], zone):%Y-%m-%d %H:%M}"),
        ("catalogue", f"{said['songs']} studio songs, model {said['model_id']}"),
    ]
    table = Table.grid(padding=(0, 2))
    for name, value in rows:
        table.add_row(name, Text(printable(value), style=STYLES.get(value, "")))
    return table


def setlist(lines: list[dict[str, Any]], zone: "ZoneInfo") -> "Table":
    """One row a line; what may still change begins with dots."""
    from rich.table import Table
    from rich.text import Text

    from livecsi.cli.terminal import clock_time, percent, printable

    table = Table("", "began", "length", "title", "artist", "sure")
    for line in lines:
        table.add_row(
            "" if line["is_settled"] else "…",
            f"{_local(line['start'], zone):%H:%M:%S}",
            clock_time(line["end_seconds"] - line["start_seconds"]),
            Text(printable(line["title"] or line["kind"])),
            Text(printable(line["artist"])),
            percent(line["probability"]) if line["title"] else "",
        )
    return table


def _local(text: str, zone: "ZoneInfo") -> "datetime":
    from livecsi.clock import parse_utc

    return parse_utc(text).astimezone(zone)
