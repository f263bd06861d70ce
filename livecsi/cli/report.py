"""`livecsi report`: a night in the form somebody needs."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.ledger.ledger import Ledger
    from livecsi.reports.build import ReportKey
    from livecsi.reports.model import SetlistReport

FORMATS = ("table", "json", "csv", "html", "pdf", "text")
_BY_SUFFIX = {".json": "json", ".csv": "csv", ".html": "html", ".htm": "html", ".pdf": "pdf", ".txt": "text"}


@click.command()
@click.option("--night", required=True, type=click.DateTime(["%Y-%m-%d"]), help="The venue's date, 2024-05-01.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the name of --output, else table.")
@click.option("--act", help="Which act, when there are several.")
@click.option("--stage", help="Which stage, when the act played on several.")
@click.option("--profile", help="Make a society's copy sheet: koda, jasrac, imro or apra.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
def command(
    night: datetime, form: str | None, act: str | None, stage: str | None, profile: str | None, output: Path | None
) -> None:
    """Write the setlist report of a night; JSON follows livecsi/reports/setlist-report.schema.json."""
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.reports.render import render
    from livecsi.settings import load_settings

    chosen = form or (_BY_SUFFIX.get(output.suffix.lower(), "table") if output else "table")
    with Ledger.open(load_settings().ledger_path, SystemClock(), create=False) as ledger:
        report = _choose(ledger, night.date(), act, stage)
    written = render(report, chosen, profile)  # type: ignore[arg-type]  # click has checked the choice
    _deliver(written, chosen, output)


def _choose(ledger: "Ledger", night: date, act: str | None, stage: str | None) -> "SetlistReport":
    """The one report that is meant; a question with several answers is a usage error that lists them."""
    from livecsi.errors import FindingsError, UsageError
    from livecsi.reports.build import reports_of_night

    reports = reports_of_night(ledger, night)
    if not reports:
        raise FindingsError(f"nothing was heard in the night of {night}", _known_nights(ledger))
    matching = {key: report for key, report in reports.items() if _is_meant(key, act, stage)}
    if len(matching) == 1:
        return next(iter(matching.values()))
    there_are = "; ".join(f"--act {key.act!r} --stage {key.stage!r}" for key in matching or reports)
    if not matching:
        raise FindingsError(f"no such act in the night of {night}", f"there are {there_are}")
    raise UsageError(f"there were {len(matching)} acts in the night of {night}", f"choose one: {there_are}")


def _is_meant(key: "ReportKey", act: str | None, stage: str | None) -> bool:
    return act in (None, key.act) and stage in (None, key.stage)


def _known_nights(ledger: "Ledger") -> str:
    from livecsi.ledger.night import nights

    known = [night.date.isoformat() for night in nights(ledger)]
    shown = ", ".join(known[-10:])
    return f"there are {shown}" if known else "the ledger is empty; run `livecsi replay concert.flac`"


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
