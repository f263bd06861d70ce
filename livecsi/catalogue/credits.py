"""Who wrote a work, gathered from sources that name a person once for every role."""

from collections.abc import Iterable

from livecsi.catalogue.identifiers import folded
from livecsi.catalogue.store import Writer

BOTH = "composer-lyricist"


def gathered(people: Iterable[Writer]) -> tuple[Writer, ...]:
    """Everybody once, in the order of naming: composer and lyricist become one role, any role beats plain `writer`.

    An arranger who also composed keeps both lines, for a society pays them apart.
    """
    found: dict[tuple[str, bool], Writer] = {}
    for person in people:
        key = (folded(person.name), person.role in ("arranger", "adaptor", "translator"))
        known = found.get(key)
        found[key] = _joined(known, person) if known else person
    return tuple(found.values())


def _joined(one: Writer, other: Writer) -> Writer:
    roles = {one.role, other.role}
    role = BOTH if {"composer", "lyricist"} <= roles or BOTH in roles else min(sorted(roles), key=_vague)
    return Writer(one.name, role, one.ipi or other.ipi)


def _vague(role: str) -> bool:
    return role == "writer"
