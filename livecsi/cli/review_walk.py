"""The list of a night on a terminal, one key at a time: all sure lines at once, then line by line, then the signature.

Every key that decides is an edit of its own, so `z` takes back exactly the last one, and whoever stops loses nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import click

from livecsi.cli.review_desk import describe_line, seconds_of
from livecsi.cli.terminal import percent
from livecsi.errors import LivecsiError, UsageError

if TYPE_CHECKING:
    from livecsi.ledger.lines import Line
    from livecsi.service.review import Desk

USAGE_KEYS = {
    "l": "live", "b": "live_with_backing", "p": "playback_tape", "d": "dj_featured", "g": "background",
    "k": "karaoke", "s": "speech",
}  # fmt: skip
ROLE_KEYS = {"p": "performer", "v": "venue"}
FOUND_SHOWN = 9
HELP = (
    "A accept all sure lines   y accept   1-5 that alternative   / search   t type a title   r reject   u usage\n"
    "e encore   s split   m merge with the next   a add a song after it   k skip   g go to a line\n"
    "z undo   S sign   q quit"
)


class Hands(Protocol):
    """Where keys come from and words go."""

    def key(self, question: str) -> str: ...

    def text(self, question: str) -> str: ...

    def say(self, words: str) -> None: ...


class Terminal:
    """The person at the terminal."""

    def key(self, question: str) -> str:
        click.echo(f"{question} ", err=True, nl=False)
        pressed = click.getchar()
        click.echo(pressed, err=True)
        return pressed

    def text(self, question: str) -> str:
        answer: str = click.prompt(question, default="", show_default=False, err=True)
        return answer

    def say(self, words: str) -> None:
        click.echo(words, err=True)


def walk(desk: "Desk", hands: Hands) -> None:
    """Show one pending line after the other, or the one that was asked for, and do what the person says, until `q`."""
    Walk(desk, hands).run()


class Walk:
    """Where the person is: at the line gone to with `g`, else at the first that is pending and not put off with `k`."""

    def __init__(self, desk: "Desk", hands: Hands) -> None:
        self._desk, self._hands = desk, hands
        self._skipped: set[str] = set()
        self._gone_to: str | None = None

    def run(self) -> None:
        self._hands.say(HELP)
        while True:
            line = self._current()
            self._show(line)
            pressed = self._hands.key("?")
            if pressed in ("q", "\x04"):
                return
            try:
                self._do(pressed, line)
            except LivecsiError as error:
                self._hands.say(f"  {error}")

    def _current(self) -> "Line | None":
        review = self._desk.review()
        asked_for = (line for line in review.lines if line.item_id == self._gone_to)
        return next(asked_for, next((line for line in review.pending if line.item_id not in self._skipped), None))

    def _show(self, line: "Line | None") -> None:
        review = self._desk.review()
        if line is None:
            skipped = f"{len(review.pending)} skipped" if review.pending else "every line is decided"
            self._hands.say(
                f"\n{review.state}, revision {review.revision}: {skipped}; g goes to a line, S signs, z undoes, q quits"
            )
            return
        sure = sum(other.is_sure for other in review.lines)
        hint = f"; A accepts {sure} sure ones" if sure else ""
        self._hands.say(f"\n{len(review.pending)} pending{hint}")
        self._hands.say(describe_line(self._desk, review.lines.index(line) + 1, line))
        for number, other in enumerate(line.alternatives[:5], start=1):
            self._hands.say(f"       {number} {_alternative(other)}")

    def _do(self, pressed: str, line: "Line | None") -> None:
        everywhere: dict[str, Callable[[], Any]] = {
            "A": self._accept_sure, "g": self._go, "z": self._undo, "S": self._sign,
        }  # fmt: skip
        if pressed in everywhere:
            everywhere[pressed]()
            return
        if line is None:
            raise UsageError("no line is left to decide", "g, S, z or q")
        here: dict[str, Callable[[Line], Any]] = {
            "y": self._accept, "r": self._reject, "/": self._search, "t": self._title, "u": self._usage,
            "e": self._encore, "s": self._split, "m": self._merge, "a": self._add, "k": self._skip,
        }  # fmt: skip
        if pressed.isdecimal() and 0 < int(pressed) <= len(line.alternatives[:5]):
            self._correct(line, dict(line.alternatives[int(pressed) - 1]))
        elif pressed in here:
            here[pressed](line)
        else:
            raise UsageError(f"{pressed!r} does nothing here", "see the keys above")

    def _accept_sure(self) -> None:
        sure = [line.item_id for line in self._desk.review().lines if line.is_sure]
        if not sure:
            raise UsageError("no line is sure enough to be accepted unseen", "y accepts this one")
        self._desk.edit("accept", item_ids=sure)

    def _go(self) -> None:
        """To any line, decided or not, until it is decided anew or left with `k`."""
        for number, line in enumerate(self._desk.review().lines, start=1):
            self._hands.say(describe_line(self._desk, number, line))
        self._gone_to = self._desk.line(self._hands.text("line")).item_id

    def _undo(self) -> None:
        self._skipped.clear()
        self._desk.undo()

    def _sign(self) -> None:
        role = ROLE_KEYS.get(self._hands.key("as p performer, v venue"))
        if role is None:
            raise UsageError("nothing was signed")
        self._desk.sign(role, self._hands.text("name"))  # type: ignore[arg-type]  # the table holds the two roles

    def _accept(self, line: "Line") -> None:
        self._desk.edit("accept", item_ids=[line.item_id])
        self._gone_to = None

    def _reject(self, line: "Line") -> None:
        self._desk.edit("reject", item_ids=[line.item_id])
        self._gone_to = None

    def _correct(self, line: "Line", chosen: dict[str, Any]) -> None:
        """Whoever names music of unclear usage from here says that it was live; `u` says otherwise before."""
        usage = "live" if line.usage == "unclear" else None
        self._desk.edit("correct", item_ids=[line.item_id], chosen=chosen, usage=usage)
        self._gone_to = None

    def _search(self, line: "Line") -> None:
        from livecsi.service.review import chosen_work, search_works
        from livecsi.settings import load_settings

        settings = load_settings()
        found = search_works(settings, self._hands.text("search"))[:FOUND_SHOWN]
        for number, work in enumerate(found, start=1):
            people = ", ".join(writer.name for writer in work.writers)
            self._hands.say(f"       {number} {work.title}{f'  ({people})' if people else ''}")
        pressed = self._hands.key("which") if found else ""
        if not (pressed.isdecimal() and 0 < int(pressed) <= len(found)):
            raise UsageError("nothing was chosen")
        self._correct(line, chosen_work(settings, found[int(pressed) - 1].work_id))

    def _title(self, line: "Line") -> None:
        self._correct(line, self._typed())

    def _usage(self, line: "Line") -> None:
        offered = "  ".join(f"{key} {usage}" for key, usage in USAGE_KEYS.items())
        usage = USAGE_KEYS.get(self._hands.key(offered))
        if usage is None:
            raise UsageError("the usage stays as it was")
        self._desk.edit("change", item_ids=[line.item_id], changes={"usage": usage})

    def _encore(self, line: "Line") -> None:
        section = "main" if line.section == "encore" else "encore"
        self._desk.edit("change", item_ids=[line.item_id], changes={"section": section})

    def _split(self, line: "Line") -> None:
        from livecsi.clock import format_utc

        at = line.start_utc + timedelta(seconds=seconds_of(self._hands.text("how far into it (2:05)")))
        self._desk.edit("split", item_id=line.item_id, at_utc=format_utc(at))

    def _merge(self, line: "Line") -> None:
        lines = self._desk.review().lines
        following = lines[lines.index(line) + 1 :]
        if not following:
            raise UsageError("this is the last line")
        self._desk.edit("merge", item_ids=[line.item_id, following[0].item_id])

    def _add(self, line: "Line") -> None:
        chosen = self._typed()
        length = seconds_of(self._hands.text("how long it was (3:30)"))
        self._desk.add(chosen, line.end_utc, length, usage="live", section=line.section)

    def _skip(self, line: "Line") -> None:
        """Away from a line that was gone to; one of the pending is put off."""
        if self._gone_to is None:
            self._skipped.add(line.item_id)
        self._gone_to = None

    def _typed(self) -> dict[str, Any]:
        from livecsi.catalogue.songs_csv import parse_writers
        from livecsi.service.review import typed_work

        title, writers = self._hands.text("title"), self._hands.text("writers: Name (role, IPI); Name")
        try:
            return typed_work(title, parse_writers(writers))
        except ValueError as error:
            raise UsageError(str(error)) from error


def _alternative(candidate: Any) -> str:
    facts = candidate["facts"]
    artist = facts.get("artist") or candidate["artist"]
    by = f" \N{EN DASH} {artist}" if artist else ""
    return f"{facts.get('work_title') or candidate['title']}{by}  {percent(candidate['probability'])}"
