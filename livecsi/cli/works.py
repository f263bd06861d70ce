"""`livecsi catalogue works`: what is known about the works behind the recordings."""

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.catalogue.metadata import RowVerdict


@click.group()
def works() -> None:
    """Writers, publishers and numbers of the works that are in the catalogue."""


@works.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the verdicts as JSON.")
def import_(file: Path, as_json: bool) -> None:
    """Complete works from a table: CSV, JSON, or lines of a MusicBrainz dump. Run it again to go on."""
    from livecsi.catalogue.metadata import Outcome, import_works
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.catalogue.works_file import read_works
    from livecsi.clock import SystemClock
    from livecsi.errors import FindingsError
    from livecsi.settings import load_settings

    counts: Counter[str] = Counter()
    told = []
    with Catalogue.open(load_settings().catalogue_path, SystemClock(), create=False) as catalogue:
        for verdict in import_works(catalogue, read_works(file)):
            counts[verdict.outcome] += 1
            if not verdict.is_foreign:
                click.echo(_line(verdict), err=True)
                told.append(verdict)
    if as_json:
        click.echo(json.dumps([asdict(verdict) for verdict in told], indent=2, ensure_ascii=False))
    click.echo(", ".join(f"{counts[outcome]} {outcome}" for outcome in Outcome), err=True)
    if counts[Outcome.FAILED]:
        raise FindingsError(f"{counts[Outcome.FAILED]} rows make no sense", "mend them and run the command again")


def _line(verdict: "RowVerdict") -> str:
    return f"{verdict.outcome:<10}line {verdict.line_number}: {verdict.message}"
