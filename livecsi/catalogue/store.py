"""The nouns of the catalogue. A society pays a work; a microphone recognises a recording; so they are two things.

    Writer --< Work --< Recording --< sequences (what one model makes of the audio)

The artist belongs to the recording and never becomes a writer: that confusion is a known cause of unpaid royalties.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

WritersSource = Literal["entered", "tags", "musicbrainz"]
"""Who says who wrote a work: a person, or a proposal that a person may overrule at any time."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who gets paid for a work; `role` is one of `identifiers.ROLES`, `ipi` 11 digits."""

    name: str
    role: str = "writer"
    ipi: str | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What was composed. `work_key` is the user's own name for it, or one made up from title and artist."""

    work_id: int
    work_key: str
    title: str
    iswc: str | None
    writers: tuple[Writer, ...]
    public_domain: bool
    musicbrainz_id: str | None = None
    publishers: tuple[str, ...] = ()
    society_ids: Mapping[str, str] = field(default_factory=dict)
    """The work's number at a society, by the name of the society."""
    isnis: Mapping[str, str] = field(default_factory=dict)
    """ISNI of the writers who have one, by name."""
    writers_source: WritersSource = "entered"


@dataclass(frozen=True, slots=True)
class Recording:
    """One studio recording of a work; the same bytes are never kept twice."""

    recording_id: int
    work_id: int
    title: str
    artist: str
    isrc: str | None
    duration_seconds: float
    audio_sha256: str
    source_name: str
    added_at: datetime
    musicbrainz_id: str | None = None


@dataclass(frozen=True, slots=True)
class EncodedSong:
    """What the identify side makes of one audio file: how long it is, and its deep sequences as opaque bytes."""

    duration_seconds: float
    payload: bytes


@dataclass(frozen=True, slots=True)
class Stats:
    """How much there is, and what a society would still ask for."""

    works: int
    recordings: int
    duration_seconds: float
    works_without_writers: int
    works_without_iswc: int
    sequences: Mapping[str, int]
    payload_bytes: int
