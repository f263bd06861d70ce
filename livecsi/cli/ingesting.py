"""What `catalogue add` and `catalogue import` share: ingest with a line per file, then measure the songs anew."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click

if TYPE_CHECKING:
    from livecsi.catalogue.ingest import Verdict
    from livecsi.catalogue.songs_csv import SongEntry
    from livecsi.catalogue.store import EncodedSong
    from livecsi.settings import Settings


class Encoder(Protocol):
    """What turns an audio file into sequences."""

    @property
    def model_id(self) -> str: ...

    def encode(self, path: Path) -> "EncodedSong": ...


class CatalogueService(Protocol):
    """The part of `livecsi.service.catalogue` that an ingest needs."""

    def encoder(self, settings: "Settings") -> Encoder: ...

    def refresh_cohort(self, settings: "Settings") -> None: ...


def ingest_files(
    service: CatalogueService, settings: "Settings", entries: list["SongEntry"], force: bool, as_json: bool
) -> None:
    """Ingest everything that can be ingested; raises FindingsError at the end when a file failed."""
    from livecsi.catalogue.ingest import Status
    from livecsi.errors import FindingsError

    verdicts = list(_with_progress(_ingest(service, settings, entries, force), len(entries)))
    if as_json:
        click.echo(json.dumps([_as_json(verdict) for verdict in verdicts], indent=2, ensure_ascii=False))
    failed = sum(verdict.status is Status.FAILED for verdict in verdicts)
    if failed:
        raise FindingsError(f"{failed} of {len(verdicts)} files were not added", "mend them and run the command again")


def _ingest(
    service: CatalogueService, settings: "Settings", entries: list["SongEntry"], force: bool
) -> Iterator["Verdict"]:
    from livecsi.catalogue.ingest import Status, ingest
    from livecsi.catalogue.sqlite import Catalogue
    from livecsi.clock import SystemClock

    encoder = service.encoder(settings)
    has_changed = False
    with Catalogue.open(settings.catalogue_path, SystemClock()) as catalogue:
        for verdict in ingest(catalogue, entries, encoder.encode, encoder.model_id, force):
            has_changed |= verdict.status in (Status.ADDED, Status.UPDATED)
            yield verdict
        songs = len(catalogue.recordings())
        # An import that was killed left songs without a mean; the next one finds all files known and makes up for it.
        is_stale = songs and (has_changed or len(catalogue.impostor_means(encoder.model_id)) < songs)
    if is_stale:
        service.refresh_cohort(settings)


def _with_progress(verdicts: Iterator["Verdict"], total: int) -> Iterator["Verdict"]:
    """Print every verdict as it comes; on a terminal, under a progress bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        for verdict in verdicts:
            click.echo(_line(verdict), err=True)
            yield verdict
        return
    with Progress(console=console) as progress:
        task = progress.add_task("listening", total=total)
        for verdict in verdicts:
            progress.console.print(_line(verdict), markup=False, highlight=False, soft_wrap=True)
            progress.advance(task)
            yield verdict


def _line(verdict: "Verdict") -> str:
    return f"{verdict.status:<8}{verdict.path}: {' '.join(verdict.message.split())}"


def _as_json(verdict: "Verdict") -> dict[str, object]:
    return {**asdict(verdict), "path": str(verdict.path), "status": verdict.status.value}
