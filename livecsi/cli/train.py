"""`livecsi train`: teach a network from scores, with one command and one configuration file."""

import re
from pathlib import Path

import click

_UNITS = {"s": 1, "m": 60, "h": 3600}


@click.command()
@click.option("--config", required=True, type=click.Path(path_type=Path), help="A file like models/livecsi.toml.")
@click.option("--scores", required=True, type=click.Path(path_type=Path), help="Folder of tables and score files.")
@click.option(
    "--audio", type=click.Path(path_type=Path), help="Folder with recordings.csv; the gate needs noise/ and music/."
)
@click.option(
    "--run", type=click.Path(path_type=Path), help="Where checkpoints go; default runs/NAME. Resumes what is there."
)
@click.option("--pool", type=click.Path(path_type=Path), help="Works played as audio, made by `livecsi pool`.")
@click.option("--crowd", type=click.Path(path_type=Path), help="Your recordings of crowds, for paper_crowd = true.")
@click.option("--budget", help="Stop after this long, such as 90s, 10m or 1.5h; the schedule fits itself to it.")
def command(
    config: Path,
    scores: Path,
    audio: Path | None,
    run: Path | None,
    pool: Path | None,
    crowd: Path | None,
    budget: str | None,
) -> None:
    """Train a model; the same command again resumes at the last checkpoint."""
    from livecsi.cli.extras import training_commands
    from livecsi.cli.terminal import seconds_bar

    training = training_commands()
    folders = training.Folders(scores, audio, pool, crowd, run or Path("runs") / config.stem)
    seconds = _seconds(budget) if budget is not None else None
    with seconds_bar("training", 1.0) as bar:
        listener = training.Listener(say=lambda line: click.echo(line, err=True), bar=bar)
        training.train_from_config(config, folders, seconds, listener)
    click.echo(folders.run)


def _seconds(text: str) -> float:
    from livecsi.errors import UsageError

    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if match is None:
        raise UsageError(f"--budget {text!r} is no duration", "write 90s, 10m or 1.5h")
    return float(match[1]) * _UNITS[match[2]]
