"""The verbs of `livecsi review` as commands, one each, so that scripts can do all that a person can."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

import click

from livecsi.cli.review_desk import at_desk, seconds_of

if TYPE_CHECKING:
    from livecsi.ledger.review import Review
    from livecsi.service.review import Desk

LINES = click.argument("lines", nargs=-1, required=True)
NOTE = click.option("--note", help="Why, in your own words.")
WORK = click.option("--work", type=int, help="A work of the catalogue by its number, see `livecsi review works`.")
TITLE = click.option("--title", help="A title that is in no catalogue.")
WRITERS = click.option("--writers", default="", help='With --title: "Name (role, IPI); Name".')
USAGES = "live, live_with_backing, playback_tape, dj_featured, background, karaoke or speech"


@click.command()
@at_desk
@click.argument("lines", nargs=-1)
@click.option("--high", is_flag=True, help="All that is live, pending, and named with high confidence.")
@NOTE
def accept(desk: "Desk", lines: tuple[str, ...], high: bool, note: str | None) -> None:
    """Say that lines are right as they are; one without a name was played and not identified."""
    ids = [line.item_id for line in desk.review().lines if line.is_sure] if high else _ids(desk, lines)
    if high and not ids:
        click.echo("no line is sure enough to be accepted unseen", err=True)
        return
    _say(desk.edit("accept", item_ids=ids, note=note))


@click.command()
@at_desk
@click.argument("line")
@click.option("--alternative", type=click.IntRange(1), help="One of the machine's alternatives, from 1 on.")
@WORK
@TITLE
@WRITERS
@click.option("--usage", help=f"How it was played, when that is unclear: {USAGES}.")
@NOTE
def correct(
    desk: "Desk", line: str, alternative: int | None, usage: str | None, note: str | None, **naming: Any
) -> None:
    """Give a line another name: an alternative, a work of the catalogue, or a title."""
    from livecsi.errors import UsageError

    found = desk.line(line)
    if alternative is None:
        chosen = _chosen(**naming)
    elif alternative <= len(found.alternatives):
        chosen = dict(found.alternatives[alternative - 1])
    else:
        raise UsageError(f"line {line} has {len(found.alternatives)} alternatives")
    _say(desk.edit("correct", item_ids=[found.item_id], chosen=chosen, usage=usage, note=note))


@click.command()
@at_desk
@LINES
@NOTE
def reject(desk: "Desk", lines: tuple[str, ...], note: str | None) -> None:
    """Say that lines are nothing to file; they stay in the list with their times."""
    _say(desk.edit("reject", item_ids=_ids(desk, lines), note=note))


@click.command()
@at_desk
@WORK
@TITLE
@WRITERS
@click.option("--at", "begins", help="When it began, by the clock of the venue: 21:15:30.")
@click.option("--after", help="Right after this line.")
@click.option("--length", help="How long it was, 3:30; default: that of the studio recording.")
@click.option("--usage", default="live", show_default=True, help=f"How it was played: {USAGES}.")
@click.option("--section", default="main", show_default=True, help="main, encore, intro or outro.")
@NOTE
def add(
    desk: "Desk", begins: str | None, after: str | None, length: str | None, usage: str, section: str,
    note: str | None, **naming: Any
) -> None:  # fmt: skip
    """Add a song that was played and not heard."""
    start = _start(desk, begins, after)
    seconds = seconds_of(length) if length else None
    _say(desk.add(_chosen(**naming), start, seconds, usage=usage, section=section, note=note))


@click.command()
@at_desk
@click.argument("line")
@click.argument("at")
@NOTE
def split(desk: "Desk", line: str, at: str, note: str | None) -> None:
    """Split a line in two, AT minutes and seconds into it (2:05); both halves are reviewed anew."""
    from livecsi.clock import format_utc

    found = desk.line(line)
    moment = format_utc(found.start_utc + timedelta(seconds=seconds_of(at)))
    _say(desk.edit("split", item_id=found.item_id, at_utc=moment, note=note))


@click.command()
@at_desk
@LINES
@NOTE
def merge(desk: "Desk", lines: tuple[str, ...], note: str | None) -> None:
    """Make neighbours one line, which is reviewed anew."""
    _say(desk.edit("merge", item_ids=_ids(desk, lines), note=note))


@click.command()
@at_desk
@LINES
@NOTE
def medley(desk: "Desk", lines: tuple[str, ...], note: str | None) -> None:
    """Make lines the parts of a medley; the medley gets a line of its own, and each part is filed for itself."""
    _say(desk.edit("medley", item_ids=_ids(desk, lines), note=note))


@click.command("set")
@at_desk
@LINES
@click.option("--usage", help=f"How it was played: {USAGES}.")
@click.option("--section", help="main, encore, intro or outro.")
@click.option("--kind", help="song, snippet or improvisation.")
@click.option("--origin", help="own, cover or traditional.")
@click.option("--times", "times_performed", type=int, help="How many times it was performed.")
@NOTE
def set_(desk: "Desk", lines: tuple[str, ...], note: str | None, **changes: Any) -> None:
    """Say more about lines: how they were played, encore, snippet, whose song, how often; or only a note."""
    from livecsi.errors import UsageError

    given = {name: value for name, value in changes.items() if value is not None}
    if not given and not note:
        raise UsageError("there is nothing to set", "give at least one option")
    ids = _ids(desk, lines)
    _say(desk.edit("change", item_ids=ids, changes=given, note=note) if given else
         desk.edit("note", item_ids=ids, note=note))  # fmt: skip


@click.command()
@at_desk
@click.option("--name", help="Name of the event.")
@click.option("--type", help="Kind of event: concert, festival, ...")
@click.option("--access", help="Who could come in: public, private, ...")
@click.option("--ticket-price", help="12.50 EUR")
@click.option("--receipts", help="Gross receipts, 1860.00 EUR")
@click.option("--attendance", type=int, help="How many people came.")
@click.option("--promoter", help="Who put the event on.")
@click.option("--billing", help="headline, support, co-headline or other.")
@click.option("--order", type=int, help="Which act of the night it was, from 1 on.")
@click.option("--leader", help="Leader of the act.")
@click.option("--musicbrainz-id", help="The act in MusicBrainz.")
@click.option("--act-name", help="Who played, as it has to stand on the form.")
@click.option("--venue-name", help="Where it was, when that was not where the settings say.")
@click.option("--venue-street", help='Street and number; "" leaves it blank, as with the other texts.')
@click.option("--venue-postcode", help="Postal code.")
@click.option("--venue-city", help="City.")
@click.option("--venue-country", help="Two letters of ISO 3166, FI.")
@click.option("--venue-capacity", type=click.IntRange(1), help="How many people fit in.")
@click.option("--venue-licence", "licences", multiple=True, help="Number of the venue at a society: SUISA=12345.")
def describe(
    desk: "Desk", ticket_price: str | None, receipts: str | None, venue_country: str | None, licences: tuple[str, ...],
    musicbrainz_id: str | None, **given: Any
) -> None:  # fmt: skip
    """Say what only a person knows about the event, the place and the act, or say it right."""
    from livecsi.errors import UsageError
    from livecsi.ledger.review import DETAILS

    given |= {"ticket_price": _money(ticket_price), "receipts": _money(receipts)}
    given |= {"venue_country": _country(venue_country), "venue_licences": _licences(licences)}
    given |= {"musicbrainz_id": _musicbrainz_id(musicbrainz_id)}
    told = {name: value for name, value in given.items() if value is not None}
    if not told:
        raise UsageError("there is nothing to say", "give at least one option")
    details = {
        block: {name: told[option] for name in names if (option := _option(block, name)) in told}
        for block, names in DETAILS.items()
    }
    _say(desk.edit("describe", details=details))


@click.command()
@at_desk
def undo(desk: "Desk") -> None:
    """Take back the last edit that still counts."""
    _say(desk.undo())


@click.command()
@at_desk
@click.option("--role", required=True, type=click.Choice(["performer", "venue"]), help="As who.")
@click.option("--name", required=True, help="Whose name stands under the list.")
def sign(desk: "Desk", role: Literal["performer", "venue"], name: str) -> None:
    """Sign the list as it now is; every line must be decided, and any later edit voids the signature."""
    _say(desk.sign(role, name))


@click.command("file")
@at_desk
@click.option("--society", required=True, help="With whom.")
@click.option("--profile", help="Which copy sheet was used: koda, jasrac, gema, teosto and so on.")
@click.option("--filed-by", required=True, help="Who did it.")
@click.option("--on", "filed_on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="When.")
@click.option("--reference", help="The number the society gave.")
def file_(
    desk: "Desk", society: str, profile: str | None, filed_by: str, filed_on: datetime, reference: str | None
) -> None:
    """Write down that somebody filed this list; a later edit begins a new revision."""
    _say(desk.file(society, profile, filed_by, filed_on.date(), reference))


@click.command()
@at_desk
@click.option("--society", required=True, help="With whom it was not filed after all.")
@NOTE
def withdraw(desk: "Desk", society: str, note: str | None) -> None:
    """Take back a filing that was written down by mistake; both stay in the ledger."""
    _say(desk.withdraw(society, note))


@click.command()
@click.argument("words", nargs=-1, required=True)
def works(words: tuple[str, ...]) -> None:
    """Search the catalogue for works by title, writer or artist."""
    from livecsi.service.review import search_works
    from livecsi.settings import load_settings

    for work in search_works(load_settings(), " ".join(words)):
        people = ", ".join(writer.name for writer in work.writers)
        click.echo(f"{work.work_id:>6}  {work.title}{f'  ({people})' if people else ''}")


VERBS = (accept, correct, reject, add, split, merge, medley, set_, describe, undo, sign, file_, withdraw, works)


def _ids(desk: "Desk", lines: tuple[str, ...]) -> list[str]:
    return [desk.line(line).item_id for line in lines]


def _chosen(work: int | None, title: str | None, writers: str) -> dict[str, Any]:
    """What the options name; raises UsageError unless it is exactly one thing."""
    from livecsi.catalogue.songs_csv import parse_writers
    from livecsi.errors import UsageError
    from livecsi.service.review import chosen_work, typed_work
    from livecsi.settings import load_settings

    if (work is None) == (title is None):
        raise UsageError("which song was it?", "give --work NUMBER or --title TITLE")
    if work is not None:
        return chosen_work(load_settings(), work)
    try:
        return typed_work(title or "", parse_writers(writers))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _start(desk: "Desk", begins: str | None, after: str | None) -> datetime:
    from datetime import time

    from livecsi.errors import UsageError

    if (begins is None) == (after is None):
        raise UsageError("when was it played?", "give --at 21:15:30 or --after LINE")
    if after is not None:
        return desk.line(after).end_utc
    try:
        return desk.moment(time.fromisoformat(begins or ""))
    except ValueError as error:
        raise UsageError(f"{begins!r} is no time of day", "write 21:15 or 21:15:30") from error


def _option(block: str, name: str) -> str:
    """Under which option a detail is told; `--name` is that of the event."""
    return f"{block}_{name}" if block == "venue" or (block, name) == ("act", "name") else name


def _country(text: str | None) -> str | None:
    from livecsi.countries import country_code
    from livecsi.errors import UsageError

    try:
        return None if text is None else country_code(text)
    except ValueError as error:
        raise UsageError(f"--venue-country: {error}") from error


def _musicbrainz_id(text: str | None) -> str | None:
    from livecsi.catalogue.identifiers import normal_mbid
    from livecsi.errors import UsageError

    try:
        return normal_mbid(text) if text else text
    except ValueError as error:
        raise UsageError(f"--musicbrainz-id: {error}") from error


def _licences(texts: tuple[str, ...]) -> dict[str, str] | None:
    from livecsi.errors import UsageError

    numbers = {}
    for text in texts:
        society, _, number = (part.strip() for part in text.partition("="))
        if not society or not number:
            raise UsageError(f"{text!r} is no number at a society", "write SUISA=12345")
        numbers[society] = number
    return numbers or None


def _money(text: str | None) -> dict[str, str] | None:
    from livecsi.errors import UsageError

    if text is None:
        return None
    amount, _, currency = text.strip().partition(" ")
    if not currency:
        raise UsageError(f"{text!r} names no currency", "write 12.50 EUR")
    return {"amount": amount, "currency": currency.strip().upper()}


def _say(review: "Review") -> None:
    click.echo(f"{review.state}, revision {review.revision}, {len(review.pending)} pending", err=True)
