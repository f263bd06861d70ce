"""The report for a terminal (`table`) and as a plain list to print (`text`); both are readable without any program."""

import textwrap
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

from livecsi.reports import profiles, words
from livecsi.reports.language import Language
from livecsi.reports.model import Filing, Item, ItemKind, SetlistReport

WIDTH = 78
_COLUMNS = ("start", "length", "title", "writers", "confidence", "decision")


def table(report: SetlistReport, say: Language) -> str:
    """One line per item, as wide as it needs to be."""
    header = ("#", *(say(f"column_{name}") for name in _COLUMNS))
    head, *lines = columns(header, [_row(item, report, say) for item in report.items])
    ruler, *items = lines
    body = []
    for (heading, _), line in zip(words.sections(report, say), items, strict=True):
        body += [f"-- {heading} --", line] if heading else [line]
    return "\n".join([*_head(report, say), "", head, ruler, *body]) + "\n"


def columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Header, ruler and rows as straight columns; wide letters count double."""
    widths = [max(cell_len(row[number]) for row in [header, *rows]) for number in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return [
        "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in lines
    ]


def printable_list(report: SetlistReport, say: Language) -> str:
    """A list for paper, with room to write where nothing was recognised."""
    lines = [*_head(report, say), "", "=" * WIDTH]
    for heading, item in words.sections(report, say):
        lines += ["", heading.upper()] if heading else []
        lines += ["", *_paragraph(item, report, say)]
    lines += ["", "=" * WIDTH, "", *_coverage(report, say), "", *_warnings(report, say)]
    for role in words.SIGNERS:
        lines += ["", "", *_signature(report, role, say)]
    if report.filings:
        lines += ["", say("filings_title"), *(f"- {filing(one, report, say)}" for one in report.filings)]
    return "\n".join([*lines, "", *_provenance(report, say)]) + "\n"


def filing(filed: Filing, report: SetlistReport, say: Language) -> str:
    """`Koda: filed 3 May 2024, by Maija, reference K-17, revision 2, due 1 Jun 2024`."""
    known = filed.profile in profiles.names()
    due = profiles.load(str(filed.profile)).deadline.due(report.event.business_date) if known else None
    parts = [say("filing_filed", date=say.short_date(filed.filed_on)), say("filing_by", name=filed.filed_by)]
    parts += [say("filing_reference", reference=filed.reference)] if filed.reference else []
    parts += [say("filing_revision", revision=filed.revision)]
    parts += [say("filing_due", date=say.short_date(due))] if due else []
    return f"{filed.society}: {', '.join(parts)}"


def _head(report: SetlistReport, say: Language) -> list[str]:
    night = say.date_in_words(report.event.business_date)
    played = words.played(report, say)
    return [
        f"{say('setlist').upper()}  {words.act(report, say)}",
        say(f"state_{report.review_state.value}").upper(),
        words.place(report, say),
        say("night_line", date=night, zone=report.event.timezone),
        *([f"{say('played')}: {played}"] if played else []),
        f"{say('heard_listened')}: {words.listened(report, say)}",
        *(line for told in words.told(report, say) for line in textwrap.wrap(told, WIDTH)),
        words.counted(report, say),
    ]


def _row(item: Item, report: SetlistReport, say: Language) -> tuple[str, ...]:
    indent = "  " if item.kind is ItemKind.MEDLEY_PART else ""
    title = "; ".join([words.title(item, say), *words.tags(item, say)])
    times = (words.local_time(item.start_utc, report), words.length(item.duration_s))
    return (str(item.seq), *times, indent + title, _who(item, say), words.sureness(item, say),
            words.decision(item, say))  # fmt: skip


def _who(item: Item, say: Language) -> str:
    if item.work is None:
        return ""
    return words.writers(item.work, say) or say("public_domain" if item.work.public_domain else "writers_missing")


def _paragraph(item: Item, report: SetlistReport, say: Language) -> list[str]:
    """The line of an item and what belongs to it; a medley's parts stand to the right of it."""
    margin = " " * (10 if item.kind is ItemKind.MEDLEY_PART else 6)
    times = f"{words.local_time(item.start_utc, report)}  {words.length(item.duration_s)}"
    room = WIDTH - cell_len(times) - len(margin)
    title = "_" * (room - 2) if words.is_to_write(item) else words.title(item, say)
    first, *rest = textwrap.wrap(title, room - 2) or [""]
    number = f"{item.seq:>3}.".ljust(len(margin))
    lines = [f"{number}{set_cell_size(first, room)}{times}", *(margin + line for line in rest)]
    for detail in _details(item, say):
        lines += textwrap.wrap(detail, WIDTH, initial_indent=margin, subsequent_indent=margin + "  ")
    return lines


def _details(item: Item, say: Language) -> list[str]:
    details = [f"{say('not_recognised')}; {say('by_hand')}"] if words.is_to_write(item) else []
    details += [_who(item, say)] if item.work else []
    if words.is_machine_named(item) and item.matched_recording and item.matched_recording.original_artist:
        details.append(say("recognised_from", artist=item.matched_recording.original_artist))
    others = words.titles(words.worth_a_look(item))
    details += [say("might_also_be" if item.work else "might_be", titles=others)] if others else []
    standing = [words.decision(item, say), words.sureness(item, say), *words.tags(item, say)]
    details.append("; ".join(filter(None, standing)))
    return details + ([item.decision.note] if item.decision.note else [])


def _coverage(report: SetlistReport, say: Language) -> list[str]:
    coverage = report.coverage
    parts = {"listened": coverage.listened_s, "named": coverage.identified_s, "unnamed": coverage.unknown_s}
    lines = [f"{say(f'heard_{name}')}: {words.hours_minutes_seconds(seconds)}" for name, seconds in parts.items()]
    lines += [f"{words.gap(gap, report, say)}: {words.length(gap.duration_s)}" for gap in coverage.gaps]
    return lines if coverage.is_complete else [*lines, say("broke_off")]


def _warnings(report: SetlistReport, say: Language) -> list[str]:
    return [line for warning in words.warnings(report, say) for line in textwrap.wrap(warning, WIDTH)]


def _signature(report: SetlistReport, role: str, say: Language) -> list[str]:
    """A signature that was given, or the line to give it on."""
    signed = words.signature(report, role)
    if signed is None:
        return [f"{say(f'signer_{role}')}: {'_' * 28}   {say('sign_line', line='_' * 12)}"]
    when = say("signed_at", time=words.local_moment(signed.at, report))
    begins = signed.report_sha256[: words.HASH_CHARACTERS_PRINTED]
    return [f"{say(f'signer_{role}')}: {signed.name}, {when}", f"  {say('signed_hash', hash=begins)}"]


def _provenance(report: SetlistReport, say: Language) -> list[str]:
    revision = say("source_revision", report=report.report_id, revision=report.revision)
    lines = [f"{say('source_report')} {revision}", f"{say('source_ledger')} {report.provenance.ledger_hash}"]
    for source in report.provenance.sessions:
        software = say("source_software_model", software=source.software, model=source.model_id)
        lines.append(f"{software}; {say('source_input')}: {say.named('input', source.input_kind)} {source.input_name}")
        changes = words.other_catalogues(source, report, say)
        lines += [f"{say('source_catalogue')} {change}" for change in changes]
        if source.plan_id:
            lines.append(f"{say('source_plan')} {source.plan_id[: words.HASH_CHARACTERS_PRINTED]}")
    return lines
