"""The setlist report: one act, on one stage, in one night. The published JSON Schema is made from these classes.

Software never confirms: every item is `pending` until a person decides, and what nobody knows stays null instead of
being guessed. Kinds, usages and statuses are the ledger's own words. Conventions: times are RFC 3339 in UTC with
milliseconds, durations are seconds, money is a decimal string with its ISO 4217 code, and lists are in the order of
the night.
"""

import hashlib
import json
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

from livecsi.clock import format_utc
from livecsi.ledger.ledger import canonical
from livecsi.ledger.lines import DurationSource, Origin, Section
from livecsi.ledger.lines import ItemKind as ItemKind
from livecsi.ledger.lines import Status as Status
from livecsi.ledger.lines import Usage as Usage
from livecsi.ledger.review import State

Moment = Annotated[
    datetime,
    PlainSerializer(format_utc, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
Seconds = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]


def _says_nothing(value: object) -> bool:
    """What was added to the report later is left out while it says nothing: older signatures stand under the rest."""
    return value is None or value == []


class Block(BaseModel):
    """A part of the report."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Money(Block):
    """An amount, exact."""

    amount: Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class Event(Block):
    """The night."""

    business_date: date
    """The venue's local date; the small hours belong to the night before."""
    timezone: str
    start_utc: Moment
    """When listening began; the show itself goes from the first item that was played to the last."""
    end_utc: Moment
    """When listening ended."""
    name: str | None = None
    type: str | None = None
    access: str | None = None
    ticket_price: Money | None = None
    receipts: Money | None = None
    attendance: Annotated[int, Field(ge=0)] | None = None
    promoter: str | None = None


class Venue(Block):
    """The place."""

    name: str | None = None
    street: str | None = None
    postcode: str | None = None
    city: str | None = None
    country: str | None = None
    stage: str
    capacity: int | None = None
    licences: dict[str, str] = {}


class Act(Block):
    """Who played."""

    name: str | None = None
    billing: Literal["headline", "support", "co-headline", "other"] | None = None
    order: int | None = None
    leader: str | None = None
    musicbrainz_id: str | None = None


class Writer(Block):
    """Somebody who is paid for a work."""

    name: str
    role: str
    ipi: str | None = None


Proposer = Literal["tags", "musicbrainz"]
"""Whose word stands behind writers that no person entered."""


class Work(Block):
    """What was composed: the thing a society pays."""

    work_key: str | None = None
    title: str
    iswc: str | None = None
    writers: list[Writer] = []
    writers_source: Annotated[Proposer | None, Field(exclude_if=_says_nothing)] = None
    """Who proposed the writers, whom nobody has checked; left out of the report when a person entered them."""
    publishers: list[str] = []
    society_ids: dict[str, str] = {}
    public_domain: bool = False


class MatchedRecording(Block):
    """The studio recording the music was recognised from; its artist is no writer."""

    title: str
    original_artist: str | None = None
    isrc: str | None = None
    musicbrainz_id: str | None = None
    duration_s: Seconds | None = None


class Alternative(Block):
    """A studio recording it might have been, with what the machine measured."""

    title: str
    original_artist: str | None = None
    work_key: str | None = None
    iswc: str | None = None
    probability: Fraction
    score: float
    """Normalised by impostors; comparable only within one model."""
    log_odds: float
    transposition_semitones: int
    window_start_s: Seconds
    """Where in the music that was compared (the performance, the middle of a long one) the aligned stretch begins."""
    window_end_s: Seconds
    song_start_s: Seconds
    """Where in the studio song the aligned stretch begins."""
    song_end_s: Seconds


class Evidence(Block):
    """Why the machine says so. A line that a person added has band `none`: the machine says nothing for it."""

    session_id: str | None = None
    """Which of the sessions in `provenance` heard it: there are model, catalogue, configuration and clock."""
    confidence: Fraction
    band: Literal["high", "medium", "low", "none"]
    band_basis: Literal["calibrated", "uncalibrated"]
    """`uncalibrated`: the band is a word for the confidence, with no measured precision behind it."""
    margin: float
    transposition_semitones: int | None = None
    best: Alternative | None = None
    """What the machine named, whatever a person made of it."""
    alternatives: list[Alternative] = []


class Decision(Block):
    """What a person said about the item."""

    status: Status = Status.PENDING
    by: str | None = None
    at: Moment | None = None
    note: str | None = None


class Edit(Block):
    """One thing a person did to the item."""

    verb: str
    by: str
    at: Moment
    note: str | None = None


class Item(Block):
    """One line of the setlist."""

    seq: Annotated[int, Field(ge=1)]
    item_id: str
    """The same for ever, whatever is added or merged around it."""
    section: Section = "main"
    kind: ItemKind
    usage: Usage
    start_utc: Moment
    end_utc: Moment
    duration_s: Seconds
    duration_source: DurationSource = "detected"
    completeness: Literal["complete", "partial", "unknown"] = "unknown"
    gap_s: Seconds = 0.0
    times_performed: Annotated[int, Field(ge=1)] = 1
    origin: Origin | None = None
    part_of: str | None = None
    """The `item_id` of the medley this is a part of."""
    work: Work | None = None
    matched_recording: MatchedRecording | None = None
    evidence: Evidence
    decision: Decision = Decision()
    edits: list[Edit] = []


class CaptureGap(Block):
    """A stretch nobody listened to."""

    start_utc: Moment
    end_utc: Moment
    duration_s: Seconds
    reason: str


class Coverage(Block):
    """How much of the night was heard, and how much of the music has a name."""

    is_complete: bool
    """False when a session broke off or was still running."""
    listened_s: Seconds
    music_s: Seconds
    identified_s: Seconds
    unknown_s: Seconds
    gap_s: Seconds
    gaps: list[CaptureGap] = []


class Attestation(Block):
    """A person's signature under exactly this content (`SetlistReport.content_sha256`)."""

    role: str
    name: str
    at: Moment
    statement: str
    report_sha256: str


class Filing(Block):
    """That somebody handed the report in."""

    revision: Annotated[int, Field(ge=1)]
    society: str
    profile: str | None = None
    recorded_at: Moment
    filed_on: date
    filed_by: str
    reference: str | None = None
    report_sha256: str
    """The content of that revision, which the ledger keeps word for word."""


class ClockStep(Block):
    """The wall clock of the machine was set while we listened; the times of the report go on as they began."""

    at_utc: Moment
    step_s: float
    """By how much it was set, forward or (negative) back."""


class CatalogueChange(Block):
    """From here on another catalogue was asked."""

    at_utc: Moment
    catalogue_id: str


class SourceSession(Block):
    """One run of the listener that this report rests on."""

    session_id: str
    input_kind: str
    input_name: str
    input_sha256: str
    clock: Literal["stated", "system"]
    """Where the wall time comes from: somebody stated when the recording began, or the clock of the machine."""
    clock_synchronised: Annotated[bool | None, Field(exclude_if=_says_nothing)] = None
    """Whether the network had set the machine's clock when listening began; left out for a recording."""
    clock_steps: Annotated[list[ClockStep], Field(exclude_if=_says_nothing)] = []
    started_at: Moment
    ended_at: Moment | None = None
    model_id: str
    catalogue_id: str
    """The catalogue when listening began."""
    catalogue_changes: Annotated[list[CatalogueChange], Field(exclude_if=_says_nothing)] = []
    config_hash: str
    plan_id: str | None = None
    """The fingerprint (SHA-256) of the song list that was expected; null when nothing was planned."""
    software: str


class Provenance(Block):
    """Where all of this comes from."""

    sessions: list[SourceSession]
    audio_retained: bool = False
    """Whether clips were kept as evidence when this was heard; by now they may be erased."""
    ledger_events: int
    ledger_hash: str
    """The hash of the newest ledger event this report rests on; `livecsi ledger verify --holds HASH` looks it up."""


class SetlistReport(Block):
    """What one act played on one stage in one night."""

    schema_version: Literal["1.0"] = "1.0"
    report_id: str
    revision: Annotated[int, Field(ge=1)] = 1
    review_state: State = State.UNREVIEWED
    event: Event
    venue: Venue
    act: Act
    items: list[Item]
    coverage: Coverage
    attestations: list[Attestation] = []
    filings: list[Filing] = []
    orphaned_edits: list[Edit] = []
    """What people decided about lines that no longer exist, because the night was heard anew; none of it counts."""
    provenance: Provenance

    def content_sha256(self) -> str:
        """What a signature stands under: SHA-256 (hex) of the canonical JSON of the report, in UTF-8.

        Left out is what signing and filing themselves change: `attestations`, `filings`, `review_state`, and in
        `provenance` the place in the ledger, `ledger_events` and `ledger_hash`; and what the sessions there tell of the
        clock and of other catalogues, which lists did not say when they were first signed.
        """
        later = {"clock_synchronised", "clock_steps", "catalogue_changes"}
        volatile: dict[str, Any] = {"attestations": True, "filings": True, "review_state": True, "provenance":
                    {"ledger_events": True, "ledger_hash": True, "sessions": {"__all__": later}}}  # fmt: skip
        return hashlib.sha256(canonical(self.model_dump(mode="json", exclude=volatile)).encode()).hexdigest()

    def as_json(self) -> str:
        """The one text of this report: the same night gives the same bytes."""
        return json.dumps(self.model_dump(mode="json"), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def json_schema() -> dict[str, Any]:
    """The schema of `as_json`, as it is published beside this file."""
    made = SetlistReport.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "setlist-report.schema.json", **made}
