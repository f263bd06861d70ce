"""A live night in the making: what arrives is heard, kept in the journal, and told to the ledger when it is settled.

    begin -> accept* -> finish                       resume -> accept* -> finish       (after whatever stopped us)

While it lasts, the ledger holds what is settled. `finish` divides the whole night once more, in one piece, so that it
ends as a replay of its sound would.
"""

from dataclasses import replace
from typing import Any, Self

from livecsi.clock import Clock, format_utc, parse_utc
from livecsi.errors import LivecsiError
from livecsi.ledger.sessions import SessionStart
from livecsi.service.books import Books
from livecsi.service.following import Following
from livecsi.service.listener import LEAST_MUSIC, HeardWindow
from livecsi.service.live_record import LiveRecord, live_start, plain, stamp, start_of
from livecsi.service.pipeline import Pipeline, with_gaps
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Performance

LONGEST_INTERRUPTION_SECONDS = 1800.0
"""A machine that comes back later than this begins a new session."""
FLUSH_SAMPLES = int(1.25 * SAMPLE_RATE_HERTZ)
"""With a piece on its way and the frames that wait for their lookahead, less than two seconds are at stake."""
RESTART = "restart"


class LiveSession:
    """One session; made by `begin` or `resume`. `setlist` and `newest` are what it has come to so far.

    `trouble` says why the journal is not on the disk; then it waits in memory.
    """

    def __init__(self, books: Books, record: LiveRecord) -> None:
        self.record = record
        self.setlist: list[Performance] = []
        self.newest: HeardWindow | None = None
        self.last_music_seconds = 0.0
        self.trouble = ""
        self._books = books
        self._pipeline = Pipeline(books.ear, books.identifier, books.journal, books.journal.frame_count, books.timed)
        self._following = Following(self._pipeline.listener, books.ear.settings.tracking, books.journal.settled())
        self._flushed_samples = self.last_sample
        self._clips_until_seconds = 0.0

    @classmethod
    def begin(cls, books: Books, input_name: str, act: str, plan_id: str = "") -> Self:
        """A new session from this moment on; the journal forgets the one before."""
        books.journal.begin({})
        session = cls(books, LiveRecord(books, replace(live_start(books, input_name, act), plan_id=plan_id)))
        session.keep()
        return session

    @classmethod
    def resume(cls, books: Books, act: str | None) -> Self | None:
        """Go on with the session of the journal; what cannot go on is finished, and None returned.

        It goes on after less than half an hour, with the same model, and when `act` is None or the same.
        """
        kept = books.journal.session()
        if not kept:
            return None
        session = cls(books, LiveRecord.recalled(books, start_of(kept["start"])))
        session._recall()
        away_seconds = seconds_since(kept["beat"], books.clock)
        if away_seconds > LONGEST_INTERRUPTION_SECONDS or not session._fits(act):
            if session.record.is_begun:
                session.finish()
            books.journal.begin({})
            return None
        now = round(kept["beat"]["sample"] + away_seconds * SAMPLE_RATE_HERTZ)
        session.accept(Gap(session.last_sample, max(now, session.last_sample), RESTART))
        books.telemetry.missed(away_seconds, RESTART)
        return session

    @property
    def start(self) -> SessionStart:
        return self.record.start

    @property
    def last_sample(self) -> int:
        """One past the newest sample; what is accepted next begins there."""
        return self._pipeline.last_sample

    @property
    def duration_seconds(self) -> float:
        return self._pipeline.duration_seconds

    @property
    def quiet_seconds(self) -> float:
        """How long there has been no music."""
        return self.duration_seconds - self.last_music_seconds

    @property
    def gap_seconds(self) -> float:
        return sum(gap.last_sample - gap.first_sample for gap in self._pipeline.gaps) / SAMPLE_RATE_HERTZ

    @property
    def settled_seconds(self) -> float:
        """Lines that end before this moment keep their edges."""
        return self._following.settled_seconds

    def accept(self, piece: Block | Gap) -> list[HeardWindow]:
        """Hear what arrived; returns the windows that became due."""
        heard = self._pipeline.accept(piece)
        for window in heard:
            self._take_in(window)
        if heard:
            self._follow()
        if isinstance(piece, Gap) and self._pipeline.gaps:
            self._books.journal.add_gap(self._pipeline.gaps[-1])
        self._write(self._pipeline.gaps[:-1] if isinstance(piece, Gap) else self._pipeline.gaps)
        if self.last_sample - self._flushed_samples >= FLUSH_SAMPLES:
            self.keep()
        return heard

    def exchange(self, books: Books) -> None:
        """Other settings, or another catalogue, from now on; names are given as before until the night ends."""
        self._books = books
        self._pipeline.listener.exchange(books.identifier)
        self._following.forget_lost_songs()
        self.record.exchange(books, self.duration_seconds)

    def note_clock_step(self, step_seconds: float) -> None:
        """The wall clock jumped. Seconds go on as they were; a first right time dates the whole session anew."""
        now = stamp(self._books.clock)
        self.record.clock_step(self.duration_seconds, step_seconds, now)
        if now["is_synchronised"] and self.start.clock and not self.start.clock["is_synchronised"]:
            self.record.date_anew(step_seconds)

    def finish(self) -> None:
        """Nothing more comes: the whole night in one piece, into the ledger."""
        for window in self._pipeline.end():
            self._take_in(window)
        self._write(self._pipeline.gaps)
        if self.record.is_begun:
            listener = self._pipeline.listener.anew(self._books.journal.windows(), self._following.answers)
            hearing = listener.hearing(self.duration_seconds, tuple(self._pipeline.gaps))
            self.setlist = [with_gaps(line, self._pipeline.gaps) for line in hearing.performances]
            self._keep_clips(self.setlist)
            self.record.finish(self.setlist, self.duration_seconds, hearing.coverage())
        self._flush()

    def keep(self) -> None:
        """Put everything heard so far on the disk, unless it refuses or is short; then the next call does."""
        if self._books.outbox.is_short:
            self.trouble = "the disk is almost full, so the running night is kept in memory only; free some space"
        else:
            self._flush()

    def _flush(self) -> None:
        self._flushed_samples = self.last_sample
        self._books.journal.describe({"start": plain(self.start), "beat": self._beat()})
        try:
            with self._books.telemetry.stage("commit"):
                self._books.journal.flush()
        except LivecsiError as error:
            self.trouble = str(error)
            return
        self.trouble = ""

    def _take_in(self, window: HeardWindow) -> None:
        self.newest = window
        self._books.journal.add_window(window)
        if window.scored.music_fraction >= LEAST_MUSIC:
            self.last_music_seconds = window.scored.end_seconds
            if not self.record.is_begun:
                self.record.begin()

    def _follow(self) -> None:
        with self._books.telemetry.stage("follow"):
            known = len(self._following.settled)
            lines = self._following.advance(self.duration_seconds)
        self.setlist = [with_gaps(line, self._pipeline.gaps) for line in lines]
        self._books.journal.add_settled(self._following.settled[known:])

    def _write(self, gaps_over: list[Gap]) -> None:
        if self.record.is_begun:
            settled = [line for line in self.setlist if line.end_seconds <= self.settled_seconds]
            self.record.write(gaps_over, settled)
            self._keep_clips(settled)

    def _keep_clips(self, lines_over: list[Performance]) -> None:
        for line in lines_over:
            if line.start_seconds >= self._clips_until_seconds:
                self._clips_until_seconds = line.end_seconds
                privacy = self._books.ear.settings.privacy
                self._books.evidence.keep(self.start, self.record.session_id, line, self._pipeline, privacy)

    def _recall(self) -> None:
        journal, plan = self._books.journal, self._pipeline.plan
        first = max(0, journal.frame_count - 2 * plan.window_frames - plan.hop_frames)
        frames = journal.frames(first, journal.frame_count)
        windows = journal.windows()
        gaps = [replace(gap, last_sample=min(gap.last_sample, self.last_sample)) for gap in journal.gaps()]
        whole = [gap for gap in gaps if gap.first_sample < gap.last_sample]  # what comes is missed from here on again
        self._pipeline.recall(windows, whole, frames, journal.levels_dbfs(first))
        music = [w.scored.end_seconds for w in windows if w.scored.music_fraction >= LEAST_MUSIC]
        self.last_music_seconds = max(music, default=0.0)
        self._follow()

    def _fits(self, act: str | None) -> bool:
        return self.start.model_id == self._books.ear.model_id and act in (None, self.start.act)

    def _beat(self) -> dict[str, Any]:
        clock = self._books.clock
        return {"sample": self.last_sample, "utc": format_utc(clock.utc_now()), **stamp(clock)}


def seconds_since(beat: dict[str, Any], clock: Clock) -> float:
    """By the monotonic clock within one boot, else by the wall clock, which may have been set back."""
    if beat["boot_id"] == clock.boot_id():
        return max(0.0, clock.monotonic_seconds() - float(beat["monotonic_seconds"]))
    return max(0.0, (clock.utc_now() - parse_utc(beat["utc"])).total_seconds())
