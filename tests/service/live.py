"""Books for live sessions in a folder of its own, with a clock that moves with the audio."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from livecsi.catalogue.sqlite import Catalogue
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import Sessions
from livecsi.service.books import Books
from livecsi.service.evidence import Evidence
from livecsi.service.journal import Journal
from livecsi.service.live_session import LiveSession
from livecsi.service.outbox import Outbox
from livecsi.service.telemetry import Telemetry
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Samples
from tests.fakes import FakeClock, cut

BLOCK_SAMPLES = SAMPLE_RATE_HERTZ // 2


@dataclass(frozen=True)
class Stage:
    """What a test holds on to: the books, the ledger behind it, the clock."""

    books: Books
    clock: FakeClock

    @property
    def ledger(self) -> Ledger:
        return self.books.ledger

    def play(self, session: LiveSession, samples: Samples) -> None:
        """Let the audio arrive in half seconds, the clock beside it."""
        for block in cut(samples, BLOCK_SAMPLES):
            self.clock.advance(len(block.samples) / SAMPLE_RATE_HERTZ)
            session.accept(Block(session.last_sample, block.samples))


@contextmanager
def stage(ear, identifier, catalogue_path: Path, folder: Path, clock: FakeClock | None = None) -> Iterator[Stage]:
    """Open everything in `folder` as the daemon does; a second call is a restart."""
    clock = clock or FakeClock()
    with (
        Ledger.open(folder / "ledger.sqlite", clock) as ledger,
        Catalogue.open(catalogue_path, clock, create=False) as catalogue,
        Journal.open(folder / "journal.sqlite", clock) as journal,
    ):
        telemetry = Telemetry()
        outbox = Outbox(folder / "reserve", clock, ledger.checkpoint)
        books = Books(
            clock, ear, identifier, catalogue, catalogue.fingerprint(), ledger, Sessions(ledger), journal, outbox,
            Evidence(ledger, folder / "evidence", clock, outbox), telemetry, telemetry.stage,
        )  # fmt: skip
        yield Stage(books, clock)
