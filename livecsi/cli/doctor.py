"""`livecsi doctor`: whether tonight would be heard, and what to do where it would not."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.service.doctor import Check

MARKS = {"good": ("✓", "green"), "note": ("–", "yellow"), "bad": ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON: checks with what, mark, says and advice.")
def command(as_json: bool) -> None:
    """Check everything a night depends on, with a line of advice for what is not in order; exit 1 on findings.

    Without a running daemon the input is opened and heard for a moment.
    """
    from livecsi.clock import SystemClock
    from livecsi.errors import FindingsError
    from livecsi.service.doctor import Mark, examine
    from livecsi.settings import load_settings

    checks = []
    for check in examine(load_settings(), SystemClock()):
        checks.append(check)
        if not as_json:
            _say(check)
    if as_json:
        click.echo(json.dumps({"checks": [asdict(check) for check in checks]}, indent=2, ensure_ascii=False))
    if found := sum(check.mark is Mark.BAD for check in checks):
        raise FindingsError(f"{found} of {len(checks)} checks are not in order")


def _say(check: "Check") -> None:
    """One line, as soon as it is known: colours on a terminal, plain text in a pipe."""
    from livecsi.cli.terminal import printable

    mark, colour = MARKS[check.mark]
    advice = f" ({check.advice})" if check.advice else ""
    click.echo(f"{click.style(mark, fg=colour)} {check.what:10} {printable(check.says + advice)}")
