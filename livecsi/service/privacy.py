"""What this box keeps about people, and how it forgets: nights older than the settings allow are emptied.

Audio is kept as evidence alone (`service.evidence`). Coarse features of a live night lie in its journal until the next
one begins; where none begins any more, they are forgotten here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from livecsi.audio.evidence import files_in
from livecsi.clock import Clock
from livecsi.errors import BusyError
from livecsi.ledger.clips import clips
from livecsi.ledger.ledger import Event, Ledger
from livecsi.ledger.night import ReportKey
from livecsi.ledger.review import reviews
from livecsi.ledger.sessions import OPENED
from livecsi.service.books import alone
from livecsi.service.journal import Journal
from livecsi.service.live_session import seconds_since
from livecsi.settings import Settings

FEATURES_KEPT_SECONDS = 86_400.0
"""After the last sound of a night nobody goes on with."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing that is kept, where, and how much of it, in bytes."""

    what: str
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Clips:
    """Audio kept as evidence: how many files, their size in bytes, and the night of the oldest."""

    count: int
    size_bytes: int
    oldest_night: date | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is kept, since when, and what would be forgotten now; a night that was only planned is a night."""

    kept: tuple[Kept, ...]
    clips: Clips
    nights: int
    oldest_night: date | None
    keep_setlists_days: int
    expired_nights: tuple[date, ...]


def inventory(settings: Settings, ledger: Ledger, clock: Clock) -> Inventory:
    """An account of the state directory."""
    nights = sorted(_nights(ledger))
    return Inventory(
        kept=_kept(settings),
        clips=_clips(settings.evidence_dir, ledger),
        nights=len(nights),
        oldest_night=nights[0] if nights else None,
        keep_setlists_days=settings.privacy.keep_setlists_days,
        expired_nights=expired_nights(ledger, clock, settings.privacy.keep_setlists_days),
    )


def expired_nights(ledger: Ledger, clock: Clock, keep_days: int) -> tuple[date, ...]:
    """Nights of which something is left though it is older than it may be, superseded sessions and plans included."""
    last_kept = clock.utc_now().date() - timedelta(days=keep_days)
    return tuple(sorted(night for night in _nights(ledger) if night < last_kept))


def unfiled(ledger: Ledger, nights: Sequence[date]) -> list[ReportKey]:
    """Lists of these nights that nobody has filed: once forgotten, they can never be."""
    return [key for key, review in reviews(ledger).items() if key.night in nights and not review.filings]


def forget(ledger: Ledger, nights: Sequence[date], by: str) -> int:
    """Empty every event of these nights; returns how many. What was printed or copied elsewhere is out of reach."""
    events = events_of(ledger, nights)
    if events:
        ledger.empty(events, by, f"nights up to {max(nights)} were kept as long as the settings say")
    return len(events)


def forget_features(settings: Settings, clock: Clock) -> bool:
    """Remove the journal of a night that is over, and what was moved aside as damaged; False when there is neither."""
    torn = sorted(settings.journal_path.parent.glob(f"{settings.journal_path.name}.damaged*"))
    for path in torn:
        path.unlink()
    return _forget_journal(settings, clock) or bool(torn)


def _forget_journal(settings: Settings, clock: Clock) -> bool:
    if not settings.journal_path.exists():
        return False
    try:
        with alone(settings.state_dir), Journal.open(settings.journal_path, clock, create=False) as journal:
            kept = journal.session()
            if not kept or seconds_since(kept["beat"], clock) < FEATURES_KEPT_SECONDS:
                return False
            journal.begin({})
            journal.flush()
    except BusyError:  # the daemon runs, and forgets by itself
        return False
    return True


def events_of(ledger: Ledger, nights: Sequence[date]) -> list[Event]:
    """Everything that was planned, heard or decided for these nights."""
    days = {night.isoformat() for night in nights}
    events = ledger.events()
    sessions = {event.body["session_id"] for event in events if event.kind == OPENED and event.body["night"] in days}
    return [event for event in events if event.body.get("night") in days or event.body.get("session_id") in sessions]


def _nights(ledger: Ledger) -> set[date]:
    """Every night that some event is about."""
    return {date.fromisoformat(event.body["night"]) for event in ledger.events() if "night" in event.body}


def _kept(settings: Settings) -> tuple[Kept, ...]:
    folder = settings.state_dir
    found = [
        ("nights: what was planned, heard and decided", "ledger.sqlite*"),
        ("signed checkpoints of the ledger, and their key", "ledger-*"),
        ("studio songs: titles, writers, features of the studio recordings", "catalogue.sqlite*"),
        ("reports", "reports"),
    ]
    paths = [(what, path) for what, pattern in found for path in sorted(folder.glob(pattern))]
    journal = sorted(settings.journal_path.parent.glob(f"{settings.journal_path.name}*"))
    paths += [("coarse features of the night that runs, or ran last", path) for path in journal]
    return tuple(Kept(what, path, _size(path)) for what, path in paths)


def _clips(folder: Path, ledger: Ledger) -> Clips:
    """What lies there, whatever the ledger says of it."""
    files = list(files_in(folder))
    nights = [clip.night for clip in clips(ledger) if folder / clip.file in files]
    return Clips(len(files), sum(map(_size, files)), min(nights, default=None))


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
