"""`livecsi compress`: a trained run of one vector becomes a smaller released model."""

from pathlib import Path

import click


@click.command()
@click.argument("run", type=click.Path(path_type=Path, file_okay=False))
@click.option("--prune", is_flag=True, help="Train on while pruning the later convolutions to a fifth.")
@click.option("--quantise", is_flag=True, help="Eight bits, with ranges measured on works that were trained on.")
@click.option("--steps", default=400, type=click.IntRange(1), help="How long to prune; default 400 steps.")
@click.option("--scores", required=True, type=click.Path(path_type=Path), help="Folder of tables and score files.")
@click.option("--audio", type=click.Path(path_type=Path), help="As for `livecsi train`.")
@click.option("--pool", type=click.Path(path_type=Path), help="As for `livecsi train`.")
@click.option("--crowd", type=click.Path(path_type=Path), help="As for `livecsi train`.")
@click.option(
    "--models", default=Path("models"), type=click.Path(path_type=Path), help="The models folder to write into."
)
def command(
    run: Path,
    prune: bool,
    quantise: bool,
    steps: int,
    scores: Path,
    audio: Path | None,
    pool: Path | None,
    crowd: Path | None,
    models: Path,
) -> None:
    """Release RUN, a folder of `livecsi train`, as NAME-pruned, NAME-int8 or NAME-pruned-int8."""
    from livecsi.cli.extras import training_commands
    from livecsi.errors import UsageError

    if not (prune or quantise):
        raise UsageError("nothing to do", "give --prune, --quantise or both")
    training = training_commands()
    folders = training.Folders(scores, audio, pool, crowd, run)
    wanted = steps if prune else 0
    training.compress_run(run, folders, models, wanted, quantise, lambda line: click.echo(line, err=True))
    click.echo(models)
