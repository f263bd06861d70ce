"""`livecsi nights`: what there is to report about."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.ledger.night import Night


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the nights in the ledger with their acts and songs."""
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.ledger.night import nights
    from livecsi.settings import load_settings

    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        found = nights(ledger)
    if as_json:
        click.echo(json.dumps([_as_json(night) for night in found], indent=2, ensure_ascii=False))
        return
    for night in found:
        for line in _lines(night):
            click.echo(line)


def _as_json(night: "Night") -> dict[str, object]:
    acts = [
        {
            "act": act.act, "stage": act.stage, "songs": act.songs, "unknown": act.unknown, "sessions": act.sessions,
            "complete": act.is_complete, "review_state": "unreviewed",
        }
        for act in night.acts
    ]  # fmt: skip
    return {"night": night.date.isoformat(), "acts": acts}


def _lines(night: "Night") -> Iterator[str]:
    for act in night.acts:
        state = "unreviewed" if act.is_complete else "unreviewed, broke off"
        yield (
            f"{night.date.isoformat()}  {act.act or '(no act named)'}, stage {act.stage}: "
            f"{act.songs} named, {act.unknown} open, {state}"
        )
