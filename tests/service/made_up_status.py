"""A status as the daemon would have it in the middle of a night, for whatever shows one."""

import math
from datetime import UTC, date, datetime

from livecsi.service.status import Guess, HeardLine, State, Status

STARTED = datetime(2024, 5, 1, 17, 0, tzinfo=UTC)
TITLE = "Korobeiniki"


def a_status(state: State = State.LISTENING, troubles: tuple[str, ...] = ()) -> Status:
    line = HeardLine(12.0, 96.5, STARTED.replace(minute=30), "song", TITLE, "The Tin Harbour", 0.98, True)
    return Status(
        state=state,
        troubles=troubles,
        at=STARTED.replace(minute=45),
        running_since=STARTED,
        input_name="Scarlett 2i2 USB",
        level_dbfs=-math.inf if state is State.WAITING else -18.25,
        peak_dbfs=-math.inf if state is State.WAITING else -6.5,
        lag_seconds=3.5,
        night=date(2024, 5, 1),
        session_id="5f0c",
        act="The Tin Harbour",
        heard_seconds=900.0,
        gap_seconds=0.0,
        guess=Guess("Auld Lang Syne", "Trad.", 0.61),
        setlist=(line, HeardLine(100.0, 130.0, STARTED.replace(minute=40), "unknown", "", "", 0.0, False)),
        songs=80,
        model_id="livecsi@0123456789ab",
        catalogue_id="c0ffee",
    )
