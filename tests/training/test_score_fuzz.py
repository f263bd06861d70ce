"""Files that were damaged, badly exported or made to do harm become scores or one line each, and soon."""

import re
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from livecsi.training.scores.files import read_score_files
from tests.training.test_score_files import CHART, JIG, WALTZ, midi

MUTANTS = 25
LONGEST_SECONDS = 3.0
NUMBERS = (b"0", b"9", b"999", b"99999", b"1000000000", b"-1", b"1e9")
NEW_EACH_TIME = re.compile(rb"<encoding-date>.*|(?<=\")P[0-9a-f]{32}")
"""music21 writes the day and a random name of the part: the same seed would damage another file tomorrow."""
PIECES = (b":|", b"|:", b"\xff\xff\xff\x7f", b"\x00", b"-", b"(9:9:9", b"%", b"</")


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """A few numbers replaced, bytes changed, stretches deleted or doubled."""
    made = bytearray(content)
    for _ in range(int(rng.integers(1, 5))):
        at, digits = int(rng.integers(len(made))), [place for place, byte in enumerate(made) if 48 <= byte <= 57]
        kind = rng.choice(["number", "byte", "delete", "double", "piece"], p=[0.6, 0.1, 0.1, 0.1, 0.1])
        if kind == "number" and digits:
            place = int(rng.choice(digits))
            made[place : place + 1] = NUMBERS[int(rng.integers(len(NUMBERS)))]
        elif kind == "byte":
            made[at] = int(rng.integers(256))
        elif kind == "delete":
            del made[at : at + int(rng.integers(1, 12))]
        elif kind == "double":
            made[at:at] = made[at : at + int(rng.integers(1, 40))]
        else:
            made[at:at] = PIECES[int(rng.integers(len(PIECES)))]
    return bytes(made)


@pytest.fixture(scope="module")
def valid(tmp_path_factory) -> dict[str, bytes]:
    from music21 import converter

    folder = tmp_path_factory.mktemp("valid")
    converter.parse(WALTZ, format="abc").write("musicxml", fp=str(folder / "waltz.musicxml"))
    return {
        ".abc": (WALTZ + "\n" + JIG).encode(),
        ".musicxml": NEW_EACH_TIME.sub(b"", (folder / "waltz.musicxml").read_bytes()),
        ".mid": midi(folder / "two.mid").read_bytes(),
        ".chords": CHART.encode(),
        ".cho": b"{title: Hills}\n{time: 3/4}\n{tempo: 90 bpm}\n[C]Over the [Am]hills [F]far [G]away\n" * 2,
    }


def read(content: bytes, folder: Path, suffix: str) -> tuple[list, list[str], float]:
    (folder / f"x{suffix}").write_bytes(content)
    began, said = time.process_time(), list[str]()
    with warnings.catch_warnings(action="ignore"):
        scores = read_score_files(folder, said.append)
    return scores, said, time.process_time() - began


@pytest.mark.parametrize("suffix", [".abc", ".musicxml", ".mid", ".chords", ".cho"])
@pytest.mark.parametrize("seed", range(MUTANTS))
def test_a_damaged_file_is_a_score_or_one_line_each(valid, tmp_path, suffix, seed):
    scores, said, seconds = read(mutated(valid[suffix], np.random.default_rng(seed)), tmp_path, suffix)
    assert seconds < LONGEST_SECONDS and all("\n" not in line for line in said)
    for score in scores:
        assert np.isfinite(score.notes).all() and (np.diff(score.beat_seconds) > 0).all()


@pytest.mark.parametrize(
    ("suffix", "old", "new"),
    [(".abc", b"M:6/8", b"M:100009000/8"), (".abc", b"e3", b"e1000000000"), (".abc", b"L:1/8", b"L:1000000000/8"),
     (".abc", b"Q:1/4=90", b"Q:1/4=0"), (".abc", b"Q:1/4=90", b"Q:1/4=-90"),
     (".musicxml", b"<beats>3", b"<beats>300000"), (".musicxml", b"<duration>10080", b"<duration>1008000000000"),
     (".musicxml", b"<fifths>1", b"<fifths>1000000000"), (".musicxml", b"<fifths>1", b"<cancel>1</cancel><fifths>1000"),
     (".musicxml", b"<kind>dominant", b"<degree><degree-alter>1000000000</degree-alter></degree><kind>dominant"),
     (".musicxml", b"<per-minute>90", b"<per-minute>0")],
)  # fmt: skip
def test_numbers_no_music_has_are_refused_at_once(valid, tmp_path, suffix, old, new):
    assert old in valid[suffix]
    scores, said, seconds = read(valid[suffix].replace(old, new), tmp_path, suffix)
    assert seconds < LONGEST_SECONDS
    assert said and len(scores) == (1 if suffix == ".abc" else 0), "the other tune of the book is unharmed"


def test_lengths_tempi_and_years_that_music_does_have_are_read(tmp_path):
    tune = JIG.replace("T:A jig", "T:1999\nC:trad. 1850\nQ:3/8=120").replace("L:1/8", "L:1/8 % 2024") + '"1990"D|\n'
    scores, said, _ = read(tune.encode(), tmp_path, ".abc")
    assert len(scores) == 1 and said == []
