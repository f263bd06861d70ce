"""The report for a terminal (`table`) and as a plain list to print (`text`); both are readable without any program."""

import textwrap

from rich.cells import cell_len, set_cell_size

from livecsi.reports import words
from livecsi.reports.model import Item, SetlistReport

WIDTH = 78
_HEADINGS = ("#", "start", "length", "title", "writers", "confidence")


def table(report: SetlistReport) -> str:
    """One line per item, as wide as it needs to be."""
    rows = [_HEADINGS, *(_row(item, report) for item in report.items)]
    widths = [max(cell_len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ["  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    ruler = "  ".join("-" * width for width in widths)
    return "\n".join([*_head(report), "", lines[0].rstrip(), ruler, *(line.rstrip() for line in lines[1:])]) + "\n"


def printable_list(report: SetlistReport) -> str:
    """A list for paper, with room to write where nothing was recognised."""
    lines = [*_head(report), "", "=" * WIDTH]
    for item in report.items:
        lines += _paragraph(item, report)
    lines += ["=" * WIDTH, "", *_coverage(report), "", *textwrap.wrap(words.UNREVIEWED, WIDTH), "", ""]
    lines += ["Performer: ____________________________   Date: ____________", "", ""]
    lines += ["Venue:     ____________________________   Date: ____________", ""]
    lines += _provenance(report)
    return "\n".join(lines) + "\n"


def _head(report: SetlistReport) -> list[str]:
    start, end = report.event.start_utc, report.event.end_utc
    return [
        f"SETLIST (unreviewed)  {report.act.name or words.NO_ACT}",
        words.place(report),
        f"Night of {words.date_in_words(report)}, {words.local_time(start, report)} to "
        f"{words.local_time(end, report)}, {report.event.timezone}",
        words.counted(report.items),
    ]


def _row(item: Item, report: SetlistReport) -> tuple[str, ...]:
    who = words.writers(item.work) or ("(writers unknown)" if item.work else "")
    times = (words.local_time(item.start_utc, report), words.length(item.duration_s))
    return (str(item.seq), *times, words.title(item), who, words.band(item))


def _paragraph(item: Item, report: SetlistReport) -> list[str]:
    times = f"{words.local_time(item.start_utc, report)}  {words.length(item.duration_s)}"
    room = WIDTH - cell_len(times) - 6
    if item.work is None and words.is_aside(item):
        return ["", f"{item.seq:>3}.  {set_cell_size(f'({words.RECORDED_MUSIC})', room - 1)}{times}"]
    if item.work is None:
        lines = [f"{item.seq:>3}.  {set_cell_size('_' * (room - 3), room - 1)}{times}"]
        lines += _indented("not recognised; title and writers by hand")
        might = [f"{other.title} ({words.percent(other.probability)})" for other in words.worth_a_look(item)]
        return ["", *lines, *(_indented("might be " + ", ".join(might)) if might else [])]
    first, *rest = textwrap.wrap(item.work.title, room - 2)
    lines = [f"{item.seq:>3}.  {set_cell_size(first, room - 1)}{times}", *(f"      {line}" for line in rest)]
    lines += _indented(words.writers(item.work) or "writers: " + "_" * 40)
    if item.matched_recording and item.matched_recording.original_artist:
        lines += _indented(f"recognised from the recording by {item.matched_recording.original_artist}")
    return ["", *lines, *_indented(f"{words.band(item)} (uncalibrated), usage {item.usage.value}")]


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=" " * 6, subsequent_indent=" " * 8)


def _coverage(report: SetlistReport) -> list[str]:
    coverage = report.coverage
    parts = {"listened": coverage.listened_s, "named": coverage.identified_s, "without a name": coverage.unknown_s}
    line = ", ".join(f"{name} {words.hours_minutes_seconds(seconds)}" for name, seconds in parts.items())
    gaps = [
        f"not heard: {words.local_time(gap.start_utc, report)} for {words.length(gap.duration_s)} ({gap.reason})"
        for gap in coverage.gaps
    ]
    broken = [] if coverage.is_complete else ["The recording of this night broke off before its end."]
    return [line, *gaps, *broken]


def _provenance(report: SetlistReport) -> list[str]:
    lines = [f"report {report.report_id}, revision {report.revision}, ledger {report.provenance.ledger_hash}"]
    for source in report.provenance.sessions:
        lines.append(f"{source.software}, model {source.model_id}, from {source.input_kind} {source.input_name}")
    return lines
