"""Chord symbols as people write them: `Am7/G`, `F#m7b5`, `Bbmaj9`, `N.C.` become a root and a set of pitch classes."""

import re

ROOTS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NO_CHORD = (-1, 0)
NO_CHORD_WORDS = {"N.C.", "NC", "N", "NO", "TACET"}
QUALITIES = {
    "": (0, 4, 7), "maj": (0, 4, 7), "m": (0, 3, 7), "5": (0, 7), "6": (0, 4, 7, 9), "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 2), "7": (0, 4, 7, 10), "maj7": (0, 4, 7, 11), "m7": (0, 3, 7, 10), "mmaj7": (0, 3, 7, 11),
    "dim": (0, 3, 6), "dim7": (0, 3, 6, 9), "m7b5": (0, 3, 6, 10), "aug": (0, 4, 8), "aug7": (0, 4, 8, 10),
    "sus": (0, 5, 7), "sus4": (0, 5, 7), "sus2": (0, 2, 7), "7sus4": (0, 5, 7, 10), "7sus": (0, 5, 7, 10),
    "9": (0, 4, 7, 10, 2), "maj9": (0, 4, 7, 11, 2), "m9": (0, 3, 7, 10, 2), "add9": (0, 4, 7, 2),
    "madd9": (0, 3, 7, 2), "9sus4": (0, 5, 7, 10, 2), "11": (0, 4, 7, 10, 2, 5), "m11": (0, 3, 7, 10, 2, 5),
    "13": (0, 4, 7, 10, 2, 9), "maj13": (0, 4, 7, 11, 2, 9), "m13": (0, 3, 7, 10, 2, 9),
    "7b9": (0, 4, 7, 10, 1), "7#9": (0, 4, 7, 10, 3), "7b5": (0, 4, 6, 10), "7#5": (0, 4, 8, 10),
    "7#11": (0, 4, 7, 10, 6),
}  # fmt: skip
SPELLINGS = (
    (r"[()\s]", ""), ("♯", "#"), ("♭", "b"), (r"^(Maj|MAJ|major|M(?!a)|Δ|\^)", "maj"), (r"^(minor|min|mi(?!n)|-)", "m"),
    (r"^maj$", ""), (r"^Δ", "maj7"), (r"^(°|o)", "dim"), (r"^ø7?", "m7b5"), (r"^\+", "aug"), (r"^6/9", "69"),
    (r"^m(Maj|M)7", "mmaj7"), (r"^mM", "mmaj"), (r"^(add2|2)$", "add9"), (r"^4$", "sus4"), (r"^maj6$", "6"),
)  # fmt: skip
"""Other ways to write a quality, applied in turn."""
SYMBOL = re.compile(r"([A-G])([#b♯♭]?)([^/]*?(?:6/9)?[^/]*)(?:/([A-G])([#b♯♭]?))?")


def parse_chord(symbol: str) -> tuple[int, int] | None:
    """(root pitch class, mask of pitch classes); (-1, 0) for `N.C.`; None where the symbol is no chord.

    The note after a slash joins the chord, and the root stays what it was: a bass is the arranger's business.
    """
    if symbol.upper() in NO_CHORD_WORDS:
        return NO_CHORD
    match = SYMBOL.fullmatch(symbol)
    if match is None:
        return None
    intervals = QUALITIES.get(_spelled(match[3]))
    if intervals is None:
        return None
    root = _pitch_class(match[1], match[2])
    mask = sum(1 << (root + interval) % 12 for interval in intervals)
    return root, mask | (1 << _pitch_class(match[4], match[5]) if match[4] else 0)


def _spelled(quality: str) -> str:
    for pattern, replacement in SPELLINGS:
        quality = re.sub(pattern, replacement, quality)
    return quality


def _pitch_class(letter: str, accidental: str) -> int:
    return (ROOTS[letter] + {"#": 1, "♯": 1, "b": -1, "♭": -1, "": 0}[accidental]) % 12
