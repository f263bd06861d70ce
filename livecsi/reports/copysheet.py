"""A society's form, filled from a report, as text, CSV or page: for a person who types it into a portal.

Only what a person has decided, what has a work and what this society counts as live is ready. What still waits for a
person is printed apart, for checking on paper. A medley is never a work of its own: its parts are the lines.
"""

import textwrap
from dataclasses import dataclass
from datetime import date

from anyascii import anyascii
from rich.cells import cell_len, set_cell_size

from livecsi.errors import UsageError
from livecsi.reports import fields, page, words
from livecsi.reports.language import Language
from livecsi.reports.model import Item, ItemKind, SetlistReport, Status, Usage
from livecsi.reports.profiles import Profile, ProfileField
from livecsi.reports.spreadsheet import as_csv
from livecsi.reports.text import WIDTH, columns


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filled form: its head, its columns, the lines that may be filed, those that may not yet, and how many never.

    `nameless` are those that were played and have no work that could be filed.
    """

    profile: Profile
    deadline: str
    head: list[tuple[str, str]]
    columns: list[str]
    ready: list[list[str]]
    incomplete: list[str]
    waiting: list[list[str]]
    nameless: int
    left_out: int
    warnings: list[str]


def fill(report: SetlistReport, profile: Profile, say: Language, today: date | None = None) -> Sheet:
    """The society's form, filled from a report; `today` lets it say that its date is past.

    Raises UsageError when the profile asks for what we do not have.
    """
    _refuse_unknown(profile)
    lines = [item for item in report.items if item.kind is not ItemKind.MEDLEY]
    ready = [item for item in lines if fields.is_ready(item, profile)]
    waiting = [item for item in lines if _is_waiting(item, profile)]
    nameless = [item for item in lines if words.is_played_nameless(item) and fields.counts_as_live(item, profile)]
    return Sheet(
        profile=profile,
        deadline=_deadline(profile, report.event.business_date, say, today),
        head=_head(report, say, profile),
        columns=[_label(field, say) for field in profile.line],
        ready=[_line(report, item, say, profile) for item in ready],
        incomplete=_incomplete(ready, say, profile),
        waiting=[_line(report, item, say, profile) for item in waiting],
        nameless=len(nameless),
        left_out=len(lines) - len(ready) - len(waiting) - len(nameless),
        warnings=words.warnings(report, say),
    )  # fmt: skip


def text(sheet: Sheet, say: Language) -> str:
    """The sheet for a terminal or a printer."""
    width = max(cell_len(label) for label, _ in sheet.head)
    lines = [title(sheet, say), *textwrap.wrap(disclaimer(sheet, say), WIDTH), ""]
    lines += [f"{set_cell_size(label, width)}  {value or '_' * 24}" for label, value in sheet.head]
    lines += ["", say("sheet_ready").upper(), ""]
    lines += columns(sheet.columns, sheet.ready) if sheet.ready else [say("sheet_nothing")]
    lines += [line for told in sheet.incomplete for line in ("", *textwrap.wrap(f"! {told}", WIDTH))]
    if sheet.waiting:
        lines += ["", say("sheet_waiting").upper(), "", *columns(sheet.columns, sheet.waiting)]
    lines += ["", *(f"- {note}" for note in [*left_out(sheet, say), *sheet.profile.notes])]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def csv(sheet: Sheet, say: Language) -> str:
    """The lines of the sheet, each saying whether it may be filed."""
    header = [say("sheet_state"), *sheet.columns]
    lines = [[say("sheet_line_ready"), *line] for line in sheet.ready]
    lines += [[say("sheet_line_waiting"), *line] for line in sheet.waiting]
    lines += [[told, *[""] * len(sheet.columns)] for told in sheet.incomplete]
    if not sheet.profile.columns_public:
        lines.append([say("sheet_columns_unknown"), *[""] * len(sheet.columns)])
    return as_csv(header, lines)


def html(sheet: Sheet, report: SetlistReport, say: Language) -> str:
    """The sheet as a page."""
    values = {"title": title(sheet, say), "disclaimer": disclaimer(sheet, say), "left_out": left_out(sheet, say)}
    return page.fill("copysheet.html.j2", {**values, "sheet": sheet, "report": report, "say": say})


def title(sheet: Sheet, say: Language) -> str:
    return say("sheet_title", society=sheet.profile.name)


def left_out(sheet: Sheet, say: Language) -> list[str]:
    """How many lines are in neither list, so that nobody looks for them in vain."""
    told = {"sheet_nameless": sheet.nameless, "sheet_left_out": sheet.left_out}
    return [say.counted(key, count, count=count) for key, count in told.items() if count]


def disclaimer(sheet: Sheet, say: Language) -> str:
    """Where the fields come from, who files, and what this is not."""
    profile = sheet.profile
    filers = ", ".join(say.named("filer", filer) for filer in profile.filed_by)
    unknown = "" if profile.columns_public else f"{say('sheet_columns_unknown')}."
    parts = [
        unknown[:1].upper() + unknown[1:],
        say("sheet_fields", source=profile.source, checked=profile.date_checked, grade=profile.grade),
        say("sheet_filed_by", filers=f"{filers} ({profile.portal})", deadline=sheet.deadline),
        say("sheet_no_form", society=profile.society),
        *sheet.warnings,
    ]
    return " ".join(part for part in parts if part)


def _deadline(profile: Profile, night: date, say: Language, today: date | None) -> str:
    """`1 Jun 2024, one month after the night`, and whether that is past."""
    due, rule = profile.deadline.due(night), profile.deadline.in_words(say)
    if due is None:
        return rule
    key = "deadline_date_past" if today is not None and today > due else "deadline_date"
    return say(key, date=say.short_date(due), rule=rule)


def _incomplete(ready: list[Item], say: Language, profile: Profile) -> list[str]:
    """What a title on the sheet still lacks; it stays there, for it was played."""
    told = []
    for item in ready:
        if item.work and fields.lacks_writer(item, profile):
            title = _fit(item.work.title, profile)
            told.append(say(f"sheet_needs_{profile.needs_writer}", title=title, society=profile.society))
        if item.work and fields.has_proposed_writers(item):
            key = f"sheet_writers_from_{item.work.writers_source}"
            told.append(say(key, title=_fit(item.work.title, profile)))
    return list(dict.fromkeys(told))


def _is_waiting(item: Item, profile: Profile) -> bool:
    may_be_live = fields.counts_as_live(item, profile) or item.usage is Usage.UNCLEAR
    return may_be_live and item.decision.status is Status.PENDING


def _head(report: SetlistReport, say: Language, profile: Profile) -> list[tuple[str, str]]:
    filled = [(field, _fit(fields.HEAD[field.value](report, say, profile), profile)) for field in profile.head]
    return [(_label(field, say), value) for field, value in filled if value or field.value not in fields.WHEN_TOLD]


def _line(report: SetlistReport, item: Item, say: Language, profile: Profile) -> list[str]:
    return [_fit(fields.LINE[field.value](report, item, say, profile), profile) for field in profile.line]


def _label(field: ProfileField, say: Language) -> str:
    return field.label or say(f"field_{field.value}")


def _fit(text: str, profile: Profile) -> str:
    return anyascii(text) if profile.ascii_fold else text


def _refuse_unknown(profile: Profile) -> None:
    known = {"head": fields.HEAD.keys(), "line": fields.LINE.keys()}
    for part, names in known.items():
        for field in getattr(profile, part):
            if field.value not in names:
                raise UsageError(
                    f"the profile of {profile.society} asks for {field.value!r} in its {part}",
                    f"known are {', '.join(sorted(names))}",
                )
