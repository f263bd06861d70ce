"""What the analysis tells the metrics: windows as they are heard, and how the books stand now and then."""

from datetime import timedelta

from livecsi.ledger.night import sessions_by_report
from livecsi.ledger.review import State, review_of
from livecsi.service.books import Books
from livecsi.service.listener import LEAST_MUSIC, HeardWindow
from livecsi.service.telemetry import WindowOutcome
from livecsi.types import Candidate, ScoredWindow

PENDING_DAYS = 31
"""Older nights that nobody has reviewed are no longer news."""


def count_window(books: Books, window: HeardWindow) -> None:
    """One window more."""
    best = max(window.scored.candidates, key=lambda candidate: candidate.probability, default=None)
    books.telemetry.window(outcome_of(window.scored, best, books.ear.settings.tracking.name_probability))
    if best:
        books.telemetry.score(best.score)


def outcome_of(scored: ScoredWindow, best: Candidate | None, name_probability: float) -> WindowOutcome:
    """What one window came to; music that is like no song of the catalogue has no candidates."""
    if scored.music_fraction < LEAST_MUSIC:
        return "no_music"
    return "named" if best and best.probability >= name_probability else "unknown"


def count_books(books: Books) -> None:
    """The size of the catalogue, and the nights of the last month that wait for a review."""
    books.telemetry.catalogue(books.identifier.recordings)
    today = books.clock.utc_now().date()
    nights = [sessions_by_report(books.ledger, today - timedelta(days=day)) for day in range(PENDING_DAYS)]
    states = [review_of(books.ledger, key, sessions).state for night in nights for key, sessions in night.items()]
    books.telemetry.reports_pending(sum(state in (State.UNREVIEWED, State.IN_REVIEW) for state in states))
