"""The report as CSV, one line per item, for whoever has a spreadsheet and a society's own form.

A cell that a spreadsheet would take for a formula gets an apostrophe in front: titles come from other people's tags.
"""

import csv
import io
from collections.abc import Iterable, Sequence

from livecsi.clock import format_utc
from livecsi.reports import words
from livecsi.reports.language import Language
from livecsi.reports.model import Item, SetlistReport

COLUMNS = (
    "night", "venue", "stage", "act", "seq", "section", "kind", "usage", "start_local", "start_utc", "end_utc",
    "duration", "duration_s", "title", "writers", "writer_ipis", "iswc", "public_domain", "recognised_from_artist",
    "recognised_from_isrc", "confidence", "band", "band_basis", "alternatives", "decision", "decided_by",
)  # fmt: skip


def rows(report: SetlistReport, say: Language) -> str:
    """The whole report as CSV with a header line; headers and codes stay English, for programs read them too."""
    return as_csv(COLUMNS, (_row(item, report, say) for item in report.items))


def as_csv(header: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """CSV text (RFC 4180) that is safe to open in a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in line] for line in lines)
    return text.getvalue()


def _row(item: Item, report: SetlistReport, say: Language) -> list[object]:
    work, recording = item.work, item.matched_recording
    return [
        report.event.business_date.isoformat(), report.venue.name or "", report.venue.stage, report.act.name or "",
        item.seq, item.section, item.kind.value, item.usage.value,
        words.local_time(item.start_utc, report), format_utc(item.start_utc), format_utc(item.end_utc),
        words.hours_minutes_seconds(item.duration_s), item.duration_s,
        work.title if work else "", words.writers(work, say),
        ", ".join(person.ipi for person in work.writers if person.ipi) if work else "",
        (work.iswc or "") if work else "", str(work.public_domain).lower() if work else "",
        (recording.original_artist or "") if recording else "", (recording.isrc or "") if recording else "",
        item.evidence.confidence, item.evidence.band, item.evidence.band_basis,
        "; ".join(f"{other.title} ({other.probability:.2f})" for other in item.evidence.alternatives),
        item.decision.status.value, item.decision.by or "",
    ]  # fmt: skip


def _harmless(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if is_formula else cell
