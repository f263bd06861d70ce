"""`livecsi nights`: what there is to report about, what is planned, and what came of it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from livecsi.cli.plans import cancel, diff, import_, plan

if TYPE_CHECKING:
    from livecsi.ledger.night import Night, ReportKey

    States = dict[ReportKey, str]


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """List the nights in the ledger with their acts and songs; plan those to come, and compare."""
    if context.invoked_subcommand is None:
        _list(as_json)


for planning in (plan, import_, cancel, diff):
    command.add_command(planning)


def _list(as_json: bool) -> None:
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.ledger.night import nights
    from livecsi.ledger.review import reviews
    from livecsi.settings import load_settings

    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        found, states = nights(ledger), {key: str(review.state) for key, review in reviews(ledger).items()}
    if as_json:
        click.echo(json.dumps([_as_json(night, states) for night in found], indent=2, ensure_ascii=False))
        return
    for night in found:
        for line in _lines(night, states):
            click.echo(line)


def _as_json(night: "Night", states: "States") -> dict[str, object]:
    acts = [
        {
            "act": act.act, "stage": act.stage, "songs": act.songs, "unknown": act.unknown, "sessions": act.sessions,
            "complete": act.is_complete, "running": act.is_running, "review_state": states[night.key(act)],
        }
        for act in night.acts
    ]  # fmt: skip
    return {"night": night.date.isoformat(), "acts": acts}


def _lines(night: "Night", states: "States") -> Iterator[str]:
    for act in night.acts:
        ended = ", running" if act.is_running else "" if act.is_complete else ", broke off"
        yield (
            f"{night.date.isoformat()}  {act.act or '(no act named)'}, stage {act.stage}: "
            f"{act.songs} named, {act.unknown} open, {states[night.key(act)].replace('_', ' ')}{ended}"
        )
