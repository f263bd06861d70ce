"""Every command explains itself, and a reader of the documentation can learn that it exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from livecsi.cli import COMMANDS, root

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\]\(([^)\s#]*)(?:#([^)\s]+))?\)")


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


def anchors(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked to."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_every_link_within_the_documentation_leads_somewhere(page):
    for target, anchor in LINK.findall((ROOT / page).read_text(encoding="utf-8")):
        if not target.startswith("http"):
            found = (ROOT / page).parent / target if target else ROOT / page
            assert found.exists(), target
            assert not anchor or anchor in anchors(found), f"{target}#{anchor}"
