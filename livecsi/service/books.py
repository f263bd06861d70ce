"""Everything a live night asks and writes to, opened together and by one process alone.

One daemon to a state directory: two would write two journals of one night. The command line reads and edits ledger
and catalogue meanwhile, as it likes.
"""

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import Clock
from livecsi.errors import BusyError, FindingsError, LivecsiError, UntrustedError
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import Sessions
from livecsi.service.ear import Ear
from livecsi.service.evidence import Evidence
from livecsi.service.identifier import Identifier
from livecsi.service.journal import Journal
from livecsi.service.listener import Timed
from livecsi.service.outbox import Outbox
from livecsi.service.telemetry import Telemetry
from livecsi.settings import Settings
from livecsi.types import Bands


@dataclass(frozen=True, slots=True)
class Books:
    """The open state of one process; what changes is replaced as a whole."""

    clock: Clock
    ear: Ear
    identifier: Identifier
    catalogue: Catalogue
    catalogue_id: str
    ledger: Ledger
    sessions: Sessions
    journal: Journal
    outbox: Outbox
    evidence: Evidence
    telemetry: Telemetry
    timed: Timed


@contextmanager
def open_books(settings: Settings, clock: Clock, telemetry: Telemetry, timed: Timed) -> Iterator[Books]:
    """Open everything; raises BusyError, FindingsError, UntrustedError before anything is heard."""
    ear = Ear(settings)
    with ExitStack() as stack:
        catalogue = stack.enter_context(Catalogue.open(settings.catalogue_path, clock, create=False))
        identifier = identifier_of(ear, catalogue)
        stack.enter_context(alone(settings.state_dir))
        ledger = stack.enter_context(Ledger.open(settings.ledger_path, clock))
        _make_ready_to_sign(ledger)
        journal = stack.enter_context(open_journal(settings.journal_path, clock))
        outbox = Outbox(settings.state_dir / "reserve", clock, ledger.checkpoint)
        sessions = Sessions(ledger, Bands.from_manifest(ear.model.facts["calibration"]))
        evidence = Evidence(ledger, settings.evidence_dir, clock, outbox)
        yield Books(
            clock, ear, identifier, catalogue, catalogue.fingerprint(), ledger, sessions, journal, outbox, evidence,
            telemetry, timed,
        )  # fmt: skip


def _make_ready_to_sign(ledger: Ledger) -> None:
    """Before the show and not in the middle of it; without a key the night goes on, unsigned."""
    try:
        ledger.checkpoints.make_ready()
    except (LivecsiError, OSError) as error:
        structlog.get_logger().warning("nothing will be signed", reason=str(error))


def open_journal(path: Path, clock: Clock) -> Journal:
    """The journal of the running night; a damaged one is moved aside, for a torn yesterday must not cost tonight."""
    try:
        return _whole_journal(path, clock)
    except UntrustedError as error:
        aside = path.with_name(f"{path.name}.damaged")
        structlog.get_logger().warning("a new journal is begun", reason=str(error), damaged_one=str(aside))
        for ending in ("-shm", "-wal", ""):
            torn = path.with_name(path.name + ending)
            if torn.exists():
                torn.replace(aside.with_name(aside.name + ending))
        return Journal.open(path, clock)


def _whole_journal(path: Path, clock: Clock) -> Journal:
    with ExitStack() as stack:
        journal = stack.enter_context(Journal.open(path, clock))
        if damage := journal.damage():
            raise UntrustedError(f"{path} is damaged: {' '.join(damage[0].split())}")
        stack.pop_all()
        return journal


def identifier_of(ear: Ear, catalogue: Catalogue) -> Identifier:
    """The catalogue as something to ask; raises FindingsError when it is empty, UntrustedError when it is not whole."""
    identifier = Identifier.of_catalogue(ear, catalogue)
    if not identifier.works:
        raise FindingsError("the catalogue is empty", "add studio songs with `livecsi catalogue import songs.csv`")
    return identifier


@contextmanager
def alone(state_dir: Path) -> Iterator[None]:
    """Be the only process that writes nights here; raises BusyError when another one is."""
    path = state_dir / "daemon.lock"
    try:
        file = path.open("w", encoding="ascii")
    except OSError as error:
        raise LivecsiError(f"{path}: {error.strerror}", "check the permissions of the state directory") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise BusyError(f"{state_dir} belongs to a daemon that runs already", "see `livecsi status`") from error
        yield
