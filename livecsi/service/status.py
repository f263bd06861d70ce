"""What the daemon says about itself: its state, an explicit machine, and one snapshot that everybody reads.

The terminal, `/status`, the metrics and systemd's STATUS line are views of one `Status`, so they never disagree.

    starting -> waiting <-> listening <-> degraded -> stopping
"""

from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from math import inf
from typing import Any, Self

BEFORE = datetime.min.replace(tzinfo=UTC)


class State(StrEnum):
    """Where the daemon is; only `listening` and `degraded` hear anything."""

    STARTING = "starting"
    WAITING = "waiting for device"
    LISTENING = "listening"
    DEGRADED = "degraded"
    STOPPING = "stopping"


@dataclass(frozen=True, slots=True)
class Signs:
    """Everything that decides the state."""

    is_ready: bool
    """Model, catalogue and ledger are open."""
    is_capturing: bool
    """Samples advance."""
    troubles: tuple[str, ...] = ()
    """What does not work although audio arrives, a line each."""
    is_stopping: bool = False


def state_of(signs: Signs) -> State:
    """The state that follows from the signs, the most pressing one first."""
    if signs.is_stopping:
        return State.STOPPING
    if not signs.is_ready:
        return State.STARTING
    if not signs.is_capturing:
        return State.WAITING
    return State.DEGRADED if signs.troubles else State.LISTENING


@dataclass(frozen=True, slots=True)
class HeardLine:
    """One line of the setlist so far; without a title it is music nobody can name yet."""

    start_seconds: float
    end_seconds: float
    start: datetime
    kind: str
    title: str
    artist: str
    probability: float
    is_settled: bool
    """Nothing that is still to be heard is expected to change it."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What the newest window sounds like most."""

    title: str
    artist: str
    probability: float


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the analysis has to say at one moment."""

    night: date | None = None
    session_id: str = ""
    act: str = ""
    heard_seconds: float = 0.0
    """Since the session began, gaps included."""
    gap_seconds: float = 0.0
    guess: Guess | None = None
    setlist: tuple[HeardLine, ...] = ()
    songs: int = 0
    """Studio recordings in the catalogue."""
    model_id: str = ""
    catalogue_id: str = ""


@dataclass(frozen=True, slots=True)
class Status(SessionView):
    """The daemon at one moment: what it has to say about the session, and about itself."""

    state: State = State.STARTING
    troubles: tuple[str, ...] = ()
    at: datetime = BEFORE
    running_since: datetime = BEFORE
    input_name: str = ""
    level_dbfs: float = -inf
    """Of the last second, as are the next three."""
    peak_dbfs: float = -inf
    clipped_fraction: float = 0.0
    dc_offset: float = 0.0
    lag_seconds: float = 0.0
    """Audio that has arrived and is not analysed yet."""

    @classmethod
    def about(cls, view: SessionView, **itself: Any) -> Self:
        """A status with this view of the session."""
        return cls(**{field.name: getattr(view, field.name) for field in fields(view)}, **itself)
