"""`livecsi export`: a trained run becomes a released model: graphs, constants, manifest."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--run", required=True, type=click.Path(path_type=Path, file_okay=False), help="The run folder of `livecsi train`."
)
@click.option("--scores", required=True, type=click.Path(path_type=Path), help="Folder of tables and score files.")
@click.option(
    "--audio",
    type=click.Path(path_type=Path),
    help="Folder with recordings.csv or music/: real impostors for the calibration.",
)
@click.option(
    "--models", default=Path("models"), type=click.Path(path_type=Path), help="The models folder to write into."
)
def command(run: Path, scores: Path, audio: Path | None, models: Path) -> None:
    """Export a run to ONNX, calibrate it on held-out works, write it into the models folder."""
    from livecsi.cli.extras import training_commands

    training_commands().release_run(run, scores, audio, models, lambda line: click.echo(line, err=True))
    click.echo(models)
