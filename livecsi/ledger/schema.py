"""The table of the ledger, as the ordered list of scripts that made it; a released script is never edited."""

from livecsi.database import Schema

NEVER_CHANGED = """CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;"""
"""Lifted for a moment when a night is forgotten, and at no other time."""

_FIRST = f"""
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    recorded_at TEXT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX events_by_kind ON events (kind, seq);
{NEVER_CHANGED}
CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
"""

_FIND_A_NIGHT = """
CREATE INDEX events_by_session ON events (json_extract(body, '$.session_id'));
CREATE INDEX events_by_night ON events (json_extract(body, '$.night'));
"""

SCHEMA = Schema(name="ledger", application_id=0x6C63736C, migrations=(_FIRST, _FIND_A_NIGHT))
