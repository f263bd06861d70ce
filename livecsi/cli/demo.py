"""`livecsi demo`: the first thing a newcomer runs."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from livecsi.evaluation.demonstration import Demonstration
    from livecsi.evaluation.tables import TrueSegment
    from livecsi.types import Performance


@click.command()
@click.option("--state-dir", type=click.Path(path_type=Path), help="Keep the state here; default: a temporary folder.")
def command(state_dir: Path | None) -> None:
    """Ingest the fixture songs, replay the fixture concert, print its setlist beside the truth, write the report."""
    from livecsi.cli.terminal import seconds_bar
    from livecsi.evaluation.demonstration import demonstrate
    from livecsi.settings import load_settings

    where = state_dir or Path(tempfile.mkdtemp(prefix="livecsi-demo-"))
    settings = load_settings(state_dir=where)
    with seconds_bar("listening to the fixture concert", None) as progress:
        result = demonstrate(settings, lambda line: click.echo(line, err=True), progress)
    _print(result)


def _print(result: "Demonstration") -> None:
    from livecsi.errors import FindingsError

    click.echo(f"{'really played':48}   what livecsi heard")
    for line in result.lines:
        click.echo(f"{_truth(line.truth, result.titles):48} | {_heard(line.heard)}")
    figures = result.figures
    click.echo(
        f"\n{figures.found} of {figures.songs} catalogue songs found, {figures.named - figures.found} wrong names, "
        f"unknown songs left unknown: {figures.unknown_recall:.0%}, median edge error {figures.boundary_median_s:.1f} s"
    )
    for path in result.reports:
        click.echo(f"report: {path}")
    if figures.f1 < 1 or figures.unknown_recall < 1:
        raise FindingsError("the demonstration did not find exactly what was played", "please report this")


def _truth(segment: "TrueSegment | None", titles: dict[str, str]) -> str:
    from livecsi.cli.terminal import clock_time

    if segment is None:
        return "(nothing)"
    names = {"song": "a song that is not in the catalogue", "recorded": "recorded music before the show"}
    title = titles.get(segment.work) or names[segment.kind]
    return f"{clock_time(segment.start_seconds)}-{clock_time(segment.end_seconds)} {title}"


def _heard(performance: "Performance | None") -> str:
    from livecsi.cli.terminal import clock_time, percent

    if performance is None:
        return "(missed)"
    title = f"{performance.best.title} {percent(performance.confidence)}" if performance.best else "unknown"
    return f"{clock_time(performance.start_seconds)}-{clock_time(performance.end_seconds)} {title}"
