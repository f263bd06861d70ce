"""`livecsi nights plan`, `import`, `cancel` and `diff`: what is announced, and what came of it."""

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from livecsi.ledger.ledger import Ledger
    from livecsi.ledger.lines import Line
    from livecsi.ledger.night import ReportKey
    from livecsi.ledger.plans import Plan, PlannedSong
    from livecsi.service.announcements import Announcement
    from livecsi.service.plans import Diff
    from livecsi.settings import Settings

DAY = click.DateTime(["%Y-%m-%d"])
FILE = click.Path(path_type=Path, dir_okay=False)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
BY = click.option("--by", help="Who plans; default: the name of the user.")


@click.command()
@click.option("--night", type=DAY, help="The venue's date, 2024-05-01.")
@click.option("--act", help="Who is to play.")
@click.option("--songs", type=FILE, help="A line per song: title, `Title - Writer`, ISWC or work key.")
@click.option("--start", help="When the act is to begin, ISO 8601; without an offset in the venue's time.")
@click.option("--stage", help="Which stage, when it is not the one of the settings.")
@click.option("--show", is_flag=True, help="Write nothing down; list what is planned.")
@BY
@JSON
def plan(
    night: datetime | None, act: str | None, songs: Path | None, start: str | None, stage: str | None, show: bool,
    by: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Announce an act, and look up its songs; without --songs, what it was accepted to have played before."""
    from livecsi.errors import UsageError
    from livecsi.settings import load_settings

    settings = load_settings()
    day = night.date() if night else None
    if not show:
        if day is None or act is None:
            raise UsageError("a plan needs a night and an act", "give --night and --act, or --show")
        _write(settings, [_announcement(settings, day, act, songs, start, stage)], by)
    _print_plans(_planned(settings, day, act, stage), as_json)


@click.command("import")
@click.argument("calendar", type=FILE)
@BY
@JSON
def import_(calendar: Path, by: str | None, as_json: bool) -> None:
    """Announce every act of a calendar (.ics) or of a table: night,act[,stage,start,songs]. Run it again to update."""
    from livecsi.errors import FindingsError
    from livecsi.service.announcements import read_announcements
    from livecsi.settings import load_settings

    settings = load_settings()
    found = read_announcements(calendar, settings.venue)
    _print_plans(_write(settings, found.acts, by), as_json)
    for line in found.refused:
        click.echo(line, err=True)
    if found.refused:
        many = "1 event was" if len(found.refused) == 1 else f"{len(found.refused)} events were"
        raise FindingsError(f"{many} not announced", "mend the calendar and import it again")


@click.command()
@click.option("--night", required=True, type=DAY, help="The venue's date, 2024-05-01.")
@click.option("--act", required=True, help="Who will not play.")
@click.option("--stage", help="Only on this stage.")
@BY
def cancel(night: datetime, act: str, stage: str | None, by: str | None) -> None:
    """Withdraw what was planned for an act; what was planned and what was heard stay in the ledger."""
    import getpass

    from livecsi.service.plans import cancel
    from livecsi.settings import load_settings

    with _ledger(load_settings(), create=False) as ledger:
        withdrawn = cancel(ledger, night.date(), act, stage, by or getpass.getuser())
    for key in withdrawn:
        click.echo(_withdrawn(key))


@click.command()
@click.option("--night", required=True, type=DAY, help="The venue's date, 2024-05-01.")
@click.option("--act", help="Only this act.")
@JSON
def diff(night: datetime, act: str | None, as_json: bool) -> None:
    """Hold the plans of a night against what was heard and reviewed."""
    from livecsi.service.plans import diffs
    from livecsi.settings import load_settings

    with _ledger(load_settings(), create=False) as ledger:
        found = diffs(ledger, night.date(), act)
    if as_json:
        click.echo(json.dumps([_diff_as_json(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        click.echo("\n".join(_diff_lines(one)))


def _announcement(
    settings: "Settings", night: date, act: str, songs: Path | None, start: str | None, stage: str | None
) -> "Announcement":
    from livecsi.catalogue.song_list import read_song_list
    from livecsi.errors import UsageError
    from livecsi.service.announcements import Announcement, parse_start

    try:
        begins = parse_start(start, settings.venue) if start else None
    except ValueError as error:
        raise UsageError(f"--start {start!r} is no ISO 8601 time", "write 2024-05-01T20:30:00+03:00") from error
    lines = tuple(read_song_list(songs)) if songs else ()
    return Announcement(night, act.strip(), stage or settings.venue.stage, begins, lines)


def _write(settings: "Settings", announced: "Sequence[Announcement]", by: str | None) -> "list[Plan]":
    import getpass

    from livecsi.service.plans import announce

    with _ledger(settings, create=True) as ledger:
        news = announce(settings, ledger, announced, by or getpass.getuser())
    known = sum(not one.is_cancelled for one in announced) - len(news.planned)
    click.echo(f"{len(news.planned)} planned, {known} planned like this before", err=True)
    for key in news.withdrawn:
        click.echo(_withdrawn(key), err=True)
    return news.planned


def _withdrawn(key: "ReportKey") -> str:
    return f"withdrawn: {key.night}  {key.act}, stage {key.stage}"


def _planned(settings: "Settings", night: date | None, act: str | None, stage: str | None) -> "list[Plan]":
    from livecsi.ledger.plans import plans

    with _ledger(settings, create=False) as ledger:
        found = plans(ledger, night)
    return [plan for key, plan in found.items() if act in (None, key.act) and stage in (None, key.stage)]


def _ledger(settings: "Settings", create: bool) -> "Ledger":
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger

    return Ledger.open(settings.ledger_path, SystemClock(), create=create)


def _print_plans(found: "Sequence[Plan]", as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_plan_as_json(one) for one in found], indent=2, ensure_ascii=False))
        return
    for one in found:
        click.echo("\n".join(_plan_lines(one)))


def _plan_as_json(one: "Plan") -> dict[str, Any]:
    from livecsi.clock import format_utc

    return {
        "night": one.key.night.isoformat(), "act": one.key.act, "stage": one.key.stage,
        "start_utc": format_utc(one.start) if one.start else None, "source": one.source, "by": one.by,
        "songs": [_song_as_json(song) for song in one.songs],
    }  # fmt: skip


def _song_as_json(song: "PlannedSong") -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(song), "verdict": song.verdict.value}


def _plan_lines(one: "Plan") -> Iterator[str]:
    start = f" {one.start:%H:%M} UTC" if one.start else ""
    source = ", from its reviewed nights" if one.source == "repertoire" else ""
    yield f"{one.key.night}{start}  {one.key.act}, stage {one.key.stage}: {len(one.songs)} songs planned{source}"
    for number, song in enumerate(one.songs, start=1):
        yield f"{number:>3}  {_describe(song)}"


def _describe(song: "PlannedSong") -> str:
    """A title when the catalogue knows one song, else the line as it was written with what is wrong with it."""
    if len(song.works) == 1:
        return song.works[0].title
    could_be = "; ".join(f"{work.title} [{work.work_key}]" for work in song.works)
    return f"{song.text}  (ambiguous: {could_be})" if could_be else f"{song.text}  (not in the catalogue)"


def _diff_as_json(one: "Diff") -> dict[str, Any]:
    return {
        "night": one.key.night.isoformat(), "act": one.key.act, "stage": one.key.stage,
        "planned_and_heard": [{**_song_as_json(song), **_line_as_json(line)} for song, line in one.planned_and_heard],
        "planned_not_heard": [_song_as_json(song) for song in one.planned_not_heard],
        "heard_not_planned": [_line_as_json(line) for line in one.heard_not_planned],
        "unnamed": one.unnamed,
    }  # fmt: skip


def _line_as_json(line: "Line") -> dict[str, Any]:
    from livecsi.clock import format_utc

    start = format_utc(line.start_utc)
    return {"item_id": line.item_id, "title": line.title, "start_utc": start, "decision": line.status.value}


def _diff_lines(one: "Diff") -> Iterator[str]:
    yield f"{one.key.night}  {one.key.act}, stage {one.key.stage}"
    parts = {
        "planned and heard": [line.title for _, line in one.planned_and_heard],
        "planned, not heard": [_describe(song) for song in one.planned_not_heard],
        "heard, not planned": [line.title for line in one.heard_not_planned],
    }
    for heading, titles in parts.items():
        yield from (f"{heading}: {len(titles)}", *(f"     {title}" for title in titles))
    yield f"music without a name, still pending: {one.unnamed}"
