"""`livecsi evaluate`: the figures, from tables anybody can write."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livecsi.cli.model_option import MODEL, settings_with

if TYPE_CHECKING:
    from livecsi.service.ear import Ear

_TABLE = click.Path(path_type=Path, dir_okay=False)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_longest = click.option("--query-seconds", type=click.FloatRange(min=20), help="Cut queries to their middle this long.")


@click.group()
def command() -> None:
    """Measure retrieval, pairs and setlists, and compare models."""


@command.command()
@click.option("--studio", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of the studio songs.")
@click.option("--queries", required=True, type=_TABLE, help="CSV of the recordings to be recognised.")
@_longest
@MODEL
@_json
def retrieval(studio: Path, queries: Path, query_seconds: float | None, model_name: str | None, as_json: bool) -> None:
    """Rank every query against all studio songs."""
    from livecsi.cli.terminal import step_bars
    from livecsi.evaluation.retrieval import evaluate_retrieval
    from livecsi.evaluation.tables import read_recordings
    from livecsi.service.catalogue import LONGEST_QUERY_SECONDS

    tables = read_recordings(studio), read_recordings(queries)
    with step_bars() as step:
        figures, seconds = evaluate_retrieval(_ear(model_name), *tables, query_seconds or LONGEST_QUERY_SECONDS, step)
    _print({**figures.as_dict(), "seconds_per_query": round(seconds, 4)}, as_json)


@command.command()
@click.option("--set", "table", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of all recordings.")
@_longest
@MODEL
@_json
def pairs(table: Path, query_seconds: float | None, model_name: str | None, as_json: bool) -> None:
    """Rank every recording against all others (the Covers80 protocol)."""
    from livecsi.cli.terminal import step_bars
    from livecsi.evaluation.retrieval import evaluate_pairs
    from livecsi.evaluation.tables import read_recordings
    from livecsi.service.catalogue import LONGEST_QUERY_SECONDS

    recordings = read_recordings(table)
    with step_bars() as step:
        figures, seconds = evaluate_pairs(_ear(model_name), recordings, query_seconds or LONGEST_QUERY_SECONDS, step)
    _print({**figures.as_dict(), "seconds_per_query": round(seconds, 4)}, as_json)


@command.command()
@click.option("--set", "table", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of all recordings.")
@click.option("--models", required=True, help="Names of `livecsi models list`, separated by commas.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the report.")
def compare(table: Path, models: str, out: Path) -> None:
    """Compare models on one set: a report in Markdown and pictures (needs the extra 'compare')."""
    from livecsi.cli.extras import comparison_pictures
    from livecsi.cli.terminal import step_bars
    from livecsi.evaluation.compare import compare_system, heard
    from livecsi.evaluation.compare_report import report
    from livecsi.evaluation.tables import read_recordings

    pictures = comparison_pictures()
    ears = {name: _ear(name) for name in dict.fromkeys(models.split(","))}
    rows = read_recordings(table)
    with step_bars() as step:
        recordings = heard(next(iter(ears.values())), rows, step)
        comparisons = [compare_system(name, ear.system, recordings, step) for name, ear in ears.items()]
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{table.stem}.md").write_text(report(table.stem, comparisons), encoding="utf-8")
    for path in [out / f"{table.stem}.md", *pictures.draw(out, table.stem, comparisons, recordings)]:
        click.echo(path)


@command.command()
@click.option("--audio", required=True, type=click.Path(path_type=Path), help="The concert.")
@click.option("--truth", required=True, type=_TABLE, help="CSV start_s,end_s,kind,work_id.")
@click.option("--studio", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of the studio songs.")
@MODEL
@_json
def setlist(audio: Path, truth: Path, studio: Path, model_name: str | None, as_json: bool) -> None:
    """Follow a concert and compare the setlist with what was really played."""
    from livecsi.cli.terminal import step_bars
    from livecsi.evaluation.concerts import evaluate_concert
    from livecsi.evaluation.tables import read_recordings, read_truth

    tables = read_truth(truth), read_recordings(studio)
    with step_bars() as step:
        figures, _, factor = evaluate_concert(_ear(model_name, for_comparison=False), audio, *tables, step)
    _print({**figures.as_dict(), "realtime_factor": round(factor, 1)}, as_json)


def _ear(model_name: str | None, for_comparison: bool = True) -> "Ear":
    from livecsi.service.ear import Ear

    return Ear(settings_with(model_name), for_comparison)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in figures.items()}, indent=2))
        return
    for name, value in figures.items():
        click.echo(f"{name:30} {value:.4g}" if isinstance(value, float) else f"{name:30} {value}")
