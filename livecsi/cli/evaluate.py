"""`livecsi evaluate`: the figures, from tables anybody can write."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.service.ear import Ear

_TABLE = click.Path(path_type=Path, dir_okay=False)
_model = click.option(
    "--model", "model_name", help="A model of `livecsi models list`; default: the one of the settings."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_longest = click.option("--query-seconds", type=click.FloatRange(min=20), help="Cut queries to their middle this long.")


@click.group()
def command() -> None:
    """Measure retrieval, pairs and setlists."""


@command.command()
@click.option("--studio", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of the studio songs.")
@click.option("--queries", required=True, type=_TABLE, help="CSV of the recordings to be recognised.")
@_longest
@_model
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
@_model
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
@click.option("--audio", required=True, type=click.Path(path_type=Path), help="The concert.")
@click.option("--truth", required=True, type=_TABLE, help="CSV start_s,end_s,kind,work_id.")
@click.option("--studio", required=True, type=_TABLE, help="CSV path,work_id[,title,artist] of the studio songs.")
@_model
@_json
def setlist(audio: Path, truth: Path, studio: Path, model_name: str | None, as_json: bool) -> None:
    """Follow a concert and compare the setlist with what was really played."""
    from livecsi.cli.terminal import step_bars
    from livecsi.evaluation.concerts import evaluate_concert
    from livecsi.evaluation.tables import read_recordings, read_truth

    tables = read_truth(truth), read_recordings(studio)
    with step_bars() as step:
        figures, _, factor = evaluate_concert(_ear(model_name), audio, *tables, step)
    _print({**figures.as_dict(), "realtime_factor": round(factor, 1)}, as_json)


def _ear(model_name: str | None) -> "Ear":
    from livecsi.service.ear import Ear
    from livecsi.settings import load_settings

    settings = load_settings()
    if model_name is not None:
        settings = settings.model_copy(update={"model": settings.model.model_copy(update={"name": model_name})})
    return Ear(settings)


def _print(figures: dict[str, Any], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in figures.items()}, indent=2))
        return
    for name, value in figures.items():
        click.echo(f"{name:30} {value:.4g}" if isinstance(value, float) else f"{name:30} {value}")
