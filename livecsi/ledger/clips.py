"""What the ledger knows of clips kept as evidence: whose, when, which file, until when, and that it is erased.

A file that no event here names has no right to lie on the disk.
"""

from dataclasses import dataclass
from datetime import date

from livecsi.ledger.consents import WITHDRAWN
from livecsi.ledger.ledger import Event, Ledger

KEPT = "evidence.kept"
ERASED = "evidence.erased"


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that was kept and not erased. `file` is relative to the folder of the evidence."""

    seq: int
    night: date
    kept_on: date
    expires_on: date
    file: str
    is_withdrawn: bool
    """Whether the act took its consent back after the clip was made."""


def clips(ledger: Ledger) -> list[Clip]:
    """Every clip that should still be there, or is overdue, in the order they were made."""
    erased = {seq for event in ledger.events(ERASED) for seq in event.body["seqs"]}
    withdrawn = {event.body["act"]: event.seq for event in ledger.events(WITHDRAWN)}
    return [_clip(event, withdrawn) for event in ledger.events(KEPT) if event.seq not in erased]


def _clip(event: Event, withdrawn: dict[str, int]) -> Clip:
    body = event.body
    return Clip(
        seq=event.seq,
        night=date.fromisoformat(body["night"]),
        kept_on=event.recorded_at.date(),
        expires_on=date.fromisoformat(body["expires_on"]),
        file=body["file"],
        is_withdrawn=withdrawn.get(body["act"], 0) > event.seq,
    )
