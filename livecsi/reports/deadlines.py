"""By when each society wants to hear of a night, and whether somebody has written down that it did.

The society of the venue's own country comes first, then the others by date; one without a known deadline comes last.
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


def dues(report: SetlistReport, names: Sequence[str] = ()) -> list[Due]:
    """The dates of the named profiles, of all when none is named."""
    known = {name: profiles.load(name) for name in names or profiles.names()}
    country = (report.venue.country or "").upper()

    def order(name: str) -> tuple[bool, date, str]:
        return known[name].country != country, known[name].deadline.due(_night(report)) or date.max, name

    return [_due(report, name, known[name]) for name in sorted(known, key=order)]


def table(reports: Sequence[SetlistReport], say: Language, names: Sequence[str] = ()) -> list[list[str]]:
    """A header and a row per society: its name, its date, and for every act whether a filing is recorded."""
    acts = [words.act(report, say) for report in reports] if len(reports) > 1 else [say("deadlines_filing")]
    by_act = [dues(report, names) for report in reports]
    rows = [
        [row[0].society, _when(row[0], say), *(_filing(one, say) for one in row)]
        for row in zip(*by_act, strict=True)
    ]  # fmt: skip
    return [[say("deadlines_society"), say("deadlines_due"), *acts], *rows]


def as_json_text(reports: Sequence[SetlistReport], names: Sequence[str] = ()) -> str:
    """The dates of all reports as one JSON list."""
    listed = [_as_json(report, dues(report, names)) for report in reports]
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _as_json(report: SetlistReport, found: Iterable[Due]) -> dict[str, object]:
    """The dates of one act's report, for a listing in JSON."""
    listed = [
        {"profile": one.profile, "society": one.society, "due": _iso(one.due), "filed_on": _iso(one.filed_on)}
        for one in found
    ]
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


def _filing(one: Due, say: Language) -> str:
    return say("deadlines_filed", date=say.short_date(one.filed_on)) if one.filed_on else say("deadlines_not_filed")


def _night(report: SetlistReport) -> date:
    return report.event.business_date


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
