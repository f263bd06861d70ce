"""`livecsi replay`: a recorded concert through the same pipeline as the microphone."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from livecsi.cli.model_option import MODEL, settings_with

if TYPE_CHECKING:
    from livecsi.service.replay import Replay
    from livecsi.settings import Settings

ADDRESS = ("street", "postcode", "city", "country", "capacity")
"""What the settings say of the house itself."""


@click.command()
@click.argument("audio", type=click.Path(path_type=Path))
@click.option("--started-at", help="When the recording began, ISO 8601 with offset; default: from the file's date.")
@click.option("--act", default="", help="Who played.")
@click.option("--venue", help="Where, when it is not the venue of the settings; its address is left blank.")
@MODEL
@click.option("--json", "as_json", is_flag=True, help="Print the setlist report as JSON.")
def command(
    audio: Path, started_at: str | None, act: str, venue: str | None, model_name: str | None, as_json: bool
) -> None:
    """Run a recorded concert through the pipeline and write down what was played."""
    from livecsi.audio.recording import RecordingSource
    from livecsi.cli.terminal import seconds_bar
    from livecsi.service.replay import replay

    settings = _settings(venue, model_name)
    moment = _moment(started_at, settings)
    with RecordingSource(audio, settings.decoding) as source:
        duration_seconds = source.duration_seconds
    with seconds_bar(audio.name, duration_seconds) as progress:
        outcome = replay(settings, audio, moment, act, progress)
    _tell(outcome, started_at)
    click.echo(_document(settings, outcome, as_json), nl=False)


def _settings(venue: str | None, model_name: str | None) -> "Settings":
    """Those of the house; at another venue nothing of its address, which would be wrong on a form."""
    settings = settings_with(model_name)
    if venue is None or venue == settings.venue.name:
        return settings
    if any(getattr(settings.venue, name) for name in ADDRESS):
        click.echo(f"the address of {venue} is left blank; say it with `livecsi review describe`", err=True)
    blank = {name: type(settings.venue).model_fields[name].default for name in ADDRESS}
    elsewhere = settings.venue.model_copy(update={**blank, "name": venue})
    return settings.model_copy(update={"venue": elsewhere})


def _moment(text: str | None, settings: "Settings") -> datetime | None:
    from livecsi.errors import UsageError

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--started-at {text!r} is no ISO 8601 time", "write 2024-05-01T20:30:00+03:00") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=settings.venue.zone)


def _tell(outcome: "Replay", started_at: str | None) -> None:
    from livecsi.clock import format_utc

    if started_at is None:
        click.echo(
            f"taken to begin at {format_utc(outcome.start.started_at)}; say otherwise with --started-at", err=True
        )
    if outcome.hearing is None:
        click.echo(f"the ledger has this replay already as session {outcome.session_id}; nothing was added", err=True)
    if outcome.planned_others:
        click.echo(_not_planned(outcome), err=True)


def _not_planned(outcome: "Replay") -> str:
    """Plans are kept by act and stage; whoever spelled one of them otherwise was heard without a plan."""
    start = outcome.start
    announced = (
        f"--act {key.act!r}" + (f" with venue.stage {key.stage!r}" if key.stage != start.stage else "")
        for key in outcome.planned_others
    )
    whom = f"{start.act or 'an act without a name'}, stage {start.stage}"
    return f"nothing is planned for {whom}, in the night of {start.night}; there are plans for {'; '.join(announced)}"


def _document(settings: "Settings", outcome: "Replay", as_json: bool) -> bytes:
    """The report of the night and act this replay belongs to."""
    from livecsi.clock import SystemClock
    from livecsi.ledger.ledger import Ledger
    from livecsi.reports.build import reports_of_night
    from livecsi.reports.render import render

    with Ledger.open(settings.ledger_path, SystemClock(), create=False) as ledger:
        reports = reports_of_night(ledger, outcome.start.night)
    own = next(r for key, r in reports.items() if (key.act, key.stage) == (outcome.start.act, outcome.start.stage))
    return render(own, "json" if as_json else "table", language_code=settings.venue.language)
