"""Every command explains itself, and a reader of the documentation can learn that it exists."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from livecsi.cli import COMMANDS, root

ROOT = Path(__file__).parent.parent


def walk(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from walk(command, (*path, name))


def documentation() -> str:
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
    return "\n".join(page.read_text(encoding="utf-8") for page in pages if page.exists())


def test_every_command_and_subcommand_has_help():
    for path, command in walk(root):
        assert command.help or command.short_help, " ".join(path)


def test_every_option_says_what_it_does():
    for path, command in walk(root):
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert option.help, f"{' '.join(path)} {option.opts[0]}"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_documentation(name):
    assert f"livecsi {name}" in documentation()


def test_the_help_lists_every_command_without_importing_any():
    result = CliRunner().invoke(root, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.output for name in COMMANDS)
