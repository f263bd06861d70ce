"""What can be said about a catalogue as a whole: its fingerprint, its size, and whether it can be trusted."""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence

from livecsi.catalogue.identifiers import normal_ipi, normal_isni, normal_isrc, normal_iswc, normal_mbid
from livecsi.catalogue.store import Recording, Stats, Work
from livecsi.database import Database


def fingerprint(works: Sequence[Work], recordings: Sequence[Recording]) -> str:
    """A SHA-256 over all that can appear in a report, whatever the order in which it was added."""
    by_id = {work.work_id: work for work in works}
    songs = sorted(_song(by_id[recording.work_id], recording) for recording in recordings)
    return hashlib.sha256("\n".join(songs).encode()).hexdigest()


def stats(database: Database, works: Sequence[Work], recordings: Sequence[Recording]) -> Stats:
    """How much there is."""
    counts = database.rows(
        "SELECT model_id, count(*) AS songs, sum(length(payload)) AS bytes FROM sequences"
        " GROUP BY model_id ORDER BY model_id"
    )
    return Stats(
        works=len(works),
        recordings=len(recordings),
        duration_seconds=sum(recording.duration_seconds for recording in recordings),
        works_without_writers=sum(not work.writers and not work.public_domain for work in works),
        works_without_iswc=sum(work.iswc is None for work in works),
        sequences={row["model_id"]: row["songs"] for row in counts},
        payload_bytes=sum(row["bytes"] for row in counts),
    )


def verify(database: Database, works: Sequence[Work], recordings: Sequence[Recording]) -> list[str]:
    """Everything wrong with the file and its contents, one line each."""
    return [*database.check(), *_verify_sequences(database), *_verify_identifiers(works, recordings)]


def _song(work: Work, recording: Recording) -> str:
    people = [[writer.name, writer.role, writer.ipi] for writer in work.writers]
    facts = [
        recording.audio_sha256, recording.title, recording.artist, recording.isrc,
        work.work_key, work.title, work.iswc, work.public_domain, people,
        work.musicbrainz_id, work.publishers, dict(work.society_ids), recording.musicbrainz_id,
    ]  # fmt: skip
    # What a person entered says nothing more, so that the catalogues of before keep their fingerprint.
    proposed_by = [] if work.writers_source == "entered" else [work.writers_source]
    return json.dumps(facts + proposed_by, ensure_ascii=False)


def _verify_sequences(database: Database) -> Iterator[str]:
    for row in database.rows("SELECT * FROM recordings WHERE recording_id NOT IN (SELECT recording_id FROM sequences)"):
        yield f"recording {row['recording_id']} ({row['title']}) has no sequences; import it again"
    for key in database.rows("SELECT recording_id, model_id FROM sequences ORDER BY recording_id, model_id"):
        sql = "SELECT payload, payload_sha256 FROM sequences WHERE recording_id = ? AND model_id = ?"
        kept = database.row(sql, (key["recording_id"], key["model_id"]))
        if kept and hashlib.sha256(kept["payload"]).hexdigest() != kept["payload_sha256"]:
            yield f"the sequences of recording {key['recording_id']} for model {key['model_id']} were altered"


def _verify_identifiers(works: Sequence[Work], recordings: Sequence[Recording]) -> Iterator[str]:
    for recording in recordings:
        yield from _complaint(f"recording {recording.recording_id}", normal_isrc, recording.isrc)
        yield from _complaint(f"recording {recording.recording_id}", normal_mbid, recording.musicbrainz_id)
    for work in works:
        yield from _complaint(f"work {work.work_key}", normal_iswc, work.iswc)
        yield from _complaint(f"work {work.work_key}", normal_mbid, work.musicbrainz_id)
        for name, isni in work.isnis.items():
            yield from _complaint(f"work {work.work_key}, writer {name}", normal_isni, isni)
        for writer in work.writers:
            yield from _complaint(f"work {work.work_key}, writer {writer.name}", normal_ipi, writer.ipi)


def _complaint(where: str, normalise: Callable[[str], str], text: str | None) -> Iterator[str]:
    try:
        if text is not None and normalise(text) != text:
            yield f"{where}: {text!r} is not in its normal form"
    except ValueError as error:
        yield f"{where}: {error}"
