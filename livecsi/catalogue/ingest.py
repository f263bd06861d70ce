"""Putting audio files into the catalogue, one verdict per file as it goes.

Every song is committed on its own, so an import that was interrupted goes on where it stopped: a file whose bytes are
known and which the model has heard is not decoded again. What is wrong with one file never stops the others.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from livecsi.catalogue.credits import with_known_ipis
from livecsi.catalogue.songs_csv import SongEntry, read_songs_csv
from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import EncodedSong, Recording
from livecsi.catalogue.tags import printable, read_tags
from livecsi.errors import InputError

__all__ = ["SongEntry", "Status", "Verdict", "ingest", "read_songs_csv"]

Encode = Callable[[Path], EncodedSong]


class Status(StrEnum):
    """What became of one file."""

    ADDED = "added"
    KNOWN = "known"
    UPDATED = "updated"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one file, in a line for a person."""

    path: Path
    status: Status
    message: str
    recording_id: int | None = None


def ingest(
    catalogue: Catalogue, entries: Iterable[SongEntry], encode: Encode, model_id: str, force: bool = False
) -> Iterator[Verdict]:
    """Add what is new, refresh what changed; `force` lets the model hear known files again."""
    for entry in entries:
        try:
            yield _ingest_one(catalogue, entry, encode, model_id, force)
        except InputError as error:
            yield Verdict(entry.path, Status.FAILED, str(error))


def _ingest_one(catalogue: Catalogue, entry: SongEntry, encode: Encode, model_id: str, force: bool) -> Verdict:
    audio_sha256 = _sha256(entry.path)
    known = catalogue.find_by_sha256(audio_sha256)
    if known is None:
        return _add(catalogue, entry, audio_sha256, encode, model_id)
    changed = []
    if force or not catalogue.has_sequences(known.recording_id, model_id):
        catalogue.put_sequences(known.recording_id, model_id, encode(entry.path).payload)
        changed.append("sequences")
    changed += _update(catalogue, known, entry)
    status = Status.UPDATED if changed else Status.KNOWN
    return Verdict(entry.path, status, ", ".join(changed) or _name(known), known.recording_id)


def _add(catalogue: Catalogue, entry: SongEntry, audio_sha256: str, encode: Encode, model_id: str) -> Verdict:
    song = encode(entry.path)
    entry = _completed(entry)
    with catalogue.transaction():
        recording = catalogue.add_recording(
            title=entry.title,
            artist=entry.artist,
            duration_seconds=song.duration_seconds,
            audio_sha256=audio_sha256,
            source_name=printable(entry.path.name),
            isrc=entry.isrc,
            work_key=entry.work_key,
            iswc=entry.iswc,
            writers=entry.writers,
            proposed_writers=entry.proposed_writers,
            musicbrainz_id=entry.musicbrainz_id,
            work_musicbrainz_id=entry.work_musicbrainz_id,
        )
        catalogue.put_sequences(recording.recording_id, model_id, song.payload)
    return Verdict(entry.path, Status.ADDED, _name(recording), recording.recording_id)


def _completed(entry: SongEntry) -> SongEntry:
    """The entry with its empty fields filled from the file; it is read only after the decoder accepted it."""
    tags = read_tags(entry.path)
    return replace(
        entry,
        title=entry.title or tags.title,
        artist=entry.artist or tags.artist,
        isrc=entry.isrc or tags.isrc,
        iswc=entry.iswc or tags.iswc,
        proposed_writers=tags.writers,
        musicbrainz_id=tags.musicbrainz_id,
        work_musicbrainz_id=tags.work_musicbrainz_id,
    )


def _update(catalogue: Catalogue, known: Recording, entry: SongEntry) -> list[str]:
    """Bring a known recording in line with what the entry says; returns what had to change."""
    work = catalogue.work(known.work_id)
    said_and_stored: dict[str, tuple[object, object]] = {
        "title": (entry.title, known.title),
        "artist": (entry.artist, known.artist),
        "isrc": (entry.isrc, known.isrc),
        "work_key": (entry.work_key, work.work_key),
        "iswc": (entry.iswc, work.iswc),
        "writers": (with_known_ipis(entry.writers, work), work.writers),
    }
    changed = [name for name, (said, stored) in said_and_stored.items() if said and said != stored]
    if entry.writers and work.writers_source != "entered" and "writers" not in changed:
        changed.append("writers")
    if changed:
        catalogue.edit(
            known.recording_id,
            title=entry.title or None,
            artist=entry.artist or None,
            isrc=entry.isrc or None,
            work_key=entry.work_key or None,
            iswc=entry.iswc or None,
            writers=entry.writers or None,
        )
    return changed


def _name(recording: Recording) -> str:
    return f"{recording.title} \N{EN DASH} {recording.artist}" if recording.artist else recording.title


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
