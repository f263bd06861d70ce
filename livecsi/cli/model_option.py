"""`--model NAME`, the same for every command that listens: another model than that of the settings, this once."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.settings import Settings

MODEL = click.option("--model", "model_name", help="Another model of `livecsi models list` than that of the settings.")


def settings_with(model_name: str | None, **options: Any) -> "Settings":
    """The settings with that model, and with `options` as `load_settings` takes them."""
    from livecsi.settings import load_settings

    return load_settings(**options) if model_name is None else load_settings(model={"name": model_name}, **options)
