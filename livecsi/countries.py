"""The countries by their two letters, because a society is found by the country of the venue.

ISO 3166-1 alpha-2, from the table that comes with the time zones.
"""

from functools import cache
from importlib.resources import files


def country_code(text: str) -> str:
    """The two letters of a country in capitals, empty for none; raises ValueError when no country has them."""
    code = text.strip().upper()
    if code and code not in _codes():
        raise ValueError(f"no country has the code {text!r}; use two letters of ISO 3166 such as FI or GB")
    return code


@cache
def _codes() -> frozenset[str]:
    lines = files("tzdata.zoneinfo").joinpath("iso3166.tab").read_text(encoding="utf-8").splitlines()
    return frozenset(line.partition("\t")[0] for line in lines if not line.startswith("#"))
