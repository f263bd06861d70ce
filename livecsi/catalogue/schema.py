"""The tables of the catalogue, as the ordered list of scripts that made them; a released script is never edited."""

from livecsi.database import Schema

_FIRST = """
CREATE TABLE works (
    work_id INTEGER PRIMARY KEY AUTOINCREMENT,
    work_key TEXT NOT NULL UNIQUE CHECK (work_key <> ''),
    title TEXT NOT NULL CHECK (title <> ''),
    iswc TEXT UNIQUE,
    public_domain INTEGER NOT NULL DEFAULT 0 CHECK (public_domain IN (0, 1))
) STRICT;
CREATE TABLE writers (
    work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    role TEXT NOT NULL,
    ipi TEXT,
    PRIMARY KEY (work_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE recordings (
    recording_id INTEGER PRIMARY KEY AUTOINCREMENT,
    work_id INTEGER NOT NULL REFERENCES works,
    title TEXT NOT NULL CHECK (title <> ''),
    artist TEXT NOT NULL,
    match_key TEXT,
    isrc TEXT,
    duration_seconds REAL NOT NULL CHECK (duration_seconds > 0),
    audio_sha256 TEXT NOT NULL UNIQUE,
    source_name TEXT NOT NULL,
    added_at TEXT NOT NULL
) STRICT;
CREATE INDEX recordings_by_work ON recordings (work_id);
CREATE INDEX recordings_by_match_key ON recordings (match_key);
CREATE TABLE sequences (
    recording_id INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    payload BLOB NOT NULL,
    payload_sha256 TEXT NOT NULL,
    PRIMARY KEY (recording_id, model_id)
) STRICT;
CREATE TABLE impostor_means (
    recording_id INTEGER NOT NULL REFERENCES recordings ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    mean REAL NOT NULL,
    PRIMARY KEY (recording_id, model_id)
) STRICT, WITHOUT ROWID;
"""

_SECOND = """
ALTER TABLE works ADD COLUMN musicbrainz_id TEXT;
ALTER TABLE works ADD COLUMN writers_source TEXT NOT NULL DEFAULT 'entered'
    CHECK (writers_source IN ('entered', 'tags', 'musicbrainz'));
ALTER TABLE writers ADD COLUMN isni TEXT;
ALTER TABLE recordings ADD COLUMN musicbrainz_id TEXT;
CREATE UNIQUE INDEX works_by_musicbrainz_id ON works (musicbrainz_id);
CREATE TABLE publishers (
    work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL CHECK (name <> ''),
    PRIMARY KEY (work_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE society_ids (
    work_id INTEGER NOT NULL REFERENCES works ON DELETE CASCADE,
    society TEXT NOT NULL CHECK (society <> ''),
    identifier TEXT NOT NULL CHECK (identifier <> ''),
    PRIMARY KEY (work_id, society)
) STRICT, WITHOUT ROWID;
"""

SCHEMA = Schema(name="catalogue", application_id=0x6C637363, migrations=(_FIRST, _SECOND))
