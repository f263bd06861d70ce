"""The numbers that societies and labels give to works, people and recordings: one spelling each, check digits verified.

A valid check digit shows that nobody mistyped, not that it is the right work. Every function returns the one form in
which the identifier is stored, and raises ValueError with a reason for a person.
"""

import hashlib
import re
import unicodedata
import uuid

from stdnum import isni as _isni
from stdnum import isrc as _isrc
from stdnum.exceptions import ValidationError

ROLES = ("writer", "composer", "lyricist", "composer-lyricist", "arranger", "adaptor", "translator")

GENERATED_KEY_PREFIX = "auto:"


def normal_iswc(text: str) -> str:
    """`T0345246801`, `T-034524680-1` and so on become `T-034.524.680-1`."""
    bare = re.sub(r"[\s.\-]", "", text).upper().removeprefix("ISWC").removeprefix(":")
    if not re.fullmatch(r"T[0-9]{10}", bare):
        raise ValueError(f"{text!r} is no ISWC: it should look like T-034.524.680-1")
    digits, given = bare[1:10], int(bare[10])
    if (check := iswc_check_digit(digits)) != given:
        raise ValueError(f"ISWC {text!r} was mistyped: its last digit should be {check}")
    return f"T-{digits[0:3]}.{digits[3:6]}.{digits[6:9]}-{given}"


def iswc_check_digit(digits: str) -> int:
    """The check digit of the nine digits of an ISWC (ISO 15707)."""
    total = 1 + sum(place * int(digit) for place, digit in enumerate(digits, start=1))
    return (10 - total % 10) % 10


def normal_ipi(text: str) -> str:
    """An IPI name number as 11 digits, zero-padded."""
    bare = re.sub(r"[\s.]", "", text)
    if not re.fullmatch(r"[0-9]{1,11}", bare) or not int(bare):
        raise ValueError(f"{text!r} is no IPI name number: it has up to 11 digits")
    padded = bare.zfill(11)
    if padded[9:] != (check := ipi_check_digits(padded[:9])):
        raise ValueError(f"IPI name number {text!r} was mistyped: it should end in {check}")
    return padded


def ipi_check_digits(digits: str) -> str:
    """The two check digits of the nine leading digits of an IPI name number."""
    remainder = sum(int(digit) * (10 - place) for place, digit in enumerate(digits)) % 101
    return "00" if remainder == 0 else f"{(101 - remainder) % 100:02d}"


def normal_isrc(text: str) -> str:
    """Twelve characters without hyphens; an ISRC has no check digit."""
    try:
        return str(_isrc.validate(text.upper().removeprefix("ISRC")))
    except ValidationError as error:
        raise ValueError(f"{text!r} is no ISRC: it should look like GBAYE6500521") from error


def normal_isni(text: str) -> str:
    """Fifteen digits and a check character, without spaces."""
    try:
        return str(_isni.validate(text))
    except ValidationError as error:
        raise ValueError(f"{text!r} is no ISNI: it should look like 0000 0001 2103 2683") from error


def normal_mbid(text: str) -> str:
    """A MusicBrainz identifier: a UUID in lower case with hyphens."""
    try:
        return str(uuid.UUID(text.strip()))
    except ValueError as error:
        raise ValueError(f"{text!r} is no MusicBrainz id: it should be a UUID") from error


def match_key(title: str, artist: str) -> str | None:
    """What two spellings of one title and artist have in common; None when either says nothing."""
    parts = (folded(title), folded(artist))
    return "\x1f".join(parts) if all(parts) else None


def generated_work_key(title: str, artist: str, audio_sha256: str) -> str:
    """The key of a work nobody gave one: stable, so that a rebuilt catalogue names its works alike."""
    seed = match_key(title, artist) or audio_sha256
    return GENERATED_KEY_PREFIX + hashlib.sha256(seed.encode()).hexdigest()[:16]


def folded(text: str) -> str:
    """What spellings of one name or title have in common.

    Lower case, no accents, no punctuation; a dakuten or a vowel sign stays, for it makes another word."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("&", " and "))
    bare = unicodedata.normalize("NFC", re.sub("[\u0300-\u036f'\u2019]", "", decomposed))
    kept = (character if unicodedata.category(character)[0] in "LMN" else " " for character in bare)
    return " ".join("".join(kept).split())
