"""`livecsi models`: which networks can listen, and whether their files are the released ones."""

import json
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.identify.sessions import ReleasedModel


@click.group()
def command() -> None:
    """List and verify the models that can listen."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: name, family, file, sha256, size_bytes, ...")
def list_models(as_json: bool) -> None:
    """List the models of the models folder."""
    rows = [_facts(model) for model in _models()]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        use = "  for comparisons only" if row["benchmark_only"] else ""
        size = f"{row['size_bytes'] / 1e6:6.2f} MB"
        click.echo(f"{row['name']:20} {row['family']:16} {size}  {row['file']}  {row['licence']}{use}")


@command.command()
def verify() -> None:
    """Check every file of every model against the manifest."""
    for model in _models():
        for role in model.facts["files"]:
            click.echo(f"{model.name}: {role}: {model.file(role).name} is the released file")


def _models() -> "list[ReleasedModel]":
    from livecsi.identify.sessions import released_models
    from livecsi.settings import load_settings

    return released_models(load_settings().model.directory)


def _facts(model: "ReleasedModel") -> dict[str, Any]:
    """One model for a listing: `file`, `sha256` and `size_bytes` are those of its main file, `files` has them all."""
    return {
        "name": model.name,
        "family": model.family,
        "id": model.id,
        **model.main_file,
        "licence": model.facts["licence"],
        "benchmark_only": bool(model.facts.get("benchmark_only")),
        "files": dict(model.facts["files"]),
    }
