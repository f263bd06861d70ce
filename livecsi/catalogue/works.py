"""Which work a recording belongs to, and what is known about that work.

Two recordings are of one work when the user gave them one key, else when they carry one ISWC, else when title and
artist agree but for spelling; otherwise a new work begins. A work with a made-up key takes the first real one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livecsi.catalogue.identifiers import GENERATED_KEY_PREFIX, generated_work_key, match_key
from livecsi.catalogue.store import Work, Writer, WritersSource
from livecsi.database import Database, Row
from livecsi.errors import InputError


@dataclass(frozen=True, slots=True)
class WorkClaim:
    """What somebody says about the work behind a recording; empty means nothing was said."""

    title: str
    artist: str
    audio_sha256: str
    work_key: str | None = None
    iswc: str | None = None


class WorkTable:
    """Works and their writers; every method runs inside the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[Work]:
        writers = self._by_work("SELECT * FROM writers ORDER BY work_id, position")
        publishers = self._by_work("SELECT * FROM publishers ORDER BY work_id, position")
        numbers = self._by_work("SELECT * FROM society_ids ORDER BY work_id, society")
        rows = self._database.rows("SELECT * FROM works ORDER BY work_id")
        return [
            _work(row, *(table.get(row["work_id"], []) for table in (writers, publishers, numbers))) for row in rows
        ]

    def get(self, work_id: int) -> Work:
        row = self._database.row("SELECT * FROM works WHERE work_id = ?", (work_id,))
        if row is None:
            raise InputError(f"there is no work {work_id}", "see `livecsi catalogue list`")
        writers = self._database.rows("SELECT * FROM writers WHERE work_id = ? ORDER BY position", (work_id,))
        publishers = self._database.rows("SELECT * FROM publishers WHERE work_id = ? ORDER BY position", (work_id,))
        numbers = self._database.rows("SELECT * FROM society_ids WHERE work_id = ? ORDER BY society", (work_id,))
        return _work(row, writers, publishers, numbers)

    def by_key(self, work_key: str) -> int | None:
        return self._id("SELECT work_id FROM works WHERE work_key = ?", work_key)

    def by_iswc(self, iswc: str) -> int | None:
        return self._id("SELECT work_id FROM works WHERE iswc = ?", iswc)

    def by_musicbrainz_id(self, musicbrainz_id: str) -> int | None:
        return self._id("SELECT work_id FROM works WHERE musicbrainz_id = ?", musicbrainz_id)

    def settle(self, claim: WorkClaim) -> int:
        """The work the claim means, made when there is none yet."""
        found = self._find(claim)
        if found is None:
            found = self.begin(claim.work_key or self._free_key(claim), claim.title)
        elif claim.work_key and self.get(found).work_key.startswith(GENERATED_KEY_PREFIX):
            self.set_key(found, claim.work_key)
        if claim.iswc:
            self.set_iswc(found, claim.iswc, only_if_missing=True)
        return found

    def begin(self, work_key: str, title: str) -> int:
        return self._database.insert("INSERT INTO works (work_key, title) VALUES (?, ?)", (work_key, title))

    def set_key(self, work_id: int, work_key: str) -> None:
        self._database.execute("UPDATE works SET work_key = ? WHERE work_id = ?", (work_key, work_id))

    def set_iswc(self, work_id: int, iswc: str | None, only_if_missing: bool = False) -> None:
        work = self.get(work_id)
        if only_if_missing and work.iswc not in (None, iswc):
            raise InputError(f"work {work.work_key!r} has the ISWC {work.iswc}, not {iswc}", "correct one of the two")
        other = self.by_iswc(iswc) if iswc else None
        if other not in (None, work_id):
            owner = self.get(other or 0)
            advice = f"join that work with work_id {owner.work_key}"
            raise InputError(f"ISWC {iswc} belongs to work {owner.work_key!r}", advice)
        self._database.execute("UPDATE works SET iswc = ? WHERE work_id = ?", (iswc, work_id))

    def set_title(self, work_id: int, title: str) -> None:
        self._database.execute("UPDATE works SET title = ? WHERE work_id = ?", (title, work_id))

    def set_public_domain(self, work_id: int, public_domain: bool) -> None:
        self._database.execute("UPDATE works SET public_domain = ? WHERE work_id = ?", (int(public_domain), work_id))

    def set_writers(
        self,
        work_id: int,
        writers: Sequence[Writer],
        source: WritersSource = "entered",
        isnis: Mapping[str, str] | None = None,
    ) -> None:
        self._database.execute("UPDATE works SET writers_source = ? WHERE work_id = ?", (source, work_id))
        self._database.execute("DELETE FROM writers WHERE work_id = ?", (work_id,))
        for position, writer in enumerate(writers):
            self._database.insert(
                "INSERT INTO writers (work_id, position, name, role, ipi, isni) VALUES (?, ?, ?, ?, ?, ?)",
                (work_id, position, writer.name, writer.role, writer.ipi, (isnis or {}).get(writer.name)),
            )

    def set_musicbrainz_id(self, work_id: int, musicbrainz_id: str) -> None:
        self._database.execute("UPDATE works SET musicbrainz_id = ? WHERE work_id = ?", (musicbrainz_id, work_id))

    def set_publishers(self, work_id: int, names: Sequence[str]) -> None:
        self._database.execute("DELETE FROM publishers WHERE work_id = ?", (work_id,))
        for position, name in enumerate(names):
            self._database.insert(
                "INSERT INTO publishers (work_id, position, name) VALUES (?, ?, ?)", (work_id, position, name)
            )

    def add_society_ids(self, work_id: int, numbers: Mapping[str, str]) -> None:
        """Societies that are not named keep the number they have; `KODA` and `Koda` are one."""
        for society, identifier in numbers.items():
            sql = "DELETE FROM society_ids WHERE work_id = ? AND society = ? COLLATE NOCASE"
            self._database.execute(sql, (work_id, society))
            self._database.insert(
                "INSERT INTO society_ids (work_id, society, identifier) VALUES (?, ?, ?)",
                (work_id, society, identifier),
            )

    def drop_unused(self) -> None:
        """A work nobody recorded is of no use to a listener."""
        self._database.execute("DELETE FROM works WHERE work_id NOT IN (SELECT work_id FROM recordings)")

    def _find(self, claim: WorkClaim) -> int | None:
        if claim.work_key and (found := self.by_key(claim.work_key)) is not None:
            return found
        same_iswc = self.by_iswc(claim.iswc) if claim.iswc else None
        found = same_iswc if same_iswc is not None else self._by_spelling(claim)
        if found is None or not claim.work_key:
            return found
        # A key of the user's own is a decision: it may name a work that has none yet, never swallow another one.
        return found if self.get(found).work_key.startswith(GENERATED_KEY_PREFIX) else None

    def _by_spelling(self, claim: WorkClaim) -> int | None:
        key = match_key(claim.title, claim.artist)
        sql = "SELECT work_id FROM recordings WHERE match_key = ? ORDER BY recording_id LIMIT 1"
        found = self._id(sql, key) if key else None
        if found is not None and claim.iswc and self.get(found).iswc not in (None, claim.iswc):
            return None
        return found

    def _free_key(self, claim: WorkClaim) -> str:
        key = generated_work_key(claim.title, claim.artist, claim.audio_sha256)
        number = 2
        free = key
        while self.by_key(free) is not None:
            free = f"{key}-{number}"
            number += 1
        return free

    def _by_work(self, sql: str) -> dict[int, list[Row]]:
        rows: dict[int, list[Row]] = {}
        for row in self._database.rows(sql):
            rows.setdefault(row["work_id"], []).append(row)
        return rows

    def _id(self, sql: str, value: str) -> int | None:
        row = self._database.row(sql, (value,))
        return int(row[0]) if row else None


def _work(row: Row, writers: Sequence[Row], publishers: Sequence[Row], numbers: Sequence[Row]) -> Work:
    return Work(
        work_id=row["work_id"],
        work_key=row["work_key"],
        title=row["title"],
        iswc=row["iswc"],
        writers=tuple(_writer(line) for line in writers),
        public_domain=bool(row["public_domain"]),
        musicbrainz_id=row["musicbrainz_id"],
        publishers=tuple(line["name"] for line in publishers),
        society_ids={line["society"]: line["identifier"] for line in numbers},
        isnis={line["name"]: line["isni"] for line in writers if line["isni"]},
        writers_source=row["writers_source"],
    )


def _writer(row: Row) -> Writer:
    return Writer(name=row["name"], role=row["role"], ipi=row["ipi"])
