"""The thread that hears: one piece after the other into the session of the night, and a new session when it is over.

A session is over half an hour after its last music, when the night is over, or when another act is announced, the last
two in the next pause. Meanwhile the catalogue may be edited, and the clock may be set.
"""

from dataclasses import replace

import structlog

from livecsi.clock import Anchor, StepWatch, business_date
from livecsi.errors import LivecsiError
from livecsi.ledger.plans import Plan
from livecsi.service.books import Books, identifier_of
from livecsi.service.counts import count_books, count_window
from livecsi.service.ear import Ear
from livecsi.service.listener import HeardWindow
from livecsi.service.live_session import LiveSession
from livecsi.service.plans import plan_on_stage, planned_works
from livecsi.service.status import Guess, HeardLine, SessionView
from livecsi.settings import Settings
from livecsi.types import Block, Gap, Performance

CLOSE_AFTER_SECONDS = 1800.0
"""So long after the last music nobody comes back on stage."""
PAUSE_SECONDS = 60.0
HOUSEKEEPING_SECONDS = 15.0
COUNTING_SECONDS = 600.0
"""How old the number of nights that wait for a review may be."""


class Analysis:
    """Everything here happens in one thread; only `view` and `troubles` may be read from others."""

    def __init__(self, books: Books, input_name: str, act: str | None) -> None:
        """Goes on with the night in the journal.

        `input_name` is what the ledger calls the input, `act` who plays, None to ask the plans.
        """
        self._books, self._input_name, self._act = books, input_name, act
        self._log = structlog.get_logger()
        self._steps = StepWatch(books.clock)
        self._data_version = books.catalogue.data_version()
        self._housekept_seconds = books.clock.monotonic_seconds()
        self._counted_seconds = self._housekept_seconds
        self._session = LiveSession.resume(books, act) or self._begin()
        for session_id in books.sessions.conclude_abandoned(but=self._session.record.session_id):
            self._log.warning("a session that was left open is closed", session_id=session_id)
        self._offset_samples = self._session.last_sample
        count_books(self._books)
        self.view = self._look()

    @property
    def troubles(self) -> list[str]:
        """Why something is not on the disk."""
        return [trouble for trouble in (self._session.trouble, self._books.outbox.trouble) if trouble]

    def accept(self, piece: Block | Gap) -> None:
        """Hear what the source gave, counted from when it was opened."""
        for window in self._session.accept(_shifted(piece, self._offset_samples)):
            count_window(self._books, window)
            if self._is_over():
                self._end()
        self._keep_house()
        self.view = self._look()

    def new_source(self, input_name: str) -> None:
        """What comes next is counted from 0 again, and follows without a gap."""
        self._input_name = input_name
        self._offset_samples = self._session.last_sample

    def keep_house(self) -> None:
        """What must be done whether audio comes or not."""
        self._keep_house()
        if self._session.trouble:
            self._session.keep()
        self.view = self._look()

    def finish(self) -> None:
        """Write down the night as it stands; a start within half an hour goes on with it."""
        self._session.finish()
        self._books.outbox.flush()
        self.view = self._look()

    def reload(self, settings: Settings) -> None:
        """Take over other settings and the catalogue as it is now; raises LivecsiError and changes nothing."""
        ear = Ear(settings)
        self._exchange(replace(self._books, ear=ear))

    def _begin(self) -> LiveSession:
        plan = self._announced()
        act = plan.key.act if plan else self._act or ""
        self._books.identifier.expect(planned_works(plan, self._books.catalogue) if plan else ())
        return LiveSession.begin(self._books, self._input_name, act, plan.fingerprint if plan else "")

    def _end(self) -> None:
        """The session is over; what the source gives next belongs to another."""
        source_sample = self._session.last_sample - self._offset_samples
        self._session.finish()
        if session_id := self._session.record.session_id:
            self._log.info("session closed", session_id=session_id, lines=len(self._session.setlist))
        self._session = self._begin()
        self._offset_samples = -source_sample
        count_books(self._books)

    def _is_over(self) -> bool:
        session, venue = self._session, self._books.ear.settings.venue
        if session.quiet_seconds >= CLOSE_AFTER_SECONDS:
            return True
        if session.quiet_seconds < PAUSE_SECONDS:
            return False
        night = business_date(self._books.clock.utc_now(), venue.zone, venue.night_cutoff)
        plan = self._announced() if self._act is None else None
        return night != session.start.night or (plan is not None and plan.key.act != session.start.act)

    def _announced(self) -> Plan | None:
        venue, now = self._books.ear.settings.venue, self._books.clock.utc_now()
        night = business_date(now, venue.zone, venue.night_cutoff)
        return plan_on_stage(self._books.ledger, night, venue.stage, now, self._act)

    def _keep_house(self) -> None:
        self._books.outbox.retry()
        now = self._books.clock.monotonic_seconds()
        if now - self._housekept_seconds < HOUSEKEEPING_SECONDS:
            return
        self._housekept_seconds = now
        self._books.evidence.tidy(self._books.ear.settings.privacy)
        if step := self._steps.step_seconds():
            self._log.warning("the wall clock was set", step_seconds=round(step, 1))
            self._books.telemetry.clock_stepped(step)
            self._session.note_clock_step(step)
        if now - self._counted_seconds >= COUNTING_SECONDS:
            self._counted_seconds = now
            count_books(self._books)
        if self._books.catalogue.data_version() != self._data_version:
            self._take_over_catalogue()

    def _take_over_catalogue(self) -> None:
        """The catalogue was edited; while that is not finished, the old one is asked."""
        version = self._books.catalogue.data_version()
        try:
            self._exchange(self._books)
        except LivecsiError as error:
            self._log.info("the catalogue is being edited, the old one is asked", reason=str(error))
            return
        self._data_version = version

    def _exchange(self, books: Books) -> None:
        identifier = identifier_of(books.ear, books.catalogue)
        self._books = replace(books, identifier=identifier, catalogue_id=books.catalogue.fingerprint())
        plan = self._announced()
        if plan is not None and plan.key.act == self._session.start.act:
            identifier.expect(planned_works(plan, books.catalogue))
        self._session.exchange(self._books)
        count_books(self._books)
        self._log.info("the catalogue was taken over", works=identifier.works)

    def _look(self) -> SessionView:
        session = self._session
        return SessionView(
            night=session.start.night,
            session_id=session.record.session_id,
            act=session.start.act,
            heard_seconds=session.duration_seconds,
            gap_seconds=session.gap_seconds,
            guess=_guess(session.newest),
            setlist=tuple(_line(session, performance) for performance in session.setlist),
            songs=self._books.identifier.recordings,
            model_id=self._books.ear.model_id,
            catalogue_id=self._books.catalogue_id,
        )


def _shifted(piece: Block | Gap, samples: int) -> Block | Gap:
    if isinstance(piece, Block):
        return Block(piece.first_sample + samples, piece.samples)
    return Gap(piece.first_sample + samples, piece.last_sample + samples, piece.reason)


def _guess(newest: HeardWindow | None) -> Guess | None:
    candidates = newest.scored.candidates if newest else ()
    best = max(candidates, key=lambda candidate: candidate.probability, default=None)
    return Guess(best.title, best.artist, best.probability) if best else None


def _line(session: LiveSession, performance: Performance) -> HeardLine:
    best = performance.best
    return HeardLine(
        start_seconds=performance.start_seconds,
        end_seconds=performance.end_seconds,
        start=Anchor(session.start.started_at).at(performance.start_seconds),
        kind=performance.kind.value,
        title=best.title if best else "",
        artist=best.artist if best else "",
        probability=performance.confidence,
        is_settled=performance.end_seconds <= session.settled_seconds,
    )
