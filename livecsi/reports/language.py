"""The words of printed pages are data: one file per language, one key per phrase, placeholders by name.

A clerk reads a setlist in the language of the house; what a society or a person wrote is never translated.
"""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import format_date

from livecsi.errors import UsageError

FOLDER = Path(__file__).with_name("languages")


@dataclass(frozen=True, slots=True)
class Language:
    """The phrases of one language; call it with a key and the values of its placeholders."""

    code: str
    phrases: dict[str, str]

    def __call__(self, key: str, **values: object) -> str:
        return self.phrases[key].format(**values)

    def named(self, family: str, value: str) -> str:
        """The phrase of one of our own words, `role_composer`; a word we do not know stays as it was written."""
        return self.phrases.get(f"{family}_{value}", value)

    def counted(self, key: str, count: int, /, **values: object) -> str:
        """The phrase for one, or for any other number."""
        return self(f"{key}_one" if count == 1 else f"{key}_other", **values)

    def date_in_words(self, day: date) -> str:
        """`Wednesday 1 May 2024`."""
        return format_date(day, "full", locale=self.phrases["locale"])

    def short_date(self, day: date) -> str:
        """`1 May 2024`, in figures where that is the custom."""
        return format_date(day, "medium", locale=self.phrases["locale"])


def codes() -> list[str]:
    """The languages that came with livecsi."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def load(code: str) -> Language:
    """A language by its ISO 639 code; raises UsageError for one we do not have."""
    if code not in codes():
        raise UsageError(f"there is no language {code!r}", f"known are {', '.join(codes())}")
    return Language(code, tomllib.loads((FOLDER / f"{code}.toml").read_text(encoding="utf-8")))
