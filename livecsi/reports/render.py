"""One door to every form of a report: a format and perhaps a society's profile in, bytes out."""

from collections.abc import Callable
from typing import Literal, get_args

from livecsi.errors import UsageError
from livecsi.reports import copysheet, page, profiles, spreadsheet, text
from livecsi.reports.model import SetlistReport

Format = Literal["table", "json", "csv", "html", "pdf", "text"]
FORMATS: tuple[Format, ...] = get_args(Format)

_PLAIN: dict[Format, Callable[[SetlistReport], str]] = {
    "table": text.table,
    "json": SetlistReport.as_json,
    "csv": spreadsheet.rows,
    "html": page.html,
    "text": text.printable_list,
}


def render(report: SetlistReport, form: Format, profile: str | None = None) -> bytes:
    """The report in one form; with a profile, that society's copy sheet instead."""
    if profile is not None:
        return _copy_sheet(report, form, profile)
    if form == "pdf":
        return page.pdf(page.html(report))
    return _PLAIN[form](report).encode()


def _copy_sheet(report: SetlistReport, form: Format, profile: str) -> bytes:
    sheet = profiles.sheet(report, profiles.load(profile))
    if form == "json":
        raise UsageError("a copy sheet has no JSON form", "leave out --profile, or choose text, csv, html or pdf")
    if form == "csv":
        return copysheet.csv(sheet).encode()
    if form in ("table", "text"):
        return copysheet.text(sheet).encode()
    document = copysheet.html(sheet, report)
    return page.pdf(document) if form == "pdf" else document.encode()
