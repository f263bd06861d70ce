"""`livecsi examples`: pictures and sounds of what a network is trained on."""

from pathlib import Path

import click


@click.command()
@click.option("--scores", required=True, type=click.Path(path_type=Path), help="Folder of tables and score files.")
@click.option("--output", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write into.")
@click.option("--count", default=6, type=click.IntRange(1, 100), help="How many pairs; default 6.")
@click.option("--seed", default=0, type=click.IntRange(0), help="Another seed is other works and arrangements.")
@click.option("--soundfonts", type=click.Path(path_type=Path), help="Folder of *.sf2; default the installed ones.")
@click.option("--rooms", type=click.Path(path_type=Path), help="Folder of impulse responses; default made-up rooms.")
@click.option("--crowd", type=click.Path(path_type=Path), help="Folder of recorded crowds; default made-up crowds.")
def command(
    scores: Path, output: Path, count: int, seed: int, soundfonts: Path | None, rooms: Path | None, crowd: Path | None
) -> None:
    """Render a few pairs as sound and picture, with a page that shows them."""
    from livecsi.cli.extras import training_module

    def say(line: str) -> None:
        click.echo(line, err=True)

    sound = training_module("rendering.equipment").SoundSettings.of_folders(soundfonts, rooms, crowd)
    corpus = training_module("scores.corpus").load_scores(scores, say=say)
    click.echo(training_module("rendering.examples").write_examples(corpus, output, count, seed, sound, say))
