"""`livecsi privacy consent` and `consents`: which acts let clips of their songs be kept, and erasing them again."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.ledger.consents import Consent
    from livecsi.ledger.ledger import Ledger
    from livecsi.service.evidence_sweep import Swept
    from livecsi.settings import Settings


@click.command()
@click.option("--act", required=True, help="Whose; the name exactly as in `livecsi nights plan` or `livecsi run`.")
@click.option("--by", required=True, help="Who spoke for the act.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The last night it is meant for; without, all to come."
)
@click.option("--withdraw", is_flag=True, help="The act takes it back: its clips are erased at once.")
def consent(act: str, by: str, until: datetime | None, withdraw: bool) -> None:
    """Write down that an act lets short clips of its songs be kept as evidence, or takes that back.

    Without it no audio of an act is ever kept. It counts for songs that end from now on.
    """
    from livecsi.clock import SystemClock, business_date
    from livecsi.errors import UsageError
    from livecsi.ledger.consents import give_consent, withdraw_consent
    from livecsi.ledger.ledger import Ledger
    from livecsi.settings import load_settings

    settings, clock = load_settings(), SystemClock()
    tonight = business_date(clock.utc_now(), settings.venue.zone, settings.venue.night_cutoff)
    if until and (withdraw or until.date() < tonight):
        raise UsageError("--until is the last night of a consent to come", "leave it out, or name a later date")
    with Ledger.open(settings.ledger_path, clock) as ledger:
        if withdraw:
            withdraw_consent(ledger, act, by)
            say_swept(swept_now(settings, ledger), settings)
        else:
            give_consent(ledger, act, by, until.date() if until else None)
    click.echo(f"{act}: {'no audio may be kept' if withdraw else 'clips may be kept as evidence'}", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def consents(as_json: bool) -> None:
    """List the newest word of every act: whether clips may be kept, who said so, and when."""
    from livecsi.clock import SystemClock
    from livecsi.ledger.consents import consents as words
    from livecsi.ledger.ledger import Ledger
    from livecsi.settings import load_settings

    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        found = [_consent(word) for word in words(ledger).values()]
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for word in found:
        verdict = f"clips until {word['until'] or 'withdrawn'}" if word["is_given"] else "withdrawn"
        click.echo(f"{word['act']}: {verdict}, said {word['by']} at {word['at']}")


def swept_now(settings: "Settings", ledger: "Ledger") -> "Swept":
    """Erase the evidence that has to go."""
    from livecsi.clock import SystemClock
    from livecsi.service.evidence_sweep import sweep

    return sweep(ledger, settings.evidence_dir, settings.privacy, SystemClock().utc_now().date())


def would_be_swept(settings: "Settings", ledger: "Ledger") -> "Swept":
    """What `swept_now` would erase."""
    from livecsi.clock import SystemClock
    from livecsi.service.evidence_sweep import Swept, overdue

    today = SystemClock().utc_now().date()
    return Swept(tuple(overdue(ledger, settings.evidence_dir, settings.privacy, today)), ())


def say_swept(swept: "Swept", settings: "Settings", dry_run: bool = False) -> None:
    """How many clips went; raises FindingsError when some stayed."""
    from livecsi.errors import FindingsError

    if swept.erased:
        click.echo(f"{'would erase' if dry_run else 'erased'} {len(swept.erased)} clips", err=True)
    if swept.failed:
        raise FindingsError(
            f"{len(swept.failed)} clips in {settings.evidence_dir} could not be erased",
            "look at the permissions, then `livecsi privacy expire`",
        )


def _consent(word: "Consent") -> dict[str, Any]:
    from livecsi.clock import format_utc

    until = word.until.isoformat() if word.until else None
    return {"act": word.act, "is_given": word.is_given, "by": word.by, "at": format_utc(word.at), "until": until}
