"""Who wrote a work, gathered from sources that name a person once for every role."""

from collections.abc import Iterable
from dataclasses import replace

from livecsi.catalogue.identifiers import folded
from livecsi.catalogue.store import Work, Writer

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


def with_known_ipis(said: Iterable[Writer], work: Work) -> tuple[Writer, ...]:
    """Whoever a person names again without a number keeps the one that a person entered; a proposed one is not kept."""
    entered = work.writers if work.writers_source == "entered" else ()
    known = {folded(writer.name): writer.ipi for writer in entered if writer.ipi}
    return tuple(replace(writer, ipi=writer.ipi or known.get(folded(writer.name))) for writer in said)


def known_isnis(said: Iterable[Writer], work: Work) -> dict[str, str]:
    """The ISNI of everybody who wrote the work before, under the name that is given now."""
    known = {folded(name): isni for name, isni in work.isnis.items()}
    return {writer.name: known[folded(writer.name)] for writer in said if folded(writer.name) in known}


def _joined(one: Writer, other: Writer) -> Writer:
    roles = {one.role, other.role}
    role = BOTH if {"composer", "lyricist"} <= roles or BOTH in roles else min(sorted(roles), key=_vague)
    return Writer(one.name, role, one.ipi or other.ipi)


def _vague(role: str) -> bool:
    return role == "writer"
