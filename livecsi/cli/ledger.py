"""`livecsi ledger`: whether what was written down is still what was written down."""

import json

import click


@click.group()
def command() -> None:
    """Check what was written down."""


@command.command()
@click.option("--holds", "report_hash", metavar="HASH", help="Also look for the ledger hash printed on a report.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(report_hash: str | None, as_json: bool) -> None:
    """Recompute every hash of the chain; exit 5 when anything was changed, dropped or cut off.

    A chain alone cannot know events that were cut off together with its own counter: compare with the hash on a
    printed report, which `--holds` looks up.
    """
    from livecsi.clock import SystemClock
    from livecsi.errors import UntrustedError
    from livecsi.ledger.ledger import Ledger
    from livecsi.settings import load_settings

    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        findings, events, head = ledger.verify(), len(ledger.events()), ledger.head()
        if report_hash and not ledger.holds(report_hash):
            findings.append(f"the event {report_hash} that a report rests on is not in the ledger")
    if as_json:
        click.echo(json.dumps({"events": events, "head": head, "findings": findings}, indent=2))
    else:
        click.echo(f"{events} events, head {head}")
        for finding in findings:
            click.echo(finding, err=True)
    if findings:
        raise UntrustedError(f"the ledger has {len(findings)} findings", "restore it from a backup, and ask who")
