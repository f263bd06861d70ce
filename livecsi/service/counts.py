"""What the analysis tells the metrics: windows as they are heard, and how the books stand now and then."""

from datetime import timedelta

from livecsi.ledger.night import sessions_by_report
from livecsi.ledger.review import State, review_of
from livecsi.service.books import Books
from livecsi.service.listener import HeardWindow

PENDING_DAYS = 31
"""Older nights that nobody has reviewed are no longer news."""


def count_window(books: Books, window: HeardWindow) -> None:
    """One window more."""
    best = max(window.scored.candidates, key=lambda candidate: candidate.probability, default=None)
    if best is None:
        books.telemetry.window("no_music")
        return
    is_named = best.probability >= books.ear.settings.tracking.name_probability
    books.telemetry.window("named" if is_named else "unknown")
    books.telemetry.score(best.score)


def count_books(books: Books) -> None:
    """The size of the catalogue, and the nights of the last month that wait for a review."""
    books.telemetry.catalogue(books.identifier.recordings)
    today = books.clock.utc_now().date()
    nights = [sessions_by_report(books.ledger, today - timedelta(days=day)) for day in range(PENDING_DAYS)]
    states = [review_of(books.ledger, key, sessions).state for night in nights for key, sessions in night.items()]
    books.telemetry.reports_pending(sum(state in (State.UNREVIEWED, State.IN_REVIEW) for state in states))
