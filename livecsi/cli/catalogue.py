"""`livecsi catalogue`: the database of studio songs."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livecsi.cli.model_option import MODEL, settings_with
from livecsi.cli.works import works

if TYPE_CHECKING:
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.catalogue.store import Recording

AUDIO = click.Path(path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
FORCE = click.option("--force", is_flag=True, help="Let the model listen again to files it knows.")


@click.group()
def command() -> None:
    """The database of studio songs: add, import, list, rank, check."""


command.add_command(works)


@command.command()
@click.argument("audio", nargs=-1, required=True, type=AUDIO)
@click.option("--title", default="", help="Title; without it, the file's own tags.")
@click.option("--artist", default="", help="Artist of the recording; never taken for a writer.")
@click.option("--work-id", "work_key", default="", help="Your own name for the work; one name, one work.")
@click.option("--iswc", default="", help="Number of the work, T-034.524.680-1.")
@click.option("--isrc", default="", help="Number of the recording.")
@click.option("--writers", default="", help='"Name (role, IPI); Name".')
@FORCE
@MODEL
@JSON
def add(
    audio: tuple[Path, ...], writers: str, force: bool, model_name: str | None, as_json: bool, **details: str
) -> None:
    """Add audio files, all with the same details."""
    from livecsi.catalogue.songs_csv import SongEntry
    from livecsi.cli.ingesting import ingest_files
    from livecsi.errors import UsageError
    from livecsi.service import catalogue as service

    if len(audio) > 1 and (details["title"] or details["isrc"]):
        raise UsageError("--title and --isrc are for one file", "use `livecsi catalogue import songs.csv` for many")
    try:
        template = SongEntry(audio[0], writers=_writers(writers) or (), **_checked(details))
    except ValueError as error:
        raise UsageError(str(error)) from error
    ingest_files(service, settings_with(model_name), [replace(template, path=path) for path in audio], force, as_json)


@command.command("import")
@click.argument("songs_csv", type=AUDIO)
@FORCE
@MODEL
@JSON
def import_(songs_csv: Path, force: bool, model_name: str | None, as_json: bool) -> None:
    """Add the files of a table: path,title,artist[,work_id,iswc,isrc,writers]. Run it again to go on."""
    from livecsi.catalogue.songs_csv import read_songs_csv
    from livecsi.cli.ingesting import ingest_files
    from livecsi.service import catalogue as service

    ingest_files(service, settings_with(model_name), read_songs_csv(songs_csv), force, as_json)


@command.command("list")
@JSON
def list_(as_json: bool) -> None:
    """List all recordings."""
    with _open() as catalogue:
        rows = [_facts(catalogue, recording) for recording in catalogue.recordings()]
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        by = f" \N{EN DASH} {row['artist']}" if row["artist"] else ""
        click.echo(f"{row['recording_id']:>6}  {row['title']}{by}")


@command.command()
@click.argument("recording_id", type=int)
@JSON
def show(recording_id: int, as_json: bool) -> None:
    """Show one recording with its work."""
    with _open() as catalogue:
        facts = _facts(catalogue, catalogue.recording(recording_id))
    if as_json:
        _print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):>20}  {_plain(value)}")


@command.command()
@click.argument("recording_id", type=int)
@click.option("--title", help="Title of the recording, and of the work when both were the same.")
@click.option("--artist", help="Artist of the recording.")
@click.option("--isrc", help="Number of the recording; empty takes it away.")
@click.option("--work-id", "work_key", help="Put it under the work of that name.")
@click.option("--work-title", help="Title of the work.")
@click.option("--iswc", help="Number of the work; empty takes it away.")
@click.option("--writers", help='"Name (role, IPI); Name"; empty takes them away.')
@click.option("--public-domain/--protected", default=None, help="Whether the work is in the public domain.")
@JSON
def edit(recording_id: int, writers: str | None, as_json: bool, **changes: Any) -> None:
    """Change what is known about a recording and its work."""
    from livecsi.errors import UsageError

    try:
        people = _writers(writers)
    except ValueError as error:
        raise UsageError(str(error)) from error
    if people is None and all(value is None for value in changes.values()):
        raise UsageError("there is nothing to change", "give at least one option")
    with _open() as catalogue:
        facts = _facts(catalogue, catalogue.edit(recording_id, writers=people, **changes))
    if as_json:
        _print_json(facts)
    click.echo(f"changed recording {recording_id}: {facts['title']}", err=True)


@command.command()
@click.argument("recording_ids", nargs=-1, required=True, type=int)
def remove(recording_ids: tuple[int, ...]) -> None:
    """Remove recordings; a work without recordings goes too."""
    from livecsi.service import catalogue as service
    from livecsi.settings import load_settings

    with _open() as catalogue, catalogue.transaction():
        for recording_id in recording_ids:
            gone = catalogue.remove(recording_id)
            click.echo(f"removed recording {recording_id}: {gone.title}", err=True)
        left = len(catalogue.recordings())
    if left:
        service.refresh_cohort(load_settings())


@command.command()
@JSON
def verify(as_json: bool) -> None:
    """Check the file, the sequences and the identifiers; exit 1 when something is wrong."""
    from livecsi.errors import FindingsError

    with _open() as catalogue:
        findings, songs = catalogue.verify(), len(catalogue.recordings())
    if as_json:
        _print_json({"recordings": songs, "findings": findings})
    for finding in findings:
        click.echo(finding, err=True)
    if findings:
        raise FindingsError(f"the catalogue has {len(findings)} findings")
    click.echo(f"{songs} recordings, all in order", err=True)


@command.command()
@JSON
def stats(as_json: bool) -> None:
    """Count recordings, works and what a society would still ask for."""
    with _open() as catalogue:
        facts = {**asdict(catalogue.stats()), "fingerprint": catalogue.fingerprint()}
    if as_json:
        _print_json(facts)
        return
    for name, value in facts.items():
        click.echo(f"{name.replace('_', ' '):>22}  {_plain(value)}")


@command.command()
@click.argument("audio", type=AUDIO)
@click.option("--top", default=10, show_default=True, type=click.IntRange(min=1), help="How many to print.")
@MODEL
@JSON
def rank(audio: Path, top: int, model_name: str | None, as_json: bool) -> None:
    """Rank all studio songs against a recording."""
    from livecsi.service import catalogue as service

    _open().close()
    candidates = service.rank(settings_with(model_name), audio, top)
    if as_json:
        _print_json([{"rank": place, **asdict(found)} for place, found in enumerate(candidates, start=1)])
        return
    for place, found in enumerate(candidates, start=1):
        by = f" \N{EN DASH} {found.artist}" if found.artist else ""
        click.echo(f"{place:>3}  {found.probability:6.1%}  {found.score:8.3f}  {found.title}{by}")


@command.command()
@click.argument("audio_a", type=AUDIO)
@click.argument("audio_b", type=AUDIO)
@MODEL
@JSON
def check(audio_a: Path, audio_b: Path, model_name: str | None, as_json: bool) -> None:
    """Say whether two recordings are the same song, with the score and the threshold."""
    from livecsi.service import catalogue as service

    result = service.check(settings_with(model_name), audio_a, audio_b)
    if as_json:
        _print_json(asdict(result))
        return
    verdict = "the same song" if result.same else "not the same song"
    click.echo(
        f"{verdict}: probability {result.probability:.1%} (threshold {result.threshold:.1%}), score {result.score:.3f}"
    )


def _open() -> "Catalogue":
    """The catalogue that is there; reading never makes a fresh one."""
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.clock import SystemClock
    from livecsi.settings import load_settings

    return Catalogue.open(load_settings().catalogue_path, SystemClock(), create=False)


def _writers(text: str | None) -> Any:
    from livecsi.catalogue.songs_csv import parse_writers

    return None if text is None else parse_writers(text)


def _checked(details: dict[str, str]) -> dict[str, Any]:
    """The details with identifiers in their normal form; raises ValueError on a mistyped one."""
    from livecsi.catalogue.identifiers import normal_isrc, normal_iswc

    iswc, isrc = details["iswc"], details["isrc"]
    return {**details, "iswc": normal_iswc(iswc) if iswc else "", "isrc": normal_isrc(isrc) if isrc else ""}


def _facts(catalogue: "Catalogue", recording: "Recording") -> dict[str, Any]:
    """Everything about a recording and its work, in plain values."""
    from livecsi.clock import format_utc

    work = catalogue.work(recording.work_id)
    return {
        **asdict(recording),
        "added_at": format_utc(recording.added_at),
        "work_key": work.work_key,
        "work_title": work.title,
        "iswc": work.iswc,
        "writers": [asdict(writer) for writer in work.writers],
        "writers_source": work.writers_source,
        "public_domain": work.public_domain,
        "work_musicbrainz_id": work.musicbrainz_id,
        "publishers": list(work.publishers),
        "society_ids": dict(work.society_ids),
        "isnis": dict(work.isnis),
    }


def _plain(value: Any) -> str:
    if isinstance(value, list):
        named = (f"{one['name']} ({one['role']})" if isinstance(one, dict) else str(one) for one in value)
        return "; ".join(named) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {count}" for name, count in value.items()) or "-"
    return "-" if value is None else f"{value:.1f}" if isinstance(value, float) else str(value)


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
