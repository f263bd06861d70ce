"""What the ledger is told of a live session from its first music on: gaps, what is settled, in the end what counts.

A session nobody played in leaves no trace. Entries go through the outbox, so a full disk delays them and loses none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, timedelta
from functools import partial
from typing import Any

from livecsi.clock import Anchor, Clock, business_date, format_utc, parse_utc
from livecsi.errors import InputError
from livecsi.ledger.sessions import CATALOGUE_CHANGED, CLOCK_STEP, CLOSED, GAP, LIVE, OPENED, SETTLED, SessionStart
from livecsi.service.books import Books
from livecsi.service.outbox import Entry
from livecsi.service.session_start import digest, session_start
from livecsi.service.telemetry import PerformanceStatus
from livecsi.types import SAMPLE_RATE_HERTZ, Candidate, Gap, Kind, Performance

STATUS_OF_KIND: Mapping[Kind, PerformanceStatus] = {Kind.SONG: "named", Kind.RECORDED: "recorded"}


class LiveRecord:
    """The ledger's side of one session; `session_id` is empty until the ledger has it."""

    def __init__(self, books: Books, start: SessionStart) -> None:
        self.start, self.session_id = start, ""
        self.is_begun = False
        self._books = books
        self._gaps_until_seconds = self._settled_until_seconds = 0.0

    @classmethod
    def recalled(cls, books: Books, start: SessionStart) -> "LiveRecord":
        """The record of a session that was broken off; closed since then, it is begun a second time."""
        record = cls(books, start)
        if session_id := books.sessions.find_open(start):
            record.session_id, record.is_begun = session_id, True
            record._gaps_until_seconds = books.sessions.told_until(session_id, GAP)
            record._settled_until_seconds = books.sessions.told_until(session_id, SETTLED)
        return record

    def exchange(self, books: Books, at_seconds: float) -> None:
        """Other settings, or another catalogue, from now on."""
        is_other, self._books = books.catalogue_id != self._books.catalogue_id, books
        if self.is_begun and is_other:
            self._put(
                CATALOGUE_CHANGED,
                lambda: books.sessions.catalogue_changed(self.session_id, at_seconds, books.catalogue_id),
            )

    def begin(self) -> None:
        """There is music: from now on the ledger knows of this session."""
        self.is_begun = True
        self._put(OPENED, self._open)

    def write(self, gaps: Sequence[Gap], settled: Sequence[Performance]) -> None:
        """Write the gaps that are over and the settled lines, each once."""
        for gap in gaps:
            first, last = (sample / SAMPLE_RATE_HERTZ for sample in (gap.first_sample, gap.last_sample))
            if round(last, 3) > self._gaps_until_seconds:
                self._put(GAP, partial(self._gap, max(first, self._gaps_until_seconds), last, gap.reason))
                self._gaps_until_seconds = round(last, 3)
        for line in settled:
            if round(line.start_seconds, 3) >= self._settled_until_seconds:
                self._put(SETTLED, partial(self._settled, line))
                self._settled_until_seconds = round(line.end_seconds, 3)
                self._books.telemetry.performance(STATUS_OF_KIND.get(line.kind, "unknown"))

    def clock_step(self, at_seconds: float, step_seconds: float, clock: Mapping[str, Any]) -> None:
        """The wall clock jumped; `clock` is the `stamp` of when that was noticed."""
        if self.is_begun:
            self._put(
                CLOCK_STEP, lambda: self._books.sessions.clock_step(self.session_id, at_seconds, step_seconds, clock)
            )

    def date_anew(self, step_seconds: float) -> None:
        """Our clock was wrong by so much: the same session at its true time takes the place of this one."""
        venue = self._books.ear.settings.venue
        began = self.start.started_at + timedelta(seconds=step_seconds)
        night = business_date(began, venue.zone, venue.night_cutoff)
        clock = {**(self.start.clock or {}), "is_synchronised": True}
        self.start = replace(self.start, started_at=began, night=night, clock=clock)
        if self.is_begun:
            self._gaps_until_seconds = self._settled_until_seconds = 0.0
            self._put(OPENED, self._open_in_place_of_itself)

    def finish(self, lines: Sequence[Performance], duration_seconds: float, coverage: Mapping[str, float]) -> None:
        """What counts in the end."""
        ended_at = Anchor(self.start.started_at).at(duration_seconds)
        self._put(
            CLOSED,
            lambda: self._books.sessions.finish(
                self.session_id, lines, self.start.started_at, self._describe, ended_at, coverage
            ),
        )
        self.is_begun = False

    def _open(self) -> None:
        self.session_id = self._books.sessions.open(self.start)

    def _open_in_place_of_itself(self) -> None:
        before = self.session_id
        self._open()
        self._books.sessions.take_back(before, self.session_id)

    def _gap(self, first_seconds: float, last_seconds: float, reason: str) -> None:
        self._books.sessions.gap(self.session_id, first_seconds, last_seconds, reason)

    def _settled(self, line: Performance) -> None:
        self._books.sessions.settled(self.session_id, line, self.start.started_at, self._describe)

    def _describe(self, candidate: Candidate) -> dict[str, Any]:
        """The facts of the catalogue; none when the song was removed a moment ago, and its name has to do."""
        try:
            return self._books.catalogue.describe(candidate)
        except InputError:
            return {}

    def _put(self, kind: str, entry: Entry) -> None:
        def timed() -> None:
            began = self._books.clock.monotonic_seconds()
            entry()
            self._books.telemetry.committed(self._books.clock.monotonic_seconds() - began)
            self._books.telemetry.event(kind)

        self._books.outbox.put(timed)


def live_start(books: Books, input_name: str, act: str) -> SessionStart:
    """The start of a live session at this moment."""
    began, now = books.clock.utc_now(), stamp(books.clock)
    return session_start(
        books.ear.settings,
        input_kind=LIVE,
        input_name=input_name,
        input_sha256=digest([LIVE, input_name, began.isoformat(), now]),
        started_at=began,
        act=act,
        model_id=books.ear.model_id,
        catalogue_id=books.catalogue_id,
        clock=now,
    )


def stamp(clock: Clock) -> dict[str, Any]:
    """What a wall time is worth: the boot, its monotonic clock, and whether the network disciplines the wall clock."""
    return {
        "boot_id": clock.boot_id(),
        "monotonic_seconds": clock.monotonic_seconds(),
        "is_synchronised": clock.is_synchronised(),
    }


def plain(start: SessionStart) -> dict[str, Any]:
    """A start in plain values, for the journal."""
    return {**asdict(start), "started_at": format_utc(start.started_at), "night": start.night.isoformat()}


def start_of(body: Mapping[str, Any]) -> SessionStart:
    """The inverse of `plain`."""
    times = {"started_at": parse_utc(body["started_at"]), "night": date.fromisoformat(body["night"])}
    return SessionStart(**{**body, **times})
