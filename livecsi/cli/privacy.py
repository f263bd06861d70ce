"""`livecsi privacy`: what is kept about people, who allowed it, and forgetting it in time."""

import json
from typing import TYPE_CHECKING, Any

import click

from livecsi.cli.consents import consent, consents, say_swept, swept_now, would_be_swept

if TYPE_CHECKING:
    from livecsi.service.privacy import Inventory
    from livecsi.settings import Settings


@click.group()
def command() -> None:
    """Show what is kept about people, write down who allowed it, and forget what is old."""


for speaking in (consent, consents):
    command.add_command(speaking)


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
    click.echo(f"{found.clips.size_bytes:>12,}  {_audio(found, settings)}")
    since = f", the oldest of {found.oldest_night}" if found.oldest_night else ""
    click.echo(f"{found.nights} nights{since}; kept for {found.keep_setlists_days} days")
    click.echo(f"to be forgotten: {', '.join(map(str, found.expired_nights)) or 'none'}")


@command.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be forgotten.")
@click.option("--by", help="Who decides; default: the name of the user.")
def expire(dry_run: bool, by: str | None) -> None:
    """Forget what is older than the settings allow, for good: nights, clips, and features nobody needs any more.

    Of each event of a night only its digest stays, so the chain and the checkpoints still hold. Copies made before a
    change of format, backups and printed reports are not touched.
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
        swept = would_be_swept(settings, ledger) if dry_run else swept_now(settings, ledger)
        count = len(events_of(ledger, nights)) if dry_run else forget(ledger, nights, by or getpass.getuser())
    if not dry_run and forget_features(settings, clock):
        click.echo("forgot the features of the last live night", err=True)
    for line in (*nights, *swept.erased):
        click.echo(line)
    click.echo(f"{'would forget' if dry_run else 'forgot'} {len(nights)} nights, {count} events", err=True)
    say_swept(swept, settings, dry_run)


def _audio(found: "Inventory", settings: "Settings") -> str:
    if not found.clips.count:
        return "audio: none is kept"
    days = settings.privacy.keep_evidence_days
    oldest = found.clips.oldest_night
    return f"{settings.evidence_dir}  audio: {found.clips.count} clips, the oldest of {oldest}; kept for {days} days"


def _document(found: "Inventory") -> dict[str, Any]:
    kept = [{"what": kept.what, "path": str(kept.path), "size_bytes": kept.size_bytes} for kept in found.kept]
    oldest_clip = found.clips.oldest_night
    return {
        "kept": kept,
        "audio_bytes": found.clips.size_bytes,
        "audio_clips": found.clips.count,
        "oldest_clip": oldest_clip.isoformat() if oldest_clip else None,
        "nights": found.nights,
        "oldest_night": found.oldest_night.isoformat() if found.oldest_night else None,
        "keep_setlists_days": found.keep_setlists_days,
        "expired_nights": [night.isoformat() for night in found.expired_nights],
    }
