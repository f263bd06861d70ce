"""`livecsi report`: a night in the form somebody needs."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

if TYPE_CHECKING:
    from livecsi.reports.model import SetlistReport
    from livecsi.reports.render import Format

FORMATS = ("table", "json", "csv", "html", "pdf", "text", "setlistfm", "musicbrainz", "night")
_BY_SUFFIX = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html", ".pdf": "pdf", ".txt": "text"}


@click.command()
@click.option("--night", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The venue's date, 2024-05-01.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the name of --output, else table.")
@click.option("--act", help="Which act, when there are several.")
@click.option("--stage", help="Which stage, when the act played on several.")
@click.option("--profile", help="Make a society's copy sheet: koda, jasrac, gema, teosto and so on.")
@click.option("--deadlines", "only_deadlines", is_flag=True, help="List by when which society wants to hear of it.")
@click.option("--language", "language_code", help="en, fi, sv or de; without it, the setting venue.language.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def command(
    night: datetime, form: str | None, act: str | None, stage: str | None, profile: str | None,
    only_deadlines: bool, language_code: str | None, output: Path | None,
) -> None:  # fmt: skip
    """Write the setlist report of a night; JSON follows livecsi/reports/setlist-report.schema.json.

    The format `night` puts all acts of the night on one page: a table, or HTML or PDF by the name of --output.
    """
    from livecsi.clock import SystemClock
    from livecsi.errors import UsageError
    from livecsi.ledger.acts import acts_meant, only
    from livecsi.ledger.ledger import Ledger
    from livecsi.reports.build import reports_of_night
    from livecsi.reports.render import render, render_night
    from livecsi.settings import load_settings

    if form == "night" and profile and not only_deadlines:
        raise UsageError("a copy sheet is of one act, not of the whole night", "leave out --format night")
    settings = load_settings()
    code = language_code or settings.venue.language
    by_name = _BY_SUFFIX.get(output.suffix.lower(), "table") if output else "table"
    chosen = cast("Format", by_name if form in (None, "night") else form)  # click and our suffixes know no other
    with Ledger.open(settings.ledger_path, SystemClock(), create=False) as ledger:
        meant = acts_meant(ledger, night.date(), act, stage)
        by_key = reports_of_night(ledger, night.date())
    reports = [by_key[key] for key in meant]
    today = SystemClock().utc_now().astimezone(settings.venue.zone).date()
    if only_deadlines:
        written = _deadlines(reports, chosen, profile, code, today)
    elif form == "night":
        written = render_night(reports, chosen, code, today)
    else:
        report = by_key[only(meant, otherwise="; or all with --format night")]
        written = render(report, chosen, profile, code, today)
    _deliver(written, chosen, output)


def _deadlines(reports: "list[SetlistReport]", form: str, profile: str | None, code: str, today: date) -> bytes:
    """Due dates for every act: JSON, or a table for everything else."""
    from livecsi.errors import UsageError
    from livecsi.reports import deadlines, language
    from livecsi.reports.night_report import due_table

    names = [profile] if profile else []
    if form == "json":
        return deadlines.as_json_text(reports, today, names).encode()
    if form not in ("table", "text"):
        raise UsageError(f"deadlines have no form {form!r}", "choose table or json")
    return due_table(reports, language.load(code), names, today).encode()


def _deliver(written: bytes, form: str, output: Path | None) -> None:
    """To a file that appears only when it is whole, or to stdout."""
    from livecsi.errors import InputError, UsageError

    if output is None:
        if form == "pdf" and sys.stdout.isatty():
            raise UsageError("a PDF is nothing for a terminal", "add --output report.pdf")
        click.echo(written, nl=False)
        return
    partial = output.with_name(output.name + ".partial")
    try:
        partial.write_bytes(written)
        partial.replace(output)
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror or error}") from error
    click.echo(f"wrote {output}", err=True)
