"""The review of one act's night: what people decided, as events beside what was heard.

    review.edited* -> review.signed* -> review.filed*        (any later edit, or hearing anew, begins again)
                                        review.filing_withdrawn

The lines people stand by are a fold over these events and never stored. An edit voids the signatures before it. Once
somebody has filed, the next edit begins a new revision; the filed one lies in its event, word for word. An undo names
the edit it takes back and is an edit itself. A filing that was written down by mistake is withdrawn, and both stay in
the ledger. Edits whose line is gone, because the night was heard anew, are kept
apart as orphaned.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from livecsi.errors import BusyError, UsageError
from livecsi.ledger.edits import apply
from livecsi.ledger.ledger import Body, Event, Ledger
from livecsi.ledger.lines import Line, Status, heard_lines
from livecsi.ledger.night import HeardSession, ReportKey, key_of, sessions_by_report
from livecsi.ledger.sessions import OPENED, SUPERSEDED

EDITED = "review.edited"
SIGNED = "review.signed"
FILED = "review.filed"
WITHDRAWN = "review.filing_withdrawn"
DECISIONS = (EDITED, SIGNED, FILED, WITHDRAWN)

ROLES = ("performer", "venue")
DETAILS = {
    "event": ("name", "type", "access", "ticket_price", "receipts", "attendance", "promoter"),
    "venue": ("name", "street", "postcode", "city", "country", "capacity", "licences"),
    "act": ("name", "billing", "order", "leader", "musicbrainz_id"),
}
"""What a person can tell about the night, the place and the act; the report's model says which values make sense."""


class State(StrEnum):
    """How far a review has come."""

    UNREVIEWED = "unreviewed"
    IN_REVIEW = "in_review"
    REVIEWED = "reviewed"
    SIGNED = "signed"
    FILED = "filed"


@dataclass(frozen=True, slots=True)
class Orphan:
    """An edit that no longer applies, and why."""

    event: Event
    reason: str


@dataclass(slots=True)
class Review:
    """Where a review stands. `filings` pairs each filing with the revision it belongs to."""

    lines: tuple[Line, ...]
    revision: int = 1
    details: dict[str, dict[str, Any]] = field(default_factory=lambda: {block: {} for block in DETAILS})
    edits: list[Event] = field(default_factory=list)
    orphans: list[Orphan] = field(default_factory=list)
    signatures: list[Event] = field(default_factory=list)
    filings: list[tuple[int, Event]] = field(default_factory=list)
    last_event: Event | None = None

    @property
    def pending(self) -> list[Line]:
        return [line for line in self.lines if line.status is Status.PENDING]

    @property
    def state(self) -> State:
        if any(revision == self.revision for revision, _ in self.filings):
            return State.FILED
        if {event.body["role"] for event in self.signatures} == set(ROLES):
            return State.SIGNED
        if self.lines and not self.pending:
            return State.REVIEWED
        return State.IN_REVIEW if self.edits else State.UNREVIEWED


def review_of(ledger: Ledger, key: ReportKey, sessions: Sequence[HeardSession]) -> Review:
    """The review of what these sessions heard."""
    return _review(decisions(ledger, key.night), key, sessions)


def reviews(ledger: Ledger) -> dict[ReportKey, Review]:
    """Every review there is, the oldest night first; those nobody has begun as well."""
    decided = decisions(ledger)
    return {key: _review(decided, key, sessions) for key, sessions in sessions_by_report(ledger).items()}


def fold(heard: tuple[Line, ...], trail: Iterable[Event]) -> Review:
    """Lines as heard, and all events about them in the order they were written, as a review."""
    events = list(trail)
    undone = {event.body["undoes"] for event in events if event.kind == EDITED and event.body["verb"] == "undo"}
    review = Review(heard)
    for event in events:
        if event.kind == SIGNED:
            review.signatures.append(event)
        elif event.kind == FILED:
            review.filings.append((review.revision, event))
        elif event.kind == WITHDRAWN:
            review.filings = [filing for filing in review.filings if filing[1].hash != event.body["withdraws"]]
        else:
            _begin_again(review)
        if event.kind == EDITED and event.hash not in undone:
            _edit(review, event)
        if event.kind in DECISIONS:
            review.last_event = event
    return review


class Reviewer:
    """The writing side: one person at one review. Every method returns the review as it then stands."""

    def __init__(self, ledger: Ledger, key: ReportKey, by: str) -> None:
        if not by.strip():
            raise UsageError("nobody decides without a name", "say who with --by")
        self._ledger, self._key, self._by = ledger, key, by.strip()

    def review(self) -> Review:
        """Where it stands now; raises UsageError when nothing was heard of this act."""
        sessions = sessions_by_report(self._ledger, self._key.night).get(self._key)
        if sessions is None:
            raise UsageError(f"nothing was heard of {self._key.act!r} on {self._key.night}", "see `livecsi nights`")
        return review_of(self._ledger, self._key, sessions)

    def edit(self, verb: str, **body: Any) -> Review:
        """Do one thing to some lines; raises UsageError, and writes nothing, when it makes no sense."""
        with self._ledger.transaction():
            event = self._write(EDITED, {"verb": verb, **body})
            review = self.review()
            for orphan in review.orphans:
                if orphan.event == event:
                    raise UsageError(orphan.reason)
        return review

    def undo(self) -> Review:
        """Take back the last edit that still counts."""
        with self._ledger.transaction():
            edits = self.review().edits
            if not edits:
                raise UsageError("there is nothing to undo")
            return self.edit("undo", undoes=edits[-1].hash, undone_verb=edits[-1].body["verb"])

    def sign(self, role: Literal["performer", "venue"], name: str, statement: str, report_sha256: str) -> Review:
        """Put a name under exactly this report; nothing may be pending."""
        if role not in ROLES:
            raise UsageError(f"{role!r} does not sign", f"known are {', '.join(ROLES)}")
        if not name.strip():
            raise UsageError("a signature needs a name", "give one with --name")
        body = {"role": role, "name": name.strip(), "statement": statement, "report_sha256": report_sha256}
        return self._conclude(SIGNED, body)

    def file(self, body: Body) -> Review:
        """Write down that somebody filed this revision: `society`, `profile`, `filed_by`, ..., and the `report`."""
        return self._conclude(FILED, body)

    def withdraw(self, society: str, note: str | None) -> Review:
        """Take back the last filing with a society, which was written down by mistake."""
        with self._ledger.transaction():
            filed = [event for _, event in self.review().filings]
            mistaken = [event for event in filed if event.body["society"].casefold() == society.strip().casefold()]
            if not mistaken:
                known = ", ".join(dict.fromkeys(event.body["society"] for event in filed))
                raise UsageError(f"no filing with {society!r} is written down", f"there is {known}" if known else "")
            body = {"withdraws": mistaken[-1].hash, "society": mistaken[-1].body["society"], "note": note}
            self._write(WITHDRAWN, body)
            return self.review()

    def _conclude(self, kind: str, body: Body) -> Review:
        with self._ledger.transaction():
            review = self.review()
            if review.pending or not review.lines:
                raise UsageError(_left(review), "go through every line first")
            self._write(kind, {**body, "revision": review.revision})
            return self.review()

    def _write(self, kind: str, body: Body) -> Event:
        """Raises BusyError while the act is on stage: what is settled then may still be divided otherwise."""
        if any(session.is_running for session in sessions_by_report(self._ledger, self._key.night).get(self._key, [])):
            raise BusyError(
                f"the night of {self._key.night} is still being listened to",
                "review it when it is over, half an hour after the last music or when `livecsi run` has stopped",
            )
        key = {"night": self._key.night.isoformat(), "act": self._key.act, "stage": self._key.stage}
        return self._ledger.append(kind, {**key, "by": self._by, **body})


def _begin_again(review: Review) -> None:
    """Something changed: signatures no longer hold, and what was filed keeps its revision."""
    review.signatures = []
    if any(revision == review.revision for revision, _ in review.filings):
        review.revision += 1


def _left(review: Review) -> str:
    """What keeps a list from being signed."""
    count = len(review.pending)
    if not review.lines:
        return "there is no line"
    return "one line is still pending" if count == 1 else f"{count} lines are still pending"


def _edit(review: Review, event: Event) -> None:
    verb = event.body["verb"]
    try:
        if verb == "describe":
            _describe(review, event.body)
        elif verb != "undo":
            review.lines = apply(review.lines, event)
    except UsageError as error:
        review.orphans.append(Orphan(event, str(error)))
        return
    if verb != "undo":
        review.edits.append(event)


def _describe(review: Review, body: Body) -> None:
    told = body["details"]
    for block, name in [(block, name) for block, names in told.items() for name in names]:
        if name not in DETAILS.get(block, ()):
            raise UsageError(f"the {block} has no {name!r}", f"known are {', '.join(DETAILS.get(block, DETAILS))}")
    review.details = {block: {**review.details[block], **told.get(block, {})} for block in DETAILS}


def _review(decided: Sequence[Event], key: ReportKey, sessions: Sequence[HeardSession]) -> Review:
    """What the machine wrote counts too: whatever comes after a signature makes it one for something else."""
    trail = [event for event in decided if key_of(event.body) == key]
    heard = [event for session in sessions for event in session.events]
    return fold(heard_lines(sessions), sorted([*trail, *heard], key=lambda event: event.seq))


def decisions(ledger: Ledger, night: date | None = None) -> list[Event]:
    """What people decided about one night, or about all; a session that was taken back is told under its own act."""
    wanted = {} if night is None else {"night": night.isoformat()}
    opened = {event.body["session_id"]: event.body for event in ledger.events(OPENED, **wanted)}
    gone = [
        replace(event, body={**opened[event.body["session_id"]], **event.body})
        for event in ledger.events(SUPERSEDED)
        if event.body["session_id"] in opened
    ]
    return [*gone, *(event for kind in DECISIONS for event in ledger.events(kind, **wanted))]
