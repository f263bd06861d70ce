"""`livecsi augment`: hear what rooms, crowds, codecs, other keys and speeds make of a recording."""

from pathlib import Path

import click


@click.command()
@click.argument("audio", type=click.Path(path_type=Path))
@click.option("--output", required=True, type=click.Path(path_type=Path), help="The WAV file to write.")
@click.option("--semitones", default=0.0, type=click.FloatRange(-12, 12), help="Up or down, at the same speed.")
@click.option("--speed", default=1.0, type=click.FloatRange(0.5, 2.0), help="Times as fast, in the same key.")
@click.option("--room", type=click.Path(path_type=Path), help="An impulse response, or a folder of them.")
@click.option("--crowd", type=click.Path(path_type=Path), help="A folder of recorded crowds; else they are made up.")
@click.option(
    "--crowd-db", type=click.FloatRange(-20, 60), help="Add a crowd so many dB below the music; 6 with --crowd."
)
@click.option("--codec", help="Through a lossy file: mp3:96, aac:64 or opus:32 (kilobits a second).")
@click.option("--seed", default=0, type=click.IntRange(0), help="Another seed is another crowd and room.")
def command(
    audio: Path,
    output: Path,
    semitones: float,
    speed: float,
    room: Path | None,
    crowd: Path | None,
    crowd_db: float | None,
    codec: str | None,
    seed: int,
) -> None:
    """Render AUDIO as it would sound elsewhere, to listen to what a training does."""
    from livecsi.cli.extras import training_module

    treatment = training_module("treatment")
    treatment.augment_file(audio, output, treatment.treatment_of(semitones, speed, room, crowd, crowd_db, codec), seed)
    click.echo(output)
