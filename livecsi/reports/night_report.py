"""The venue's night on one page: every act with its times and songs, what is still open, and what is due where.

The acts' own reports go to the acts; this one stays in the house and is signed by nobody.
"""

from collections.abc import Sequence
from datetime import date

from livecsi.reports import deadlines, page, words
from livecsi.reports.language import Language
from livecsi.reports.model import Item, SetlistReport
from livecsi.reports.text import columns


def table(reports: Sequence[SetlistReport], say: Language, today: date | None = None) -> str:
    """The night for a terminal; `today` lets it say which dates are past."""
    first = reports[0]
    lines = [f"{say('night_title').upper()}  {first.venue.name or say('no_venue')}",
             say.date_in_words(first.event.business_date)]  # fmt: skip
    for report in reports:
        lines += ["", words.act(report, say), span(report, say), say(f"state_{report.review_state.value}"), ""]
        header = [say(f"column_{name}") for name in ("start", "length", "title", "writers", "decision")]
        lines += columns(header, songs(report, say))
        lines += [f"{say('night_open')}: {len(open_lines(report))}", *heard(report, say)]
    return "\n".join(lines) + "\n\n" + due_table(reports, say, today=today)


def html(reports: Sequence[SetlistReport], say: Language, today: date | None = None) -> str:
    """The night as one self-contained page."""
    helpers = {"span": span, "songs": songs, "open_lines": open_lines, "heard": heard}
    due = deadlines.table(reports, say, today=today)
    return page.fill("night.html.j2", {"reports": reports, "say": say, "night": helpers, "dues": due})


def due_table(
    reports: Sequence[SetlistReport], say: Language, names: Sequence[str] = (), today: date | None = None
) -> str:
    """What is due where, as straight columns under a heading."""
    header, *rows = deadlines.table(reports, say, names, today)
    return "\n".join([say("deadlines_title"), "", *columns(header, rows)]) + "\n"


def span(report: SetlistReport, say: Language) -> str:
    """`21:09:51 to 22:09:55, stage: main, 10 songs named, 2 open`."""
    stage = say("stage", stage=report.venue.stage)
    return ", ".join(part for part in (words.played(report, say), stage, words.counted(report, say)) if part)


def songs(report: SetlistReport, say: Language) -> list[list[str]]:
    """Start, length, title, writers and decision of what the act played."""
    return [
        [words.local_time(item.start_utc, report), words.length(item.duration_s), words.title(item, say),
         words.writers(item.work, say), words.decision(item, say)]
        for item in report.items
        if words.is_played(item)
    ]  # fmt: skip


def open_lines(report: SetlistReport) -> list[Item]:
    """What a person still has to decide."""
    return [item for item in report.items if words.is_open(item)]


def heard(report: SetlistReport, say: Language) -> list[str]:
    """How much was heard, and where nobody listened."""
    parts = {"listened": report.coverage.listened_s, "named": report.coverage.identified_s,
             "unnamed": report.coverage.unknown_s}  # fmt: skip
    told = [f"{say(f'heard_{name}')}: {words.hours_minutes_seconds(seconds)}" for name, seconds in parts.items()]
    gaps = [words.gap(gap, report, say) for gap in report.coverage.gaps]
    return [", ".join(told), *gaps, *([] if report.coverage.is_complete else [say("broke_off")])]
