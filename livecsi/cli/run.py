"""`livecsi run`: the daemon. On a terminal it shows what it hears; under systemd it is quiet and logs JSON."""

from typing import TYPE_CHECKING

import click

from livecsi.cli.model_option import MODEL, settings_with

if TYPE_CHECKING:
    from livecsi.settings import Settings


@click.command()
@click.option("--input", "input_name", help="Another input than that of the settings: see `livecsi devices`.")
@click.option("--act", help="Who plays; default: whoever is announced, see `livecsi nights plan`.")
@MODEL
def command(input_name: str | None, act: str | None, model_name: str | None) -> None:
    """Listen to the stage until stopped, name what is played, keep the night in the ledger."""
    from livecsi.cli.run_view import live_view
    from livecsi.clock import SystemClock
    from livecsi.service.daemon import Daemon
    from livecsi.service.logs import configure

    clock = SystemClock()
    zone = _settings(input_name, model_name).venue.zone
    with live_view(zone) as show:
        configure(clock)
        Daemon(lambda: _settings(input_name, model_name), act, clock, show).run()


def _settings(input_name: str | None, model_name: str | None) -> "Settings":
    return settings_with(model_name, **({} if input_name is None else {"capture": {"input": input_name}}))
