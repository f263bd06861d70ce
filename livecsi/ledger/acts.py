"""Which act of a night somebody means: every command that takes `--night`, `--act` and `--stage` asks here."""

from collections.abc import Sequence
from datetime import date

from livecsi.errors import FindingsError, UsageError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey, nights, sessions_by_report

NIGHTS_SHOWN = 10


def acts_meant(ledger: Ledger, night: date, act: str | None, stage: str | None) -> list[ReportKey]:
    """At least one act, in the order they came on; raises FindingsError when there is none."""
    keys = list(sessions_by_report(ledger, night))
    if not keys:
        raise FindingsError(f"nothing was heard in the night of {night}", _known_nights(ledger))
    meant = [key for key in keys if act in (None, key.act) and stage in (None, key.stage)]
    if not meant:
        raise FindingsError(f"no such act in the night of {night}", f"there are {_choices(keys)}")
    return meant


def only(meant: Sequence[ReportKey], otherwise: str = "") -> ReportKey:
    """The one act that is meant; a question with several answers is a usage error that lists them."""
    if len(meant) > 1:
        advice = f"choose one: {_choices(meant)}{otherwise}"
        raise UsageError(f"there were {len(meant)} acts in the night of {meant[0].night}", advice)
    return meant[0]


def _choices(keys: Sequence[ReportKey]) -> str:
    return "; ".join(f"--act {key.act!r} --stage {key.stage!r}" for key in keys)


def _known_nights(ledger: Ledger) -> str:
    known = [night.date.isoformat() for night in nights(ledger)]
    shown = ", ".join(known[-NIGHTS_SHOWN:])
    return f"there are {shown}" if known else "the ledger is empty; run `livecsi run` or `livecsi replay concert.flac`"
