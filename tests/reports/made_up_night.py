"""A made-up but realistic night: twelve songs, two of them unnamed, a gap, a record before the show; all invented."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from livecsi.clock import business_date
from livecsi.ledger.ledger import Ledger
from livecsi.ledger.sessions import Sessions, SessionStart
from livecsi.settings import VenueSettings
from livecsi.types import Bands, Candidate, Kind, Performance

VENUE = VenueSettings(
    name="Kulma-sali", street="Satamakatu 4", postcode="00160", city="Helsinki", country="FI", capacity=420,
    timezone="Europe/Helsinki",
)  # fmt: skip
MEASURED = Bands(0.95, 0.80, "calibrated")
STARTED_AT = datetime(2024, 5, 1, 18, 2, 40, tzinfo=UTC)
NIGHT = date(2024, 5, 1)

SONGS = [
    ("Paper Lanterns", "The Tin Harbour", "Aino Aalto:composer:00014107338|Ben Berg:lyricist:", "T-034.524.680-1", 214),
    ("Slow Ferry Home", "The Tin Harbour", "Aino Aalto:composer:00014107338", None, 251),
    ("Ninety Winters", "The Tin Harbour", "Aino Aalto:composer:|Cai Cho:arranger:", None, 187),
    ("Kaamos (You Left the Radio On, and Other Reasons to Stay Awake)", "Revontuli", "Eero Erkko:writer:", None, 305),
    (None, None, "", None, 163),
    ("Hard Water", "The Tin Harbour", "Ben Berg:lyricist:|Aino Aalto:composer:00014107338", None, 232),
    ("Little Machines", "Delta Wren", "Dora Dunn:composer:|Finn Falk:composer:|Gale Grey:lyricist:", None, 268),
    ("Salt & Cedar", "The Tin Harbour", "Aino Aalto:composer:00014107338", None, 199),
    ("Marjatan laulu", "Kansanlaulukuoro Halla", "", None, 146),
    (None, None, "", None, 91),
    ("Signal Fires", "The Tin Harbour", "Aino Aalto:composer:00014107338|Ben Berg:lyricist:", None, 341),
    ("Goodnight, Satama", "The Tin Harbour", "Aino Aalto:composer:00014107338", None, 402),
]
CONFIDENCES = [0.991, 0.974, 0.958, 0.874, 0.41, 0.983, 0.966, 0.913, 0.822, 0.22, 0.988, 0.997]


def describe(candidate: Candidate) -> dict[str, object]:
    """What the catalogue would say about the songs above."""
    title, artist, writers, iswc, seconds = next(
        (song for song in SONGS if song[0] == candidate.title), (candidate.title, candidate.artist, "", None, 200)
    )
    people = [person.split(":") for person in str(writers).split("|") if person]
    return {
        "work_key": f"work-{candidate.work_id}",
        "work_title": title,
        "iswc": iswc,
        "writers": [{"name": name, "role": role, "ipi": ipi or None} for name, role, ipi in people],
        "public_domain": title == "Marjatan laulu",
        "recording_title": title,
        "artist": artist,
        "isrc": "FIABC2400001" if title == "Paper Lanterns" else None,
        "recording_duration_seconds": float(seconds),
        "audio_sha256": "ab" * 32,
    }


def candidate(number: int, title: str, artist: str, probability: float) -> Candidate:
    return Candidate(number, number, title, artist, 2.5, probability, transposition_semitones=number % 3 - 1)


def performances() -> list[Performance]:
    """Twelve songs with talk between them, and a record that played before the band came on."""
    lines = [Performance(20.0, 195.0, Kind.RECORDED, 0.6, 0.1, None)]
    clock_seconds = 431.5
    for number, ((title, artist, _, _, seconds), confidence) in enumerate(zip(SONGS, CONFIDENCES, strict=True), 1):
        best = candidate(number, title, artist, confidence) if title else None
        others = (candidate(7, "Little Machines", "Delta Wren", 0.18), candidate(4, SONGS[3][0], "Revontuli", 0.07))
        kind = Kind.SONG if best else Kind.UNKNOWN
        end = clock_seconds + seconds + 9.25
        gap = 12.4 if number == 8 else 0.0
        lines.append(
            Performance(clock_seconds, end, kind, confidence, 0.3, best, others if confidence < 0.9 else (), gap)
        )
        clock_seconds = end + (48.0 if number % 4 else 131.0)
    return lines


def write_night(
    path: Path,
    clock,
    *,
    act: str = "The Tin Harbour",
    stage: str = "main",
    started_at: datetime = STARTED_AT,
    lines: list[Performance] | None = None,
    bands: Bands = MEASURED,
    plan_id: str = "",
    told=describe,
) -> str:
    """Put the night into a ledger; returns the session id."""
    start = SessionStart(
        key=f"{act}/{stage}/{started_at.isoformat()}", input_kind="recording", input_name="kulma-2024-05-01.flac",
        input_sha256="5e" * 32, started_at=started_at, act=act, venue=VENUE.model_dump(), stage=stage,
        timezone=VENUE.timezone, night=business_date(started_at, VENUE.zone, VENUE.night_cutoff),
        model_id="livecsi-1 (sha256 9f2c…)", catalogue_id="c0" * 32, config_hash="f1" * 32, software="livecsi 0.1.0",
        plan_id=plan_id,
    )  # fmt: skip
    with Ledger.open(path, clock) as ledger:
        sessions = Sessions(ledger, bands)
        session_id = sessions.open(start)
        sessions.gap(session_id, 2390.0, 2402.4, "device lost")
        lines = performances() if lines is None else lines
        ended_at = started_at + timedelta(seconds=lines[-1].end_seconds + 60)
        coverage = {"listened_seconds": 3700.0, "music_seconds": 2960.0, "speech_seconds": 310.0}
        sessions.finish(session_id, lines, started_at, told, ended_at, coverage)
    return session_id
