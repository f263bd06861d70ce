"""`livecsi config show`: what is really in force, in the form of the settings file."""

import json

import click


@click.group()
def command() -> None:
    """Show the effective settings."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(as_json: bool) -> None:
    """Print the effective settings after files, environment and defaults; a password in a URL is left out."""
    from livecsi.audio.capture_process import display_name, is_url
    from livecsi.settings import load_settings

    values = load_settings().model_dump(mode="json")
    if is_url(values["capture"]["input"]):
        values["capture"]["input"] = display_name(values["capture"]["input"])
    if as_json:
        click.echo(json.dumps(values, indent=2))
        return
    for key, value in values.items():
        if not isinstance(value, dict):
            click.echo(f"{key} = {json.dumps(value)}")
    for key, table in values.items():
        if isinstance(table, dict):
            click.echo(f"\n[{key}]")
            for name, value in table.items():
                click.echo(f"{name} = {json.dumps(value)}" if value is not None else f"# {name} is not set")
