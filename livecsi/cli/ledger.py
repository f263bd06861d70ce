"""`livecsi ledger`: whether what was written down is still what was written down."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.ledger.ledger import Ledger

FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def command() -> None:
    """Check what was written down, and sign it."""


@command.command()
@click.option("--holds", "report_hash", metavar="HASH", help="Also look for the ledger hash printed on a report.")
@click.option("--public-key", type=FILE, help="What `livecsi ledger key` printed, from whoever kept it.")
@click.option("--checkpoints", "copy", type=FILE, help="Also hold a copy of the checkpoint file against the ledger.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def verify(report_hash: str | None, public_key: Path | None, copy: Path | None, as_json: bool) -> None:
    """Recompute every hash and check every signed checkpoint; exit 5 when anything was changed, dropped or cut off.

    Whoever owns this machine can also sign anew: only a public key, a copy of the checkpoints or a printed report that
    somebody else kept shows that.
    """
    from livecsi.errors import UntrustedError

    with _open() as ledger:
        kept_key = _read(public_key).decode(errors="replace") if public_key else None
        findings = ledger.verify(kept_key, _read(copy).splitlines() if copy else ())
        events, head, signed = len(ledger.events()), ledger.head(), len(ledger.checkpoints.lines())
        if report_hash and not ledger.holds(report_hash):
            findings.append(f"the event {report_hash} that a report rests on is not in the ledger")
    if as_json:
        click.echo(json.dumps({"events": events, "head": head, "checkpoints": signed, "findings": findings}, indent=2))
    else:
        click.echo(f"{events} events, {signed} checkpoints, head {head}")
        for finding in findings:
            click.echo(finding, err=True)
    if findings:
        raise UntrustedError(f"the ledger has {len(findings)} findings", "restore it from a backup, and ask who")


@command.command()
def checkpoint() -> None:
    """Sign the newest event now, for instance before a copy of the checkpoint file goes to somebody else."""
    with _open() as ledger:
        ledger.checkpoint()
        click.echo(ledger.checkpoints.path)


@command.command()
def key() -> None:
    """Print the public key, for whoever shall be able to check the checkpoints."""
    with _open() as ledger:
        click.echo(ledger.checkpoints.public_key(), nl=False)


def _open() -> "Ledger":
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.settings import load_settings

    return Ledger.open(load_settings().ledger_path, SystemClock(), create=False)


def _read(path: Path) -> bytes:
    from livecsi.errors import InputError

    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
