"""A recorded concert through the same pipeline, into the same ledger: only the source and the clock differ.

The result of a replay is decided by the audio, when it began, the act, its plan, the model, the catalogue and the
settings; the same replay a second time finds its session in the ledger and adds nothing.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from livecsi.audio.recording import RecordingSource, sha256_of
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import Anchor, SystemClock
from livecsi.errors import InputError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.night import ReportKey
from livecsi.ledger.plans import Plan, plans
from livecsi.ledger.sessions import RECORDING, Sessions, SessionStart
from livecsi.service.books import identifier_of
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.service.listener import Hearing
from livecsi.service.pipeline import Pipeline, Progress
from livecsi.service.plans import planned_works
from livecsi.service.session_start import digest, session_start
from livecsi.settings import Settings
from livecsi.types import SAMPLE_RATE_HERTZ, Bands


@dataclass(frozen=True, slots=True)
class Replay:
    """What a replay left in the ledger; `hearing` is None when the ledger had it already.

    `planned_others` are the acts and stages that were announced for the night when this one was not.
    """

    session_id: str
    start: SessionStart
    hearing: Hearing | None
    planned_others: tuple[ReportKey, ...] = ()


def replay(
    settings: Settings, path: Path, started_at: datetime | None, act: str, progress: Progress = lambda _: None
) -> Replay:
    """Hear a recording and write it down; raises InputError, UntrustedError, FindingsError."""
    clock = SystemClock()
    ear = Ear(settings)
    with Catalogue.open(settings.catalogue_path, clock, create=False) as catalogue:
        identifier = identifier_of(ear, catalogue)
        start = _session_start(settings, path, started_at, act, ear.model_id, catalogue.fingerprint())
        with Ledger.open(settings.ledger_path, clock) as ledger:
            planned = plans(ledger, start.night)
            others = () if _key(start) in planned else tuple(planned)
            start = _as_planned(start, planned.get(_key(start)), catalogue, identifier)
            sessions = Sessions(ledger, Bands.from_manifest(ear.model.facts["calibration"]))
            if known := sessions.find_closed(start.key):
                return Replay(known, start, None, others)
            session_id = sessions.open(start)
            hearing = hear_recording(ear, identifier, path, progress)
            _write_down(sessions, session_id, start, hearing, catalogue)
    return Replay(session_id, start, hearing, others)


def hear_recording(ear: Ear, identifier: Identifier, path: Path, progress: Progress = lambda _: None) -> Hearing:
    """The pipeline on a file, nothing written anywhere."""
    with RecordingSource(path, ear.settings.decoding) as source:
        return Pipeline(ear, identifier).listen(source, progress)


def _key(start: SessionStart) -> ReportKey:
    """What it will be reported under."""
    return ReportKey(start.night, start.act, start.stage)


def _as_planned(start: SessionStart, plan: Plan | None, catalogue: Catalogue, identifier: Identifier) -> SessionStart:
    """Let the identifier expect what was announced; another plan makes it another replay."""
    if plan is None:
        return start
    identifier.expect(planned_works(plan, catalogue))
    return replace(start, plan_id=plan.fingerprint, key=digest([start.key, plan.fingerprint]))


def _write_down(
    sessions: Sessions, session_id: str, start: SessionStart, hearing: Hearing, catalogue: Catalogue
) -> None:
    for gap in hearing.gaps:
        sessions.gap(session_id, gap.first_sample / SAMPLE_RATE_HERTZ, gap.last_sample / SAMPLE_RATE_HERTZ, gap.reason)
    ended_at = Anchor(start.started_at).at(hearing.duration_seconds)
    sessions.finish(
        session_id, hearing.performances, start.started_at, catalogue.describe, ended_at, hearing.coverage()
    )


def _session_start(
    settings: Settings, path: Path, started_at: datetime | None, act: str, model_id: str, catalogue_id: str
) -> SessionStart:
    return session_start(
        settings,
        input_kind=RECORDING,
        input_name=path.name,
        input_sha256=sha256_of(path),
        started_at=started_at or _guess_start(path, settings),
        act=act,
        model_id=model_id,
        catalogue_id=catalogue_id,
    )


def _guess_start(path: Path, settings: Settings) -> datetime:
    """A recording was last written when it ended."""
    with RecordingSource(path, settings.decoding) as source:
        if source.duration_seconds is None:
            raise InputError(f"{path}: its length is unknown", "say when it began with --started-at")
        ended_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        return (ended_at - timedelta(seconds=source.duration_seconds)).replace(microsecond=0)
