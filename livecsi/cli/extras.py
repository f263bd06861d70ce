"""What only some need is an extra; without it a person is told what to install instead of shown a traceback."""

import importlib
from types import ModuleType

from livecsi.errors import UsageError


def training_commands() -> ModuleType:
    """`livecsi.training.commands`; raises UsageError when the extra is missing."""
    return training_module("commands")


def comparison_pictures() -> ModuleType:
    """`livecsi.evaluation.pictures`; raises UsageError when the extra is missing."""
    try:
        return importlib.import_module("livecsi.evaluation.pictures")
    except ModuleNotFoundError as error:
        raise UsageError(f"pictures need {error.name}", "pip install 'livecsi[compare]'") from error


def training_module(name: str) -> ModuleType:
    """`livecsi.training.NAME`; raises UsageError when the extra is missing."""
    try:
        return importlib.import_module(f"livecsi.training.{name}")
    except ModuleNotFoundError as error:
        raise UsageError(f"training needs {error.name}", "pip install 'livecsi[train]'") from error
