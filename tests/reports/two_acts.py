"""A made-up night of two acts that runs past midnight and through the hour that comes twice (Helsinki, 2024-10-27).

Twenty songs: a support act of eight, reviewed, signed and filed; a headliner of twelve with a medley and an encore,
half checked. Run it as a script to look at the pages: `python -m tests.reports.two_acts FOLDER`.
"""

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal

from livecsi.ledger.review import State
from livecsi.reports import language
from livecsi.reports.model import (
    Act,
    Attestation,
    CaptureGap,
    Coverage,
    Decision,
    Event,
    Evidence,
    Filing,
    Item,
    ItemKind,
    MatchedRecording,
    Provenance,
    SetlistReport,
    SourceSession,
    Status,
    Usage,
    Venue,
    Work,
    Writer,
)  # fmt: skip
from livecsi.reports.render import render, render_night

NIGHT = date(2024, 10, 26)
SUPPORT_AT = datetime(2024, 10, 26, 20, 35, tzinfo=UTC)  # 23:35 in summer time
HEADLINER_AT = datetime(2024, 10, 27, 0, 20, tzinfo=UTC)  # 03:20 in summer time; the clocks go back at 01:00 UTC
REVIEWED_AT = datetime(2024, 10, 27, 10, 0, tzinfo=UTC)

SUPPORT_TITLES = ("Ensilumi", "Radio Satama", "Hiljainen ratikka", "Kaksi kuuta", "Vesi ja valo", "Tuuliviiri",
                  "Kotimatka", "Viimeinen juna")  # fmt: skip
HEADLINER_TITLES = (
    "Paper Lanterns", "Slow Ferry Home", "Ninety Winters", "Kaamos (You Left the Radio On, and Other Reasons to Stay"
    " Awake Until the Last Tram)", None, "Hard Water", "Little Machines", "Salt & Cedar", "Marjatan laulu",
    "Signal Fires", "Goodnight, Satama", "Ännu en gång",
)  # fmt: skip


def reports() -> list[SetlistReport]:
    """Support and headliner, in the order they came on."""
    return [_support(), _headliner()]


def _support() -> SetlistReport:
    items = [_accepted(_song(seq, title, SUPPORT_AT)) for seq, title in enumerate(SUPPORT_TITLES, start=1)]
    signed = [
        Attestation(role=role, name=name, at=REVIEWED_AT, statement="played as listed", report_sha256="c0ffee" * 10)
        for role, name in {"performer": "Outi Orava", "venue": "Maija Mallikas"}.items()
    ]
    filed = Filing(revision=1, society="Teosto", profile="teosto", recorded_at=REVIEWED_AT, filed_on=date(2024, 10, 28),
                   filed_by="Outi Orava", reference="2024/881", report_sha256="c0ffee" * 10)  # fmt: skip
    made = _report("Meren Talo", "support", SUPPORT_AT, items)
    return made.model_copy(update={"review_state": State.FILED, "attestations": signed, "filings": [filed]})


def _headliner() -> SetlistReport:
    items = [_song(seq, title, HEADLINER_AT) for seq, title in enumerate(HEADLINER_TITLES, start=1)]
    items[0], items[1] = _accepted(items[0]), _accepted(items[1])
    items[2] = _changed(items[2], Status.REJECTED, note="soundcheck, not the concert")
    items[5] = _changed(items[5], Status.CORRECTED, usage=Usage.LIVE_WITH_BACKING)
    items[6] = _changed(items[6], Status.ACCEPTED, kind=ItemKind.MEDLEY_PART)
    items[7] = _changed(items[7], Status.ACCEPTED, kind=ItemKind.MEDLEY_PART)
    items[8] = _changed(items[8], Status.ADDED_BY_HUMAN, kind=ItemKind.SNIPPET)
    items[10:] = [item.model_copy(update={"section": "encore"}) for item in items[10:]]
    gap = CaptureGap(start_utc=HEADLINER_AT + timedelta(minutes=30), duration_s=12.4, reason="device_lost",
                     end_utc=HEADLINER_AT + timedelta(minutes=30, seconds=12.4))  # fmt: skip
    made = _report("The Tin Harbour", "headline", HEADLINER_AT, items)
    coverage = made.coverage.model_copy(update={"gaps": [gap], "gap_s": 12.4})
    return made.model_copy(update={"review_state": State.IN_REVIEW, "coverage": coverage, "revision": 2})


def _song(seq: int, title: str | None, began: datetime) -> Item:
    start, seconds = began + timedelta(seconds=seq * 290), 231.0 + seq
    people = [Writer(name="Aino Aalto", role="composer", ipi="00014107338"), Writer(name="Ben Berg", role="lyricist")]
    return Item(
        seq=seq, item_id=f"s:{seq}", kind=ItemKind.SONG if title else ItemKind.UNKNOWN,
        usage=Usage.LIVE if title else Usage.UNCLEAR, start_utc=start, end_utc=start + timedelta(seconds=seconds),
        duration_s=seconds, work=Work(title=title, writers=people if seq % 4 else []) if title else None,
        matched_recording=MatchedRecording(title=title, original_artist="Revontuli") if title else None,
        evidence=Evidence(confidence=0.97 if title else 0.3, band="high", band_basis="uncalibrated", margin=0.4),
    )  # fmt: skip


def _accepted(item: Item) -> Item:
    return _changed(item, Status.ACCEPTED)


def _changed(item: Item, status: Status, note: str | None = None, **changes: object) -> Item:
    decision = Decision(status=status, by="Maija", at=REVIEWED_AT, note=note)
    return item.model_copy(update={"decision": decision, **changes})


def _report(act: str, billing: Literal["headline", "support"], began: datetime, items: list[Item]) -> SetlistReport:
    ended = items[-1].end_utc + timedelta(seconds=60)
    listened = (ended - began).total_seconds()
    named = sum(item.duration_s for item in items if item.work)
    open_s = sum(item.duration_s for item in items if item.work is None)
    session = SourceSession(
        session_id=act, input_kind="recording", input_name="kulma-2024-10-26.flac", input_sha256="5e" * 32,
        clock="stated", started_at=began, ended_at=ended, model_id="livecsi", catalogue_id="c0" * 32,
        config_hash="f1" * 32, software="livecsi 0.1.0",
    )  # fmt: skip
    return SetlistReport(
        report_id="2a" * 8,
        event=Event(business_date=NIGHT, timezone="Europe/Helsinki", start_utc=began, end_utc=ended),
        venue=Venue(name="Kulma-sali", street="Satamakatu 4", postcode="00160", city="Helsinki", country="FI",
                    stage="main", capacity=420),
        act=Act(name=act, billing=billing, order=1 if billing == "support" else 2),
        items=items,
        coverage=Coverage(is_complete=True, listened_s=listened, music_s=named + open_s, identified_s=named,
                          unknown_s=open_s, gap_s=0.0),
        provenance=Provenance(sessions=[session], ledger_events=60, ledger_hash="ab" * 32),
    )  # fmt: skip


def write_pages(folder: Path) -> None:
    """Every page in every language, as PDF."""
    folder.mkdir(parents=True, exist_ok=True)
    for code in language.codes():
        (folder / f"night-{code}.pdf").write_bytes(render_night(reports(), "pdf", code))
        for number, report in enumerate(reports(), start=1):
            (folder / f"report-{number}-{code}.pdf").write_bytes(render(report, "pdf", None, code))
        (folder / f"sheet-{code}.pdf").write_bytes(render(reports()[1], "pdf", "bmi", code))


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
