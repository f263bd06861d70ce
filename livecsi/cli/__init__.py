"""The command line: one file per command, imported only when that command runs, so that `--help` is instant.

Data goes to stdout, talk to stderr. A `LivecsiError` becomes one line on stderr and the exit code of its kind.
"""

import importlib
import os
import sys

import click

from livecsi import __version__
from livecsi.errors import LivecsiError

COMMANDS = {
    "augment": "Render a recording as it would sound elsewhere (needs the extra 'train').",
    "catalogue": "The database of studio songs: add, import, list, rank, check.",
    "compress": "Prune and quantise a trained run of one vector (needs the extra 'train').",
    "config": "Show the effective settings.",
    "demo": "Ingest the fixture songs, replay the fixture concert, print and write its setlist.",
    "devices": "List the inputs that can be listened to, and how loud they are.",
    "doctor": "Check everything a night depends on, with advice.",
    "evaluate": "Measure retrieval, pairs and setlists, and compare models.",
    "examples": "Render training pairs to listen to and look at (needs the extra 'train').",
    "export": "Release a trained run as ONNX files with manifest (needs the extra 'train').",
    "ledger": "Check what was written down.",
    "models": "List and verify the models that can listen.",
    "nights": "List the nights in the ledger; plan those to come, and compare.",
    "pool": "Render performances of many works as sound, for a training to mix in (needs the extra 'train').",
    "privacy": "Show what is kept about people and who allowed it, and forget what is old.",
    "replay": "Run a recorded concert through the pipeline.",
    "report": "Write the setlist report of a night.",
    "review": "Check the list of a night, correct it, sign it.",
    "run": "The daemon: listen to the stage, follow the show, keep the night.",
    "status": "Ask the running daemon what it hears.",
    "train": "Train a model (needs the extra 'train').",
}


class LazyGroup(click.Group):
    """Knows every command's name and one-line help without importing any of them."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"livecsi.cli.{name}").command
        return command

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="livecsi")
def root() -> None:
    """Listen to a stage, work out which songs were really played, write a setlist somebody can file."""


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave with the exit code of what happened."""
    try:
        root.main(args=arguments, standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(_say("interrupted", 130))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except LivecsiError as error:
        sys.exit(_say(str(error), error.exit_code))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # the last line of defence: a person gets a line, a developer sets LIVECSI_TRACEBACK
        from livecsi.settings import wants_traceback

        if wants_traceback():
            raise
        sys.exit(_say(f"internal error: {type(error).__name__}: {error}", LivecsiError.exit_code))


def _say(message: str, exit_code: int) -> int:
    click.echo(f"livecsi: {' '.join(message.split())}", err=True)
    return exit_code
