"""A person at the desk with one act's night: the ledger's review joined with the catalogue and the report.

The ledger asks nobody, so the facts of a chosen work are copied into the edit here. What the report's model would
refuse is never written.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from typing import Any, Literal

from pydantic import ValidationError

from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Work, Writer
from livecsi.clock import SystemClock, format_utc
from livecsi.errors import UsageError
from livecsi.ledger.clips import clips
from livecsi.ledger.ledger import Body, Event, Ledger
from livecsi.ledger.lines import Line
from livecsi.ledger.night import HeardSession, ReportKey, key_of, sessions_by_report
from livecsi.ledger.review import Review, Reviewer, decisions
from livecsi.reports import profiles
from livecsi.reports.build import build
from livecsi.reports.model import SetlistReport
from livecsi.settings import Settings
from livecsi.types import Candidate

STATEMENT = "I have gone through every line of this list. To the best of my knowledge it names what was played."


class Desk:
    """One person at one review; every change returns the review as it then stands."""

    def __init__(self, ledger: Ledger, key: ReportKey, by: str) -> None:
        self.key = key
        self._ledger = ledger
        self._reviewer = Reviewer(ledger, key, by)

    def review(self) -> Review:
        return self._reviewer.review()

    def report(self) -> SetlistReport:
        """The report as it stands; raises UsageError when a detail makes no sense in it."""
        try:
            return build(self.key, self._sessions(), self.review())
        except ValidationError as error:
            first = error.errors()[0]
            raise UsageError(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error

    def line(self, named: str) -> Line:
        """A line by its number in the list or by its id."""
        lines = self.review().lines
        found = next((line for line in lines if line.item_id == named), None)
        if found is None and named.isdecimal() and 0 < int(named) <= len(lines):
            found = lines[int(named) - 1]
        if found is None:
            raise UsageError(f"there is no line {named!r}", f"the list has the lines 1 to {len(lines)}")
        return found

    def edit(self, verb: str, **body: Any) -> Review:
        with self._ledger.transaction():
            review = self._reviewer.edit(verb, **body)
            self.report()
        return review

    def undo(self) -> Review:
        return self._reviewer.undo()

    def events(self) -> list[Event]:
        """Everything that people did to this list, in the order they did it."""
        about = [event for event in decisions(self._ledger, self.key.night) if key_of(event.body) == self.key]
        return sorted((event for event in about if "by" in event.body), key=lambda event: event.seq)

    def add(self, chosen: Body, start: datetime, length_seconds: float | None, **body: Any) -> Review:
        """A song nobody heard; without a length it takes that of the studio recording, and the report says so."""
        reference = chosen["facts"].get("recording_duration_seconds")
        seconds = length_seconds or reference
        if not seconds:
            raise UsageError("how long the song was is not known", "say so with --length 3:30")
        source = "entered" if length_seconds else "reference"
        times = {"start_utc": format_utc(start), "end_utc": format_utc(start + timedelta(seconds=seconds))}
        return self.edit("add", chosen=chosen, duration_source=source, **times, **body)

    def sign(self, role: Literal["performer", "venue"], name: str) -> Review:
        with self._ledger.transaction():
            return self._reviewer.sign(role, name, STATEMENT, self.report().content_sha256())

    def file(self, society: str, profile: str | None, filed_by: str, filed_on: date, reference: str | None) -> Review:
        """Write down that somebody filed; the report as filed is kept with it, word for word.

        Raises UsageError for a profile that does not exist: the filing would meet no deadline.
        """
        if profile is not None:
            profiles.load(profile)
        with self._ledger.transaction():
            report = self.report()
            filing = {"society": society, "profile": profile, "filed_by": filed_by, "filed_on": filed_on.isoformat()}
            content = {"report_sha256": report.content_sha256(), "report": report.model_dump(mode="json")}
            return self._reviewer.file({**filing, "reference": reference, **content})

    def withdraw(self, society: str, note: str | None) -> Review:
        """Take back a filing that was written down by mistake."""
        return self._reviewer.withdraw(society, note)

    def evidence(self) -> dict[str, str]:
        """The clips that are still kept, files within the folder of the evidence, by the id of the line they are of."""
        kept = {clip.file for clip in clips(self._ledger)}
        moments = [
            (session.started_at + timedelta(seconds=event.body["start_seconds"]), event.body["file"])
            for session in self._sessions()
            for event in session.clips
            if event.body["file"] in kept
        ]
        lines = self.review().lines
        return {line.item_id: file for at, file in moments for line in lines if line.start_utc <= at < line.end_utc}

    def local_time(self, moment: datetime) -> str:
        """hh:mm:ss at the venue."""
        return moment.astimezone(self._sessions()[0].zone).strftime("%H:%M:%S")

    def moment(self, clock_time: time) -> datetime:
        """When it was that time at the venue in this night: of all such moments the one nearest to the show."""
        sessions = self._sessions()
        begin, end = sessions[0].started_at, max(session.ended_at for session in sessions)
        days = (self.key.night, self.key.night + timedelta(days=1))
        moments = [
            datetime.combine(day, clock_time.replace(fold=fold), sessions[0].zone) for day in days for fold in (0, 1)
        ]
        return min(moments, key=lambda moment: max(begin - moment, moment - end, timedelta(0)))

    def _sessions(self) -> list[HeardSession]:
        return sessions_by_report(self._ledger, self.key.night)[self.key]


def chosen_work(settings: Settings, work_id: int) -> dict[str, Any]:
    """A work of the catalogue with its facts, to be copied into an edit; nothing is said about a recording of it."""
    with _catalogue(settings) as catalogue:
        work = catalogue.work(work_id)
        recording = next(other for other in catalogue.recordings() if other.work_id == work_id)
        candidate = Candidate(recording.recording_id, work_id, recording.title, recording.artist, 0.0, 0.0)
        facts = catalogue.describe(candidate)
    return {"work_id": work_id, "title": work.title, "artist": recording.artist, "facts": facts}


def typed_work(title: str, writers: Sequence[Writer]) -> dict[str, Any]:
    """A work that is in no catalogue, as a person typed it."""
    facts = {"work_title": title.strip(), "writers": [asdict(writer) for writer in writers]}
    return {"title": title.strip(), "artist": "", "facts": facts}


def search_works(settings: Settings, words: str) -> list[Work]:
    """Works in whose title, writers or artists every one of the words occurs."""
    wanted = words.casefold().split()
    with _catalogue(settings) as catalogue:
        artists: dict[int, str] = {}
        for recording in catalogue.recordings():
            artists[recording.work_id] = f"{artists.get(recording.work_id, '')} {recording.title} {recording.artist}"
        works = catalogue.works()
    return [work for work in works if all(word in _searchable(work, artists.get(work.work_id, "")) for word in wanted)]


def _searchable(work: Work, recordings: str) -> str:
    people = " ".join(writer.name for writer in work.writers)
    return f"{work.title} {people} {recordings}".casefold()


def _catalogue(settings: Settings) -> Catalogue:
    return Catalogue.open(settings.catalogue_path, SystemClock(), create=False)
