"""From ledger events to a report. Nothing is asked from the catalogue: an event carries all it needs.

Only a line that the tracker or a person gave a name gets a work. Music without a name keeps its times, and whatever
it resembled stays among the alternatives, for a person to pick from. What the machine heard stays as evidence even
where a person decided otherwise.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal

from livecsi.clock import parse_utc
from livecsi.ledger.ledger import Body, Event, Ledger
from livecsi.ledger.lines import Edit, Line
from livecsi.ledger.night import HeardSession, sessions_by_report
from livecsi.ledger.night import ReportKey as ReportKey
from livecsi.ledger.review import Review, review_of
from livecsi.reports import model
from livecsi.types import UNCALIBRATED, Kind

ALTERNATIVES_SHOWN = 5


def reports_of_night(ledger: Ledger, night: date) -> dict[ReportKey, model.SetlistReport]:
    """All reports of a night, in the order the acts came on; empty when nothing was heard."""
    groups = sessions_by_report(ledger, night)
    return {key: build(key, sessions, review_of(ledger, key, sessions)) for key, sessions in groups.items()}


def build(key: ReportKey, sessions: Sequence[HeardSession], review: Review) -> model.SetlistReport:
    """The report of sessions that belong together, as people have reviewed it so far."""
    events = [*(session.last_event for session in sessions), *([review.last_event] if review.last_event else [])]
    newest = max(events, key=lambda event: event.seq)
    start = sessions[0].start
    return model.SetlistReport(
        report_id=_report_id(key, start["venue"].get("name") or ""),
        revision=review.revision,
        review_state=review.state,
        event=_event(key, sessions, review.details["event"]),
        venue=_venue({**start["venue"], **review.details["venue"]}, key.stage),
        act=_act({"name": key.act, **review.details["act"]}),
        items=[item(seq, line) for seq, line in enumerate(review.lines, start=1)],
        coverage=_coverage(sessions),
        attestations=[_attestation(event) for event in review.signatures],
        filings=[_filing(revision, event) for revision, event in review.filings],
        orphaned_edits=[_orphan(orphan.event) for orphan in review.orphans],
        provenance=model.Provenance(
            sessions=[_source(session) for session in sessions],
            audio_retained=any(session.clips for session in sessions),
            ledger_events=newest.seq,
            ledger_hash=newest.hash,
        ),
    )


def _event(key: ReportKey, sessions: Sequence[HeardSession], details: dict[str, Any]) -> model.Event:
    heard: dict[str, Any] = {
        "business_date": key.night,
        "timezone": sessions[0].start["timezone"],
        "start_utc": min(session.started_at for session in sessions),
        "end_utc": max(session.ended_at for session in sessions),
    }
    return model.Event(**heard, **details)


def _report_id(key: ReportKey, venue: str) -> str:
    seed = "\x1f".join([key.night.isoformat(), venue, key.stage, key.act])
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


def _venue(told: dict[str, Any], stage: str) -> model.Venue:
    """The place as the settings had it, with what a person said instead; an empty text is a blank."""
    texts = {name: told.get(name) or None for name in ("name", "street", "postcode", "city", "country")}
    return model.Venue(**texts, stage=stage, capacity=told.get("capacity"), licences=told.get("licences", {}))


def _act(told: dict[str, Any]) -> model.Act:
    return model.Act(**{**told, "name": told["name"] or None})


def item(seq: int, line: Line) -> model.Item:
    """A line in the words of the report; `seq` is its place, from 1 on."""
    recording = _recording(line.named) if line.named is not None and "recording_id" in line.named else None
    return model.Item(
        seq=seq,
        item_id=line.item_id,
        section=line.section,
        kind=line.kind,
        usage=line.usage,
        start_utc=line.start_utc,
        end_utc=line.end_utc,
        duration_s=round(line.duration_seconds, 3),
        duration_source=line.duration_source,
        completeness="partial" if line.gap_seconds > 0 else "unknown",
        gap_s=line.gap_seconds,
        times_performed=line.times_performed,
        origin=line.origin,
        part_of=line.part_of,
        work=_work(line.named) if line.named is not None else None,
        matched_recording=recording,
        evidence=_evidence(line),
        decision=_decision(line),
        edits=[_edit(edit) for edit in line.edits],
    )


def _decision(line: Line) -> model.Decision:
    """The standing of the line, with the last hand that touched it."""
    last = line.edits[-1] if line.edits else None
    return model.Decision(
        status=line.status, by=last.by if last else None, at=last.at if last else None, note=line.note
    )


def _edit(edit: Edit) -> model.Edit:
    return model.Edit(verb=edit.verb, by=edit.by, at=edit.at, note=edit.note)


def _orphan(event: Event) -> model.Edit:
    return model.Edit(verb=event.body["verb"], by=event.body["by"], at=event.recorded_at, note=event.body.get("note"))


def _attestation(event: Event) -> model.Attestation:
    copied = ("role", "name", "statement", "report_sha256")
    return model.Attestation(**{name: event.body[name] for name in copied}, at=event.recorded_at)


def _filing(revision: int, event: Event) -> model.Filing:
    copied = ("society", "profile", "filed_on", "filed_by", "reference", "report_sha256")
    return model.Filing(revision=revision, recorded_at=event.recorded_at, **{name: event.body[name] for name in copied})


def _work(named: Body) -> model.Work:
    facts = named["facts"]
    return model.Work(
        work_key=facts.get("work_key"),
        title=facts.get("work_title") or named["title"],
        iswc=facts.get("iswc"),
        writers=[model.Writer(**writer) for writer in facts.get("writers", [])],
        writers_source=_proposer(facts),
        publishers=facts.get("publishers", []),
        society_ids=facts.get("society_ids", {}),
        public_domain=facts.get("public_domain", False),
    )


def _proposer(facts: Body) -> model.Proposer | None:
    """Who proposed the writers; nobody when a person entered them, or when there are none."""
    source: model.Proposer | Literal["entered"] = facts.get("writers_source", "entered")
    return None if source == "entered" or not facts.get("writers") else source


def _recording(named: Body) -> model.MatchedRecording:
    facts = named["facts"]
    return model.MatchedRecording(
        title=facts.get("recording_title") or named["title"],
        original_artist=facts.get("artist") or named["artist"] or None,
        isrc=facts.get("isrc"),
        musicbrainz_id=facts.get("musicbrainz_id"),
        duration_s=facts.get("recording_duration_seconds"),
    )


def _evidence(line: Line) -> model.Evidence:
    body = line.heard
    if body is None:
        return model.Evidence(confidence=0.0, band="none", band_basis=UNCALIBRATED.basis, margin=0.0)
    is_named = body["best"] is not None and Kind(body["kind"]) is not Kind.UNKNOWN
    return model.Evidence(
        session_id=line.session_id,
        confidence=_fraction(body["confidence"]),
        band=body["band"],
        band_basis=body.get("band_basis", UNCALIBRATED.basis),
        margin=body["margin"],
        transposition_semitones=body["best"]["transposition_semitones"] if is_named else None,
        best=_alternative(body["best"]) if is_named else None,
        alternatives=[_alternative(other) for other in line.alternatives[:ALTERNATIVES_SHOWN]],
    )


def _alternative(candidate: Body) -> model.Alternative:
    facts = candidate["facts"]
    return model.Alternative(
        title=facts.get("work_title") or candidate["title"],
        original_artist=facts.get("artist") or candidate["artist"] or None,
        work_key=facts.get("work_key"),
        iswc=facts.get("iswc"),
        probability=_fraction(candidate["probability"]),
        score=candidate["score"],
        log_odds=candidate["log_odds"],
        transposition_semitones=candidate["transposition_semitones"],
        window_start_s=candidate["window_start_seconds"],
        window_end_s=candidate["window_end_seconds"],
        song_start_s=candidate["song_start_seconds"],
        song_end_s=candidate["song_end_seconds"],
    )


def _coverage(sessions: Sequence[HeardSession]) -> model.Coverage:
    gaps = [gap for session in sessions for gap in _gaps(session)]
    lengths = {kind: sum(_lengths(sessions, kind)) for kind in (Kind.SONG, Kind.UNKNOWN, Kind.RECORDED)}
    measured = [session.closed.body["coverage"] if session.closed else {} for session in sessions]
    music = sum(float(table.get("music_seconds", 0.0)) for table in measured)
    elapsed = sum((session.ended_at - session.started_at).total_seconds() for session in sessions)
    missing = sum(gap.duration_s for gap in gaps)
    return model.Coverage(
        is_complete=all(session.closed is not None for session in sessions),
        listened_s=round(max(0.0, elapsed - missing), 3),
        music_s=round(music or sum(lengths.values()), 3),
        identified_s=round(lengths[Kind.SONG], 3),
        unknown_s=round(lengths[Kind.UNKNOWN], 3),
        gap_s=round(missing, 3),
        gaps=gaps,
    )


def _lengths(sessions: Sequence[HeardSession], kind: Kind) -> list[float]:
    bodies = [event.body for session in sessions for event in session.performances]
    return [body["end_seconds"] - body["start_seconds"] for body in bodies if body["kind"] == kind]


def _gaps(session: HeardSession) -> list[model.CaptureGap]:
    begin = session.started_at
    return [
        model.CaptureGap(
            start_utc=begin + timedelta(seconds=event.body["start_seconds"]),
            end_utc=begin + timedelta(seconds=event.body["end_seconds"]),
            duration_s=round(event.body["end_seconds"] - event.body["start_seconds"], 3),
            reason=event.body["reason"],
        )
        for event in session.gaps
    ]


def _source(session: HeardSession) -> model.SourceSession:
    start = session.start
    copied = ("session_id", "input_kind", "input_name", "input_sha256", "model_id", "catalogue_id", "config_hash")
    return model.SourceSession(
        **{name: start[name] for name in copied},
        plan_id=start.get("plan_id") or None,
        software=start["software"],
        clock="stated" if start["input_kind"] == "recording" else "system",
        clock_synchronised=(start.get("clock") or {}).get("is_synchronised"),
        clock_steps=[
            model.ClockStep(at_utc=_moment(session, event), step_s=event.body["step_seconds"])
            for event in session.clock_steps
        ],
        catalogue_changes=[
            model.CatalogueChange(at_utc=_moment(session, event), catalogue_id=event.body["catalogue_id"])
            for event in session.catalogue_changes
        ],
        started_at=session.started_at,
        ended_at=parse_utc(session.closed.body["ended_at"]) if session.closed else None,
    )


def _moment(session: HeardSession, event: Event) -> datetime:
    """When it was, by the time that the session began with."""
    return session.started_at + timedelta(seconds=event.body["at_seconds"])


def _fraction(value: float) -> float:
    return min(1.0, max(0.0, float(value)))
