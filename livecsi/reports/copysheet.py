"""A copy sheet as text, CSV or page. Waiting lines have their own heading and never mix with ready ones."""

import textwrap

from rich.cells import cell_len, set_cell_size

from livecsi.reports import page, words
from livecsi.reports.model import SetlistReport
from livecsi.reports.profiles import Sheet
from livecsi.reports.spreadsheet import as_csv

READY = "To be typed into the portal"
WAITING = "Not to be filed yet: a person has to check these lines first"
NOTHING_READY = "Nothing yet: no line has been accepted by a person."


def text(sheet: Sheet) -> str:
    """The sheet for a terminal or a printer."""
    width = max(cell_len(label) for label, _ in sheet.head)
    lines = [f"{title(sheet)}", *textwrap.wrap(disclaimer(sheet), 78), ""]
    lines += [f"{set_cell_size(label, width)}  {value or '_' * 24}" for label, value in sheet.head]
    lines += ["", READY.upper(), "", *(_table(sheet.columns, sheet.ready) if sheet.ready else [NOTHING_READY])]
    if sheet.waiting:
        lines += ["", WAITING.upper(), "", *_table(sheet.columns, sheet.waiting)]
    lines += ["", *(f"- {note}" for note in sheet.profile.notes)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def csv(sheet: Sheet) -> str:
    """The lines of the sheet, each saying whether it may be filed."""
    lines = [["ready", *line] for line in sheet.ready] + [["waiting", *line] for line in sheet.waiting]
    return as_csv(["state", *sheet.columns], lines)


def html(sheet: Sheet, report: SetlistReport) -> str:
    """The sheet as a page."""
    values = {"sheet": sheet, "report": report, "title": title(sheet), "disclaimer": disclaimer(sheet)}
    return page.fill("copysheet.html.j2", {**values, "READY": READY, "WAITING": WAITING, "NOTHING": NOTHING_READY})


def title(sheet: Sheet) -> str:
    return f"Copy sheet for {sheet.profile.society} ({sheet.profile.country})"


def disclaimer(sheet: Sheet) -> str:
    """Where the fields come from, and what this is not."""
    profile = sheet.profile
    return (
        f"Fields after {profile.source}, checked {profile.date_checked} (grade {profile.grade}). "
        f"Filed by {profile.filed_by}; deadline: {profile.deadline}. This is no form of {profile.society} and is "
        f"not sent anywhere. {words.UNREVIEWED if sheet.waiting else ''}"
    ).strip()


def _table(columns: list[str], rows: list[list[str]]) -> list[str]:
    widths = [max(cell_len(row[number]) for row in [columns, *rows]) for number in range(len(columns))]
    lines = [columns, ["-" * width for width in widths], *rows]
    return ["  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)) for row in lines]
