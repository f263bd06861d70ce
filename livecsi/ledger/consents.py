"""Which acts allowed that short clips of them are kept as evidence, and which took that back.

Without a word here no audio is ever kept. The newest word of an act counts, by the order of the ledger and not by any
clock; acts are told apart by their names, letter by letter.
"""

from dataclasses import dataclass
from datetime import date, datetime

from livecsi.errors import FindingsError, UsageError
from livecsi.ledger.ledger import Event, Ledger

CONSENTED = "privacy.consented"
WITHDRAWN = "privacy.consent_withdrawn"


@dataclass(frozen=True, slots=True)
class Consent:
    """The newest word of an act; `until` is the last night it is meant for, None when it holds until taken back."""

    act: str
    is_given: bool
    by: str
    at: datetime
    until: date | None

    def covers(self, night: date) -> bool:
        """Whether clips of that night may be kept."""
        return self.is_given and (self.until is None or night <= self.until)


def consents(ledger: Ledger) -> dict[str, Consent]:
    """The newest word of every act, by the name of the act."""
    words = sorted([*ledger.events(CONSENTED), *ledger.events(WITHDRAWN)], key=lambda event: event.seq)
    newest = {event.body["act"]: _consent(event) for event in words}
    return {act: newest[act] for act in sorted(newest)}


def has_consented(ledger: Ledger, act: str, night: date) -> bool:
    """Whether clips of this act may be kept in that night; never for an act without a name."""
    consent = consents(ledger).get(act) if act.strip() else None
    return consent is not None and consent.covers(night)


def give_consent(ledger: Ledger, act: str, by: str, until: date | None) -> None:
    """Write down that an act said yes; raises UsageError without a name for the act and for whoever said so."""
    ledger.append(CONSENTED, {**_said(act, by), "until": until.isoformat() if until else None})


def withdraw_consent(ledger: Ledger, act: str, by: str) -> None:
    """Write down that an act took its yes back; raises FindingsError when it never said it. Erases nothing."""
    body = _said(act, by)
    with ledger.transaction():
        given = [consent.act for consent in consents(ledger).values() if consent.is_given]
        if body["act"] not in given:
            names = "; ".join(map(repr, given))
            raise FindingsError(f"no consent of {act!r} is known", f"there is that of {names}" if given else "")
        ledger.append(WITHDRAWN, body)


def _said(act: str, by: str) -> dict[str, str]:
    if not act.strip() or not by.strip():
        raise UsageError("a consent names an act and who spoke for it", "give --act and --by")
    return {"act": act.strip(), "by": by.strip()}


def _consent(event: Event) -> Consent:
    until = event.body.get("until")
    return Consent(
        act=event.body["act"],
        is_given=event.kind == CONSENTED,
        by=event.body["by"],
        at=event.recorded_at,
        until=date.fromisoformat(until) if until else None,
    )
