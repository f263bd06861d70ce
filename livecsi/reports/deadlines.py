"""By when each society wants to hear of a night, and whether somebody has written down that it did.

The society of the venue's own country comes first, then the others by date; one without a known deadline comes last.
A printed report has the same bytes on every day, so only the listing that is made for a day says what is past.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from livecsi.reports import profiles, words
from livecsi.reports.language import Language
from livecsi.reports.model import SetlistReport
from livecsi.reports.profiles import Profile


@dataclass(frozen=True, slots=True)
class Due:
    """One society's date for one report; `filed_on` is None while no filing is recorded."""

    profile: str
    society: str
    due: date | None
    filed_on: date | None

    def is_overdue(self, today: date) -> bool:
        """Whether the date is past and nobody has written down a filing."""
        return self.filed_on is None and self.due is not None and today > self.due


def dues(report: SetlistReport, names: Sequence[str] = ()) -> list[Due]:
    """The dates of the named profiles, of all when none is named."""
    known = {name: profiles.load(name) for name in names or profiles.names()}
    country = (report.venue.country or "").upper()

    def order(name: str) -> tuple[bool, date, str]:
        return known[name].country != country, known[name].deadline.due(_night(report)) or date.max, name

    return [_due(report, name, known[name]) for name in sorted(known, key=order)]


def to_be_filed(report: SetlistReport, say: Language) -> list[str]:
    """`Teosto (FI): no due date known` for each form of the venue's own country without a recorded filing."""
    country = (report.venue.country or "").upper()
    at_home = [name for name in profiles.names() if profiles.load(name).country == country]
    return [
        f"{one.society}: {say('filing_due', date=say.short_date(one.due)) if one.due else say('filing_due_unknown')}"
        for one in (dues(report, at_home) if at_home else [])
        if one.filed_on is None
    ]


def table(
    reports: Sequence[SetlistReport], say: Language, names: Sequence[str] = (), today: date | None = None
) -> list[list[str]]:
    """A header and a row per society: its name, its date, and for every act whether a filing is recorded.

    `today` lets it say that a date without a filing is past.
    """
    acts = [words.act(report, say) for report in reports] if len(reports) > 1 else [say("deadlines_filing")]
    by_act = [dues(report, names) for report in reports]
    rows = [
        [row[0].society, _when(row[0], say), *(_filing(one, say, today) for one in row)]
        for row in zip(*by_act, strict=True)
    ]  # fmt: skip
    return [[say("deadlines_society"), say("deadlines_due"), *acts], *rows]


def as_json_text(reports: Sequence[SetlistReport], today: date, names: Sequence[str] = ()) -> str:
    """The dates of all reports as one JSON list."""
    listed = [_as_json(report, dues(report, names), today) for report in reports]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _as_json(report: SetlistReport, found: Iterable[Due], today: date) -> dict[str, object]:
    """The dates of one act's report, for a listing in JSON."""
    listed = [
        {"profile": one.profile, "society": one.society, "due": _iso(one.due), "filed_on": _iso(one.filed_on),
         "overdue": one.is_overdue(today)}
        for one in found
    ]  # fmt: skip
    return {"night": _night(report).isoformat(), "act": report.act.name, "stage": report.venue.stage,
            "deadlines": listed}  # fmt: skip


def _due(report: SetlistReport, name: str, profile: Profile) -> Due:
    return Due(name, profile.name, profile.deadline.due(_night(report)), _filed_on(report, name, profile))


def _filed_on(report: SetlistReport, name: str, profile: Profile) -> date | None:
    """When it was filed last; a filing without a profile counts by the name of the society."""
    days = [
        filing.filed_on
        for filing in report.filings
        if filing.profile == name or filing.profile is None and filing.society.casefold() == profile.society.casefold()
    ]
    return max(days, default=None)


def _when(one: Due, say: Language) -> str:
    return say.short_date(one.due) if one.due else say("deadline_none")


def _filing(one: Due, say: Language, today: date | None) -> str:
    if one.filed_on:
        return say("deadlines_filed", date=say.short_date(one.filed_on))
    is_overdue = today is not None and one.is_overdue(today)
    return say("deadlines_overdue" if is_overdue else "deadlines_not_filed")


def _night(report: SetlistReport) -> date:
    return report.event.business_date


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
