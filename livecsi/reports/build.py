"""From ledger events to a report. Nothing is asked from the catalogue: an event carries all it needs.

Only a line the tracker called a song gets a work. Music without a name keeps its times, and whatever it resembled
stays among the alternatives, for a person to pick from.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from livecsi.clock import parse_utc
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import HeardSession, sessions_of_night
from livecsi.reports import model
from livecsi.types import Kind

ALTERNATIVES_SHOWN = 5

_USAGE = {Kind.SONG: model.Usage.LIVE, Kind.UNKNOWN: model.Usage.UNCLEAR, Kind.RECORDED: model.Usage.BACKGROUND}


@dataclass(frozen=True, slots=True)
class ReportKey:
    """What a report is about."""

    night: date
    act: str
    stage: str


def reports_of_night(ledger: Ledger, night: date) -> dict[ReportKey, model.SetlistReport]:
    """All reports of a night, in the order the acts came on; empty when nothing was heard."""
    groups: dict[ReportKey, list[HeardSession]] = {}
    for session in sessions_of_night(ledger, night):
        groups.setdefault(ReportKey(night, session.start["act"], session.start["stage"]), []).append(session)
    return {key: build(key, sessions) for key, sessions in groups.items()}


def build(key: ReportKey, sessions: Sequence[HeardSession]) -> model.SetlistReport:
    """The report of sessions that belong together."""
    items, coverage = _items(sessions), _coverage(sessions)
    newest = max((session.last_event for session in sessions), key=lambda event: event.seq)
    start = sessions[0].start
    return model.SetlistReport(
        report_id=_report_id(key, start["venue"].get("name") or ""),
        event=model.Event(
            business_date=key.night,
            timezone=start["timezone"],
            start_utc=min(_started(session) for session in sessions),
            end_utc=max(_ended(session) for session in sessions),
        ),
        venue=_venue(start["venue"], key.stage),
        act=model.Act(name=key.act or None),
        items=items,
        coverage=coverage,
        provenance=model.Provenance(
            sessions=[_source(session) for session in sessions], ledger_events=newest.seq, ledger_hash=newest.hash
        ),
    )


def _report_id(key: ReportKey, venue: str) -> str:
    seed = "\x1f".join([key.night.isoformat(), venue, key.stage, key.act])
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


def _venue(dumped: dict[str, Any], stage: str) -> model.Venue:
    texts = {name: dumped.get(name) or None for name in ("name", "street", "postcode", "city", "country")}
    return model.Venue(**texts, stage=stage, capacity=dumped.get("capacity"))


def _items(sessions: Sequence[HeardSession]) -> list[model.Item]:
    bodies = [event.body for session in sessions for event in session.performances]
    heard = sorted((body for body in bodies if Kind(body["kind"]) in _USAGE), key=lambda body: str(body["start_utc"]))
    return [_item(seq, body) for seq, body in enumerate(heard, start=1)]


def _item(seq: int, body: dict[str, Any]) -> model.Item:
    kind, best = Kind(body["kind"]), body["best"]
    is_named = best is not None and kind is not Kind.UNKNOWN
    start, end = parse_utc(body["start_utc"]), parse_utc(body["end_utc"])
    return model.Item(
        seq=seq,
        kind=model.ItemKind.SONG if is_named else model.ItemKind.UNKNOWN,
        usage=_USAGE[kind],
        start_utc=start,
        end_utc=end,
        duration_s=round((end - start).total_seconds(), 3),
        completeness="partial" if body["gap_seconds"] > 0 else "unknown",
        gap_s=body["gap_seconds"],
        work=_work(best) if is_named else None,
        matched_recording=_recording(best) if is_named else None,
        evidence=_evidence(body, is_named),
    )


def _work(best: dict[str, Any]) -> model.Work:
    facts = best["facts"]
    return model.Work(
        work_key=facts.get("work_key"),
        title=facts.get("work_title") or best["title"],
        iswc=facts.get("iswc"),
        writers=[model.Writer(**writer) for writer in facts.get("writers", [])],
        public_domain=facts.get("public_domain", False),
    )


def _recording(best: dict[str, Any]) -> model.MatchedRecording:
    facts = best["facts"]
    return model.MatchedRecording(
        title=facts.get("recording_title") or best["title"],
        original_artist=facts.get("artist") or best["artist"] or None,
        isrc=facts.get("isrc"),
        duration_s=facts.get("recording_duration_seconds"),
    )


def _evidence(body: dict[str, Any], is_named: bool) -> model.Evidence:
    best, others = body["best"], list(body["alternatives"])
    if best is not None and not is_named and all(best["recording_id"] != other["recording_id"] for other in others):
        others.insert(0, best)
    return model.Evidence(
        confidence=_fraction(body["confidence"]),
        band=body["band"],
        band_basis="uncalibrated",
        margin=body["margin"],
        transposition_semitones=best["transposition_semitones"] if is_named else None,
        alternatives=[_alternative(other) for other in others[:ALTERNATIVES_SHOWN]],
    )


def _alternative(candidate: dict[str, Any]) -> model.Alternative:
    facts = candidate["facts"]
    return model.Alternative(
        title=facts.get("work_title") or candidate["title"],
        original_artist=facts.get("artist") or candidate["artist"] or None,
        work_key=facts.get("work_key"),
        iswc=facts.get("iswc"),
        probability=_fraction(candidate["probability"]),
    )


def _coverage(sessions: Sequence[HeardSession]) -> model.Coverage:
    gaps = [gap for session in sessions for gap in _gaps(session)]
    lengths = {kind: sum(_lengths(sessions, kind)) for kind in (Kind.SONG, Kind.UNKNOWN, Kind.RECORDED)}
    measured = [session.closed.body["coverage"] if session.closed else {} for session in sessions]
    music = sum(float(table.get("music_seconds", 0.0)) for table in measured)
    elapsed = sum((_ended(session) - _started(session)).total_seconds() for session in sessions)
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
    begin = _started(session)
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
        software=start["software"],
        clock="stated" if start["input_kind"] == "recording" else "system",
        started_at=_started(session),
        ended_at=parse_utc(session.closed.body["ended_at"]) if session.closed else None,
    )


def _started(session: HeardSession) -> datetime:
    return parse_utc(session.start["started_at"])


def _ended(session: HeardSession) -> datetime:
    """When listening stopped; a session that broke off ends with the last thing it heard."""
    if session.closed:
        return parse_utc(session.closed.body["ended_at"])
    heard = [parse_utc(event.body["end_utc"]) for event in session.performances]
    return max([_started(session), *heard])


def _fraction(value: float) -> float:
    return min(1.0, max(0.0, float(value)))
