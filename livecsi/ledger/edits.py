"""What a person may do to the lines of a night: one pure function per verb, from lines and an event to lines.

The same functions judge an edit when it is made and replay it ever after. One that no longer applies, because its
line was heard anew, raises UsageError and is listed as orphaned; it never lands on another line.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar, get_args

from livecsi.clock import parse_utc
from livecsi.errors import UsageError
from livecsi.ledger.ledger import Body, Event
from livecsi.ledger.lines import Edit, ItemKind, Line, Origin, Section, Status, Usage, in_order

Lines = tuple[Line, ...]
Changed = TypeVar("Changed")

SETTABLE_KINDS = (ItemKind.SONG, ItemKind.SNIPPET, ItemKind.IMPROVISATION)

_CHOICES: dict[str, tuple[str, ...]] = {
    "usage": tuple(Usage),
    "section": get_args(Section),
    "kind": SETTABLE_KINDS,
    "origin": get_args(Origin),
}
_ENUMS: dict[str, Callable[[str], Any]] = {"usage": Usage, "kind": ItemKind}


def apply(lines: Lines, event: Event) -> Lines:
    """The lines after an edit; raises UsageError when it makes no sense for these lines."""
    verb = event.body["verb"]
    if verb not in _VERBS:
        raise UsageError(f"{verb!r} is nothing one can do to a line", f"known are {', '.join(_VERBS)}")
    return in_order(_VERBS[verb](lines, event))


def _accept(lines: Lines, event: Event) -> Lines:
    return _each(lines, event, _accepted)


def _reject(lines: Lines, event: Event) -> Lines:
    return _each(lines, event, lambda line: replace(line, status=Status.REJECTED))


def _correct(lines: Lines, event: Event) -> Lines:
    """Another name: an alternative, a work of the catalogue, or a title and writers; all of them copied in."""
    chosen, usage = event.body["chosen"], event.body.get("usage")
    _named(chosen)

    def correct(line: Line) -> Line:
        if line.kind is ItemKind.MEDLEY:
            raise UsageError("a medley is no work", "correct its parts")
        kind = ItemKind.SONG if line.kind is ItemKind.UNKNOWN else line.kind
        used = Usage(_choice("usage", usage)) if usage else line.usage
        return _accepted(replace(line, named=chosen, kind=kind, usage=used, is_corrected=True))

    return _each(lines, event, correct)


def _add(lines: Lines, event: Event) -> Lines:
    body = event.body
    _named(body["chosen"])
    start, end = parse_utc(body["start_utc"]), parse_utc(body["end_utc"])
    if end <= start:
        raise UsageError("a song cannot end before it begins", "give a length above zero")
    line = Line(
        item_id=f"added-{event.hash[:12]}", start_utc=start, end_utc=end, kind=ItemKind.SONG,
        usage=Usage(_choice("usage", body["usage"])), named=body["chosen"], duration_source=body["duration_source"],
        section=_value("section", body.get("section", "main")),
    )  # fmt: skip
    return (*lines, _signed_off(_accepted(line), event))


def _split(lines: Lines, event: Event) -> Lines:
    """Two halves, both pending: the confidence was that of the whole."""
    line, at = _find(lines, event.body["item_id"]), parse_utc(event.body["at_utc"])
    _of(lines, line, _refuse_medley)
    if not line.start_utc < at < line.end_utc:
        number = lines.index(line) + 1
        raise UsageError(f"line {number} is not being played at that moment", "split it between start and end")
    first = _reshaped(replace(line, item_id=f"{line.item_id}a", end_utc=at), event)
    second = _reshaped(replace(line, item_id=f"{line.item_id}b", start_utc=at), event)
    return (*(other for other in lines if other is not line), first, second)


def _merge(lines: Lines, event: Event) -> Lines:
    """Neighbours as one pending line under the first one's id; the first name among them stays."""
    parts = [_find(lines, item_id) for item_id in event.body["item_ids"]]
    for part in parts:
        _of(lines, part, _refuse_medley)
    places = sorted(lines.index(part) for part in parts)
    if len(parts) < 2 or places != list(range(places[0], places[0] + len(parts))):
        raise UsageError("only neighbours can be merged", "name two or more lines that follow each other")
    ordered = [lines[place] for place in places]
    speaking = next((part for part in ordered if part.named is not None), ordered[0])
    whole = replace(
        speaking, item_id=ordered[0].item_id, start_utc=ordered[0].start_utc,
        end_utc=max(part.end_utc for part in ordered), gap_seconds=round(sum(part.gap_seconds for part in ordered), 3),
        edits=tuple(sorted({edit for part in ordered for edit in part.edits}, key=lambda edit: edit.at)),
    )  # fmt: skip
    return (*(line for line in lines if line not in ordered), _reshaped(whole, event))


def _change(lines: Lines, event: Event) -> Lines:
    """Set usage, section, kind, origin, times_performed; a usage nobody knows makes the line pending again."""
    changes = {name: _value(name, value) for name, value in event.body["changes"].items()}

    def change(line: Line) -> Line:
        _refuse_medley_kind(line, changes)
        changed = replace(line, **changes)
        return replace(changed, status=Status.PENDING) if changed.usage is Usage.UNCLEAR else changed

    return _each(lines, event, change)


def _medley(lines: Lines, event: Event) -> Lines:
    """A line of its own, which no society is ever told as a work, before the lines that become its parts."""
    parts = [_find(lines, item_id) for item_id in event.body["item_ids"]]
    if len(parts) < 2 or any(part.kind is ItemKind.MEDLEY or part.part_of for part in parts):
        raise UsageError("a medley has two or more parts, each of one medley", "name the lines that were its parts")
    item_id = f"medley-{event.hash[:12]}"
    frame = Line(
        item_id=item_id, start_utc=min(part.start_utc for part in parts), end_utc=max(part.end_utc for part in parts),
        kind=ItemKind.MEDLEY, usage=parts[0].usage, section=parts[0].section, status=Status.ADDED_BY_HUMAN,
    )  # fmt: skip
    joined = _each(lines, event, lambda part: replace(part, kind=ItemKind.MEDLEY_PART, part_of=item_id))
    return (*joined, _signed_off(frame, event))


def _note(lines: Lines, event: Event) -> Lines:
    return _each(lines, event, lambda line: line)


_VERBS: dict[str, Callable[[Lines, Event], Lines]] = {
    "accept": _accept, "correct": _correct, "reject": _reject, "add": _add, "split": _split, "merge": _merge,
    "change": _change, "medley": _medley, "note": _note,
}  # fmt: skip


def _each(lines: Lines, event: Event, change: Callable[[Line], Line]) -> Lines:
    """The lines with those of the event changed, all of them or none."""
    meant = [_find(lines, item_id) for item_id in event.body["item_ids"]]
    if not meant:
        raise UsageError("no line is meant", "name at least one")
    return tuple(_signed_off(_of(lines, line, change), event) if line in meant else line for line in lines)


def _of(lines: Lines, line: Line, change: Callable[[Line], Changed]) -> Changed:
    """What is wrong with a line is said with its number in the list, which is what a person typed."""
    try:
        return change(line)
    except UsageError as error:
        raise UsageError(f"line {lines.index(line) + 1}: {error.args[0]}", error.advice) from error


def _find(lines: Lines, item_id: str) -> Line:
    found = next((line for line in lines if line.item_id == item_id), None)
    if found is None:
        raise UsageError(f"there is no line {item_id}", "see `livecsi review show`")
    return found


def _accepted(line: Line) -> Line:
    """The line as a person stands by it; without a name it was played all the same, and is filed nowhere."""
    if line.usage is Usage.UNCLEAR:
        raise UsageError("nobody said how the music came about", "mark its usage first")
    decided = Status.CORRECTED if line.is_corrected else Status.ACCEPTED
    return replace(line, status=Status.ADDED_BY_HUMAN if line.heard is None else decided)


def _reshaped(line: Line, event: Event) -> Line:
    return _signed_off(replace(line, status=Status.PENDING, is_reshaped=True), event)


def _signed_off(line: Line, event: Event) -> Line:
    """The line with the edit in its history."""
    note = event.body.get("note")
    edit = Edit(event.body["verb"], event.body["by"], event.recorded_at, note)
    return replace(line, edits=(*line.edits, edit), note=note or line.note)


def _named(chosen: Body) -> None:
    if not str(chosen["facts"].get("work_title") or chosen["title"]).strip():
        raise UsageError("a song needs a title", "type one, or reject the line")


def _refuse_medley(line: Line) -> None:
    if line.kind is ItemKind.MEDLEY or line.part_of:
        raise UsageError("it belongs to a medley", "undo the medley first")


def _refuse_medley_kind(line: Line, changes: Body) -> None:
    if "kind" in changes:
        _refuse_medley(line)


def _value(name: str, value: Any) -> Any:
    if name == "times_performed":
        if not isinstance(value, int) or value < 1:
            raise UsageError(f"a song cannot be performed {value} times", "give a number from 1 on")
        return value
    return _ENUMS.get(name, str)(_choice(name, value))


def _choice(name: str, value: str) -> str:
    if name not in _CHOICES:
        raise UsageError(f"a line has no {name!r} to set", f"known are {', '.join([*_CHOICES, 'times_performed'])}")
    if value not in _CHOICES[name]:
        raise UsageError(f"{value!r} is no {name}", f"known are {', '.join(_CHOICES[name])}")
    return value
