"""One door to every form of a report: a format, a language and perhaps a society's profile in, bytes out."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Literal, get_args

from livecsi.errors import UsageError
from livecsi.reports import copysheet, deadlines, event_text, language, night_report, page, profiles, spreadsheet, text
from livecsi.reports.language import Language
from livecsi.reports.model import SetlistReport

Format = Literal["table", "json", "csv", "html", "pdf", "text", "setlistfm", "musicbrainz"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PLAIN: dict[Format, Callable[[SetlistReport, Language], str]] = {
    "table": lambda report, say: text.table(report, say) + _to_be_filed(report, say),
    "json": lambda report, say: report.as_json(),
    "csv": spreadsheet.rows,
    "html": page.html,
    "text": lambda report, say: text.printable_list(report, say) + _to_be_filed(report, say),
    "setlistfm": lambda report, say: event_text.setlistfm(report),
    "musicbrainz": lambda report, say: event_text.musicbrainz(report),
}


def render(
    report: SetlistReport, form: Format, profile: str | None = None, language_code: str = "en",
    today: date | None = None,
) -> bytes:  # fmt: skip
    """The report in one form; with a profile, that society's copy sheet instead, which knows `today` what is late."""
    say = language.load(language_code)
    if profile is not None:
        return _copy_sheet(report, form, profile, say, today)
    if form == "pdf":
        return page.pdf(page.html(report, say))
    return _PLAIN[form](report, say).encode()


def render_night(
    reports: Sequence[SetlistReport], form: Format, language_code: str = "en", today: date | None = None
) -> bytes:
    """All acts of a night on one page, as table (also for text), HTML or PDF; `today` says which dates are past."""
    say = language.load(language_code)
    if form in ("table", "text"):
        return night_report.table(reports, say, today).encode()
    if form not in ("html", "pdf"):
        raise UsageError(f"the night's report has no form {form!r}", "name the output .txt, .html or .pdf")
    document = night_report.html(reports, say, today)
    return page.pdf(document) if form == "pdf" else document.encode()


def _copy_sheet(report: SetlistReport, form: Format, profile: str, say: Language, today: date | None) -> bytes:
    sheet = copysheet.fill(report, profiles.load(profile), say, today)
    if form == "csv":
        return copysheet.csv(sheet, say).encode()
    if form in ("table", "text"):
        return copysheet.text(sheet, say).encode()
    if form not in ("html", "pdf"):
        raise UsageError(f"a copy sheet has no form {form!r}", "leave out --profile, or choose text, csv, html or pdf")
    document = copysheet.html(sheet, report, say)
    return page.pdf(document) if form == "pdf" else document.encode()


def _to_be_filed(report: SetlistReport, say: Language) -> str:
    """What is still to be filed at home, below the list; nothing where the country has no profile or all is filed."""
    found = deadlines.to_be_filed(report, say)
    return "\n".join(["", say("filings_open"), *(f"- {one}" for one in found)]) + "\n" if found else ""
