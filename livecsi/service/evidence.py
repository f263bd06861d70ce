"""Short clips of performances as evidence: only of an act that said yes, only for a while, and first to stop.

A clip is the middle of a performance, or what memory still holds that is nearest to it. File and ledger change in one
transaction of the ledger, so that somebody who takes a consent back meanwhile never leaves a clip behind.
"""

import shutil
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import structlog

from livecsi.audio.evidence import SUFFIX, as_flac, erase_clip, write_clip
from livecsi.clock import Anchor, Clock, format_utc
from livecsi.errors import LivecsiError
from livecsi.ledger.checkpoints import UnsignedError
from livecsi.ledger.clips import KEPT
from livecsi.ledger.consents import has_consented
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import SessionStart
from livecsi.service.evidence_sweep import sweep
from livecsi.service.logs import Hourly
from livecsi.service.outbox import Outbox
from livecsi.service.pipeline import Pipeline
from livecsi.service.plans import plan_on_stage
from livecsi.settings import PrivacySettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Kind, Performance

LEAST_FREE_BYTES = 1_000_000_000
"""With less the disk belongs to the ledger."""
SHORTEST_SECONDS = 5.0
"""What is shorter proves nothing."""
OF_THE_ACT = (Kind.SONG, Kind.UNKNOWN)
"""Music between acts is not theirs, and people talk over it."""


class Evidence:
    """Keeps the clips of one daemon in `folder`. No trouble with disk or ledger gets out: the night is worth more."""

    def __init__(self, ledger: Ledger, folder: Path, clock: Clock, outbox: Outbox) -> None:
        self._ledger, self._folder, self._clock, self._outbox = ledger, folder, clock, outbox
        self._hourly = Hourly(clock)
        self._tidied_on: date | None = None

    def keep(
        self, start: SessionStart, session_id: str, line: Performance, pipeline: Pipeline, privacy: PrivacySettings
    ) -> None:
        """Keep a clip of a performance that is over, if its act said yes and the disk has room."""
        try:
            if line.kind not in OF_THE_ACT or not self._is_allowed(start, line):
                return
            self._need_room(session_id)
            clip = clip_of(line, pipeline, privacy.evidence_seconds)
            if clip is not None:
                self._write(start, session_id, clip, privacy)
        except (LivecsiError, OSError) as error:
            self._warn("no evidence is kept", error)

    def tidy(self, privacy: PrivacySettings) -> None:
        """Once a day and at the start: erase what may no longer be kept."""
        today = self._clock.utc_now().date()
        if today == self._tidied_on:
            return
        self._tidied_on = today
        try:
            failed = sweep(self._ledger, self._folder, privacy, today).failed
        except (LivecsiError, OSError) as error:
            self._warn("overdue evidence was not erased", error)
            return
        if failed:
            self._warn("overdue evidence was not erased", f"{len(failed)} files in {self._folder}")

    def _is_allowed(self, start: SessionStart, line: Performance) -> bool:
        """Whether the act said yes, and no other act was announced for that time."""
        if not has_consented(self._ledger, start.act, start.night):
            return False
        began = Anchor(start.started_at).at(line.start_seconds)
        plan = plan_on_stage(self._ledger, start.night, start.stage, began, None)
        return plan is None or plan.key.act == start.act

    def _need_room(self, session_id: str) -> None:
        if not session_id or self._outbox.trouble or self._outbox.is_short:
            raise LivecsiError("the ledger needs the disk")
        self._folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < LEAST_FREE_BYTES:
            raise LivecsiError(f"{self._folder} has less than 1 GB left", "free some space")

    def _write(self, start: SessionStart, session_id: str, clip: Block, privacy: PrivacySettings) -> None:
        content = as_flac(clip.samples)
        body = self._described(start, session_id, clip, content, privacy)
        path = self._folder / body["file"]
        try:
            with self._ledger.transaction():
                if has_consented(self._ledger, start.act, start.night):
                    write_clip(path, content)
                    self._ledger.append(KEPT, body)
        except UnsignedError:  # the event is on the disk, and the next one is signed with it
            return
        except (LivecsiError, OSError):
            erase_clip(path)
            raise

    def _described(
        self, start: SessionStart, session_id: str, clip: Block, content: bytes, privacy: PrivacySettings
    ) -> dict[str, Any]:
        seconds = [sample / SAMPLE_RATE_HERTZ for sample in (clip.first_sample, clip.last_sample)]
        begin, end = (Anchor(start.started_at).at(second) for second in seconds)
        night = start.night.isoformat()
        return {
            "session_id": session_id,
            "input_sha256": start.input_sha256,
            "night": night,
            "act": start.act,
            "stage": start.stage,
            "start_seconds": round(seconds[0], 3),
            "end_seconds": round(seconds[1], 3),
            "start_utc": format_utc(begin),
            "end_utc": format_utc(end),
            "file": f"{night}/{session_id}/{begin:%Y%m%dT%H%M%SZ}{SUFFIX}",
            "sha256": sha256(content).hexdigest(),
            "size_bytes": len(content),
            "expires_on": (self._clock.utc_now().date() + timedelta(days=privacy.keep_evidence_days)).isoformat(),
        }

    def _warn(self, what: str, why: object) -> None:
        if self._hourly.may_say(what):
            structlog.get_logger().warning(what, reason=str(why))


def clip_of(line: Performance, pipeline: Pipeline, clip_seconds: float) -> Block | None:
    """The middle of a performance, or the part nearest to it that memory still holds; None when too little is left."""
    begin, end = (round(seconds * SAMPLE_RATE_HERTZ) for seconds in (line.start_seconds, line.end_seconds))
    length = round(clip_seconds * SAMPLE_RATE_HERTZ)
    first = max(begin, pipeline.oldest_sample, (begin + end - length) // 2)
    last = min(end, pipeline.last_sample, first + length)
    return Block(first, pipeline.audio(first, last)) if last - first >= SHORTEST_SECONDS * SAMPLE_RATE_HERTZ else None
