"""`livecsi pool`: render performances of many works once, as real sound or as features, for a training to mix in."""

from pathlib import Path

import click

_SPLITS = ("train", "validation", "test")


@click.command()
@click.option("--scores", required=True, type=click.Path(path_type=Path), help="Folder of tables and score files.")
@click.option("--output", required=True, type=click.Path(path_type=Path), help="Where works go; resumes what is there.")
@click.option("--works", type=click.IntRange(1), help="At most so many works; default all.")
@click.option("--sources", help="Only these sources, in this order, such as pop909,openewld.")
@click.option("--split", default="train", type=click.Choice(_SPLITS), help="Which works; default train.")
@click.option("--performances", default=3, type=click.IntRange(1), help="So many of each: one studio, the rest live.")
@click.option("--frames", default=480, type=click.IntRange(1), help="Length in frames of 299 ms; default 480.")
@click.option("--soundfonts", type=click.Path(path_type=Path), help="Folder of *.sf2; default the installed ones.")
@click.option("--rooms", type=click.Path(path_type=Path), help="Folder of impulse responses; default made-up rooms.")
@click.option("--crowd", type=click.Path(path_type=Path), help="Folder of recorded crowds; default made-up crowds.")
@click.option("--features", is_flag=True, help="No sound, constant-Q at once: a hundred times faster, less real.")
@click.option("--workers", default=1, type=click.IntRange(1), help="Processes; the result is the same.")
@click.option("--seed", default=0, type=click.IntRange(0), help="Another seed is another pool.")
def command(
    scores: Path,
    output: Path,
    works: int | None,
    sources: str | None,
    split: str,
    performances: int,
    frames: int,
    soundfonts: Path | None,
    rooms: Path | None,
    crowd: Path | None,
    features: bool,
    workers: int,
    seed: int,
) -> None:
    """Render performances of works and keep their constant-Q; the same command again resumes."""
    from livecsi.cli.extras import training_module

    def say(line: str) -> None:
        click.echo(line, err=True)

    equipment = training_module("rendering.equipment")
    sound = None if features else equipment.SoundSettings.of_folders(soundfonts, rooms, crowd)
    corpus = training_module("scores.corpus")
    chosen = corpus.works_of(corpus.load_scores(scores), split, sources.split(",") if sources else None)[:works]
    pool = training_module("rendering.pool")
    pool.render_pool(chosen, output, performances, frames, seed, sound, workers, say)
    click.echo(output)
