"""The catalogue in one SQLite file: recordings with their works, and what each model made of their audio.

Every change is one transaction. Identifiers are normalised on the way in, so that what is stored can be compared and
printed; ids are never used twice, so that an old night cannot point to a new song.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from livecsi.catalogue import inspection
from livecsi.catalogue.credits import known_isnis, with_known_ipis
from livecsi.catalogue.identifiers import (
    GENERATED_KEY_PREFIX,
    ROLES,
    match_key,
    normal_ipi,
    normal_isrc,
    normal_iswc,
    normal_mbid,
)
from livecsi.catalogue.metadata import WorkFacts, complete
from livecsi.catalogue.schema import SCHEMA
from livecsi.catalogue.store import Recording, Stats, Work, Writer
from livecsi.catalogue.works import WorkClaim, WorkTable
from livecsi.clock import Clock, format_utc, parse_utc
from livecsi.database import Database, Row, Store
from livecsi.errors import InputError
from livecsi.types import Candidate


class Catalogue(Store):
    """The studio songs, the works they are recordings of, and what the models made of them."""

    schema = SCHEMA
    how_to_begin = "run `livecsi catalogue import songs.csv`"

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._works = WorkTable(database)

    def add_recording(
        self,
        *,
        title: str,
        artist: str,
        duration_seconds: float,
        audio_sha256: str,
        source_name: str,
        isrc: str | None = None,
        work_key: str | None = None,
        iswc: str | None = None,
        writers: Sequence[Writer] = (),
        proposed_writers: Sequence[Writer] = (),
        public_domain: bool = False,
        musicbrainz_id: str | None = None,
        work_musicbrainz_id: str | None = None,
    ) -> Recording:
        """Add a recording, and its work unless that is there already; what is proposed never overrules."""
        title, artist = _required(title, "title"), artist.strip()
        isrc, iswc = _normal(normal_isrc, isrc), _normal(normal_iswc, iswc)
        with self.transaction():
            if known := self.find_by_sha256(audio_sha256):
                raise InputError(f"the same audio is in the catalogue already, as recording {known.recording_id}")
            work_id = self._works.settle(WorkClaim(title, artist, audio_sha256, work_key or None, iswc))
            if writers:
                self._works.set_writers(work_id, _normal_writers(writers))
            elif proposed_writers and not self.work(work_id).writers:
                self._works.set_writers(work_id, _normal_writers(proposed_writers), source="tags")
            if public_domain:
                self._works.set_public_domain(work_id, True)
            self._propose_musicbrainz_id(work_id, _normal(normal_mbid, work_musicbrainz_id))
            recording_id = self._database.insert(
                "INSERT INTO recordings (work_id, title, artist, match_key, isrc, duration_seconds, audio_sha256,"
                " source_name, added_at, musicbrainz_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    work_id,
                    title,
                    artist,
                    match_key(title, artist),
                    isrc,
                    duration_seconds,
                    audio_sha256,
                    source_name,
                    format_utc(self._clock.utc_now()),
                    _normal(normal_mbid, musicbrainz_id),
                ),
            )
            return self.recording(recording_id)

    def find_by_sha256(self, audio_sha256: str) -> Recording | None:
        row = self._database.row("SELECT * FROM recordings WHERE audio_sha256 = ?", (audio_sha256,))
        return _recording(row) if row else None

    def recordings(self) -> list[Recording]:
        return [_recording(row) for row in self._database.rows("SELECT * FROM recordings ORDER BY recording_id")]

    def recording(self, recording_id: int) -> Recording:
        row = self._database.row("SELECT * FROM recordings WHERE recording_id = ?", (recording_id,))
        if row is None:
            raise InputError(f"there is no recording {recording_id}", "see `livecsi catalogue list`")
        return _recording(row)

    def work(self, work_id: int) -> Work:
        return self._works.get(work_id)

    def works(self) -> list[Work]:
        return self._works.all()

    def edit(
        self,
        recording_id: int,
        *,
        title: str | None = None,
        artist: str | None = None,
        isrc: str | None = None,
        work_key: str | None = None,
        work_title: str | None = None,
        iswc: str | None = None,
        writers: Sequence[Writer] | None = None,
        public_domain: bool | None = None,
    ) -> Recording:
        """Change what is given; an empty ISRC or ISWC takes it away. A work titled like its recording stays so.

        A writer who stays keeps the numbers that are not given.
        """
        with self.transaction():
            before = self.recording(recording_id)
            self._edit_recording(before, title, artist, isrc)
            work_id = self._move(before, work_key) if work_key else before.work_id
            if work_title is None and title and self.work(work_id).title == before.title:
                work_title = title
            if work_title is not None:
                self._works.set_title(work_id, _required(work_title, "work title"))
            if iswc is not None:
                self._works.set_iswc(work_id, _normal(normal_iswc, iswc))
            if writers is not None:
                work = self.work(work_id)
                people = with_known_ipis(_normal_writers(writers), work)
                self._works.set_writers(work_id, people, isnis=known_isnis(people, work))
            if public_domain is not None:
                self._works.set_public_domain(work_id, public_domain)
            return self.recording(recording_id)

    def complete_work(self, work_id: int, facts: WorkFacts) -> list[str]:
        """Bring a work in line with what somebody says about it; returns the names of what had to change."""
        with self.transaction():
            return complete(self._works, self.work(work_id), facts)

    def remove(self, recording_id: int) -> Recording:
        """Take a recording and its sequences out, and its work too when nothing else records it."""
        with self.transaction():
            gone = self.recording(recording_id)
            self._database.execute("DELETE FROM recordings WHERE recording_id = ?", (recording_id,))
            self._works.drop_unused()
        return gone

    def put_sequences(self, recording_id: int, model_id: str, payload: bytes) -> None:
        """Keep what `model_id` made of a recording; replaces what it made before."""
        with self.transaction():
            self.recording(recording_id)
            self._database.execute(
                "INSERT OR REPLACE INTO sequences (recording_id, model_id, payload, payload_sha256)"
                " VALUES (?, ?, ?, ?)",
                (recording_id, model_id, payload, hashlib.sha256(payload).hexdigest()),
            )

    def has_sequences(self, recording_id: int, model_id: str) -> bool:
        sql = "SELECT 1 FROM sequences WHERE recording_id = ? AND model_id = ?"
        return self._database.row(sql, (recording_id, model_id)) is not None

    def sequences(self, model_id: str) -> list[tuple[Recording, bytes]]:
        """All recordings `model_id` can compare with, by recording id."""
        rows = self._database.rows(
            "SELECT r.*, s.payload FROM recordings r JOIN sequences s USING (recording_id)"
            " WHERE s.model_id = ? ORDER BY r.recording_id",
            (model_id,),
        )
        return [(_recording(row), bytes(row["payload"])) for row in rows]

    def missing_sequences(self, model_id: str) -> list[Recording]:
        """Recordings that `model_id` has not heard yet."""
        rows = self._database.rows(
            "SELECT * FROM recordings WHERE recording_id NOT IN"
            " (SELECT recording_id FROM sequences WHERE model_id = ?) ORDER BY recording_id",
            (model_id,),
        )
        return [_recording(row) for row in rows]

    def put_impostor_means(self, model_id: str, means: Mapping[int, float]) -> None:
        """How strongly each recording attracts songs it is not; the yardstick of score normalisation."""
        with self.transaction():
            for recording_id, mean in means.items():
                self._database.execute(
                    "INSERT OR REPLACE INTO impostor_means (recording_id, model_id, mean) VALUES (?, ?, ?)",
                    (recording_id, model_id, float(mean)),
                )

    def impostor_means(self, model_id: str) -> dict[int, float]:
        sql = "SELECT recording_id, mean FROM impostor_means WHERE model_id = ? ORDER BY recording_id"
        return {row["recording_id"]: row["mean"] for row in self._database.rows(sql, (model_id,))}

    def describe(self, candidate: Candidate) -> dict[str, object]:
        """The facts a ledger keeps about a named song, so that it stays readable when the catalogue changes."""
        recording = self.recording(candidate.recording_id)
        work = self.work(recording.work_id)
        return {
            "work_key": work.work_key,
            "work_title": work.title,
            "iswc": work.iswc,
            "writers": [asdict(writer) for writer in work.writers],
            "writers_source": work.writers_source,
            "public_domain": work.public_domain,
            "publishers": list(work.publishers),
            "society_ids": _numbers(work),
            "musicbrainz_id": recording.musicbrainz_id,
            "recording_title": recording.title,
            "artist": recording.artist,
            "isrc": recording.isrc,
            "recording_duration_seconds": recording.duration_seconds,
            "audio_sha256": recording.audio_sha256,
        }

    def fingerprint(self) -> str:
        """A SHA-256 over all that can appear in a report; two catalogues with the same songs share it."""
        return inspection.fingerprint(self.works(), self.recordings())

    def stats(self) -> Stats:
        return inspection.stats(self._database, self.works(), self.recordings())

    def verify(self) -> list[str]:
        """Everything wrong with the file and its contents, one line each; empty when all is well."""
        return inspection.verify(self._database, self.works(), self.recordings())

    def _edit_recording(self, before: Recording, title: str | None, artist: str | None, isrc: str | None) -> None:
        new_title = before.title if title is None else _required(title, "title")
        new_artist = before.artist if artist is None else artist.strip()
        new_isrc = before.isrc if isrc is None else _normal(normal_isrc, isrc)
        self._database.execute(
            "UPDATE recordings SET title = ?, artist = ?, match_key = ?, isrc = ? WHERE recording_id = ?",
            (new_title, new_artist, match_key(new_title, new_artist), new_isrc, before.recording_id),
        )

    def _propose_musicbrainz_id(self, work_id: int, musicbrainz_id: str | None) -> None:
        """A work keeps the id it has, and an id stays with the work that has it."""
        is_free = musicbrainz_id and self._works.by_musicbrainz_id(musicbrainz_id) is None
        if is_free and musicbrainz_id and self.work(work_id).musicbrainz_id is None:
            self._works.set_musicbrainz_id(work_id, musicbrainz_id)

    def _move(self, recording: Recording, work_key: str) -> int:
        """Put a recording under the work of that key; its own work takes the key when nobody named it before."""
        work_id = self._works.by_key(work_key)
        if work_id is None and self.work(recording.work_id).work_key.startswith(GENERATED_KEY_PREFIX):
            self._works.set_key(recording.work_id, work_key)
            return recording.work_id
        if work_id is None:
            work_id = self._works.begin(work_key, recording.title)
        self._database.execute(
            "UPDATE recordings SET work_id = ? WHERE recording_id = ?", (work_id, recording.recording_id)
        )
        self._works.drop_unused()
        return work_id


def _recording(row: Row) -> Recording:
    return Recording(
        recording_id=row["recording_id"],
        work_id=row["work_id"],
        title=row["title"],
        artist=row["artist"],
        isrc=row["isrc"],
        duration_seconds=row["duration_seconds"],
        audio_sha256=row["audio_sha256"],
        source_name=row["source_name"],
        added_at=parse_utc(row["added_at"]),
        musicbrainz_id=row["musicbrainz_id"],
    )


def _numbers(work: Work) -> dict[str, str]:
    """A work's numbers by society; MusicBrainz counts as one, so that a report can name the work there."""
    return {**work.society_ids, **({"MusicBrainz": work.musicbrainz_id} if work.musicbrainz_id else {})}


def _required(text: str, what: str) -> str:
    if not text.strip():
        raise InputError(f"a recording needs a {what}", "give one, or tag the file")
    return text.strip()


def _normal(normalise: Callable[[str], str], text: str | None) -> str | None:
    if not text or not text.strip():
        return None
    try:
        return normalise(text)
    except ValueError as error:
        raise InputError(str(error)) from error


def _normal_writers(writers: Sequence[Writer]) -> list[Writer]:
    for writer in writers:
        if writer.role not in ROLES:
            raise InputError(f"{writer.role!r} is no role of a writer", f"known are {', '.join(ROLES)}")
    return [Writer(_required(writer.name, "name"), writer.role, _normal(normal_ipi, writer.ipi)) for writer in writers]
