"""`livecsi privacy`: what is kept about people, and forgetting it in time."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.service.privacy import Inventory


@click.group()
def command() -> None:
    """Show what is kept about people, and forget what is old."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report(as_json: bool) -> None:
    """Say what is kept where, since when and how long, and what would be forgotten now."""
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.service.privacy import inventory
    from livecsi.settings import load_settings

    settings, clock = load_settings(), SystemClock()
    with Ledger.open(settings.ledger_path, clock, create=False) as ledger:
        found = inventory(settings, ledger, clock)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
        return
    for kept in found.kept:
        click.echo(f"{kept.size_bytes:>12,}  {kept.path}  {kept.what}")
    click.echo(f"{0:>12}  audio: none is kept")
    since = f", the oldest of {found.oldest_night}" if found.oldest_night else ""
    click.echo(f"{found.nights} nights{since}; kept for {found.keep_setlists_days} days")
    click.echo(f"to be forgotten: {', '.join(map(str, found.expired_nights)) or 'none'}")


@command.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@click.option("--by", help="Who decides; default: the name of the user.")
def expire(dry_run: bool, by: str | None) -> None:
    """Forget the nights that are older than `privacy.keep_setlists_days`, for good, and features nobody needs any more.

    Of each event only its digest stays, so the chain and the checkpoints still hold. Copies made before a change of
    format, backups and printed reports are not touched.
    """
    import getpass

    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.service.privacy import events_of, expired_nights, forget, forget_features, unfiled
    from livecsi.settings import load_settings

    settings, clock = load_settings(), SystemClock()
    with Ledger.open(settings.ledger_path, clock, create=False) as ledger:
        nights = expired_nights(ledger, clock, settings.privacy.keep_setlists_days)
        for key in unfiled(ledger, nights):
            click.echo(f"nobody has filed {key.night} {key.act or '(no act named)'}, stage {key.stage}", err=True)
        count = len(events_of(ledger, nights)) if dry_run else forget(ledger, nights, by or getpass.getuser())
    if not dry_run and forget_features(settings, clock):
        click.echo("forgot the features of the last live night", err=True)
    for night in nights:
        click.echo(night)
    click.echo(f"{'would forget' if dry_run else 'forgot'} {len(nights)} nights, {count} events", err=True)


def _document(found: "Inventory") -> dict[str, Any]:
    kept = [{"what": kept.what, "path": str(kept.path), "size_bytes": kept.size_bytes} for kept in found.kept]
    return {
        "kept": kept,
        "audio_bytes": 0,
        "nights": found.nights,
        "oldest_night": found.oldest_night.isoformat() if found.oldest_night else None,
        "keep_setlists_days": found.keep_setlists_days,
        "expired_nights": [night.isoformat() for night in found.expired_nights],
    }
