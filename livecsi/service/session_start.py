"""What is written down when listening begins, the same for a recording and a live night."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from livecsi import __version__
from livecsi.clock import business_date
from livecsi.ledger.sessions import SessionStart
from livecsi.settings import Settings


def session_start(
    settings: Settings, *, input_kind: str, input_name: str, input_sha256: str, started_at: datetime, act: str,
    model_id: str, catalogue_id: str, clock: dict[str, Any] | None = None,
) -> SessionStart:  # fmt: skip
    """The start of a session under these settings; `input_sha256` stands for the sound."""
    began = started_at.astimezone(UTC)
    decides = settings.model_dump(
        mode="json", include={"listening", "tracking", "venue", "model"}, exclude={"venue": {"language"}}
    )
    config_hash = digest(decides)
    venue = settings.venue
    return SessionStart(
        key=digest([input_sha256, began.isoformat(), act, model_id, catalogue_id, config_hash, __version__]),
        input_kind=input_kind,
        input_name=input_name,
        input_sha256=input_sha256,
        started_at=began,
        act=act,
        venue=venue.model_dump(mode="json"),
        stage=venue.stage,
        timezone=venue.timezone,
        night=business_date(began, venue.zone, venue.night_cutoff),
        model_id=model_id,
        catalogue_id=catalogue_id,
        config_hash=config_hash,
        software=f"livecsi {__version__}",
        clock=clock,
    )


def digest(value: object) -> str:
    """SHA-256 over plain JSON values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
