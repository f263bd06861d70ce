"""The fixtures are what their tables say, and the scripts that made them are as careful as the program."""

import csv
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from fixtures.acoustics import applause, at_level, room
from fixtures.arrange import arrange
from fixtures.bands import LIVE, STUDIO
from fixtures.evening import RUNNING_ORDER
from fixtures.midi import Event, write_midi
from fixtures.notation import read_section
from fixtures.render import write_vorbis
from fixtures.tunes import CATALOGUE_WORK_IDS, TUNES
from livecsi.audio.recording import read_recording
from livecsi.settings import DecodingSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Kind

FIXTURES = Path(__file__).parent.parent / "fixtures"
LIMIT_BYTES = 13_000_000


def table(name: str) -> list[dict[str, str]]:
    with (FIXTURES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def concert():
    return read_recording(FIXTURES / "concert.ogg", DecodingSettings())


def level(samples: np.ndarray) -> float:
    return 20 * float(np.log10(np.sqrt(np.mean(samples**2))))


def test_everything_fits_into_a_small_repository():
    assert sum(path.stat().st_size for path in FIXTURES.rglob("*") if path.is_file()) < LIMIT_BYTES


def test_the_truth_covers_the_concert_without_holes(concert):
    rows = table("truth.csv")
    assert float(rows[0]["start_s"]) == 0.0
    assert [row["start_s"] for row in rows[1:]] == [row["end_s"] for row in rows[:-1]]
    assert float(rows[-1]["end_s"]) == pytest.approx(len(concert) / SAMPLE_RATE_HERTZ, abs=0.01)
    assert [row["kind"] for row in rows] == [moment.kind for moment in RUNNING_ORDER]
    assert {row["kind"] for row in rows} == {kind.value for kind in Kind} - {"unknown"}


def test_the_evening_has_what_an_evening_has():
    songs = [row["work_id"] for row in table("truth.csv") if row["kind"] == "song"]
    named = [work_id for work_id in songs if work_id]
    assert len(named) >= 8 and len(set(named)) == len(named) and "" in songs
    assert set(named) < set(CATALOGUE_WORK_IDS), "some catalogue songs must not be played"


def test_levels_are_those_of_a_concert(concert):
    assert 0.4 < np.abs(concert).max() < 0.96
    for row in table("truth.csv"):
        cut = slice(*(int(float(row[key]) * SAMPLE_RATE_HERTZ) for key in ("start_s", "end_s")))
        low, high = {"song": (-22, -16), "silence": (-65, -55)}.get(row["kind"], (-30, -19))
        assert low < level(concert[cut]) < high, row


@pytest.mark.parametrize("name", ["songs.csv", "studio.csv", "live.csv"])
def test_tables_point_at_recordings(name):
    for row in table(name):
        information = soundfile.info(FIXTURES / row["path"])
        assert (information.samplerate, information.channels) == (SAMPLE_RATE_HERTZ, 1)
        assert 30 < information.duration < 110
        assert row["title"] == TUNES[row["work_id"]].title and row["artist"]


def test_the_catalogue_is_the_studio_songs():
    assert [row["work_id"] for row in table("songs.csv")] == list(CATALOGUE_WORK_IDS)
    assert [row["path"] for row in table("songs.csv")] == [row["path"] for row in table("studio.csv")]


@pytest.mark.parametrize("work_id", CATALOGUE_WORK_IDS)
def test_live_is_another_band_in_another_key_at_another_tempo(work_id):
    studio, live = STUDIO[work_id], LIVE[work_id]
    assert studio.lead != live.lead and studio.comp_pattern != live.comp_pattern
    assert (studio.transpose - live.transpose) % 12 != 0
    assert 0.84 < live.pulses_per_minute / studio.pulses_per_minute < 1.21
    assert studio.form != live.form


@pytest.mark.parametrize("work_id", TUNES)
def test_every_tune_adds_up_and_begins_every_bar_with_a_harmony(work_id):
    tune = TUNES[work_id]
    for section in tune.sections.values():
        assert section.length % tune.bar == 0 and section.chords[0].start == 0.0
        assert sum(chord.length for chord in section.chords) == section.length
        assert all(55 <= note.pitch <= 84 for note in section.notes)


def test_arranging_is_decided_by_the_seed():
    once, again, other = (arrange(TUNES["W01"], LIVE["W01"], np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert once == again and once != other
    assert all(0 <= event.pitch <= 127 and 1 <= event.velocity <= 127 and event.start >= 0 for event in once)


def test_a_false_start_is_followed_by_silence():
    band = replace(LIVE["W06"], form="xA", tempo_drift=0.0)
    starts = [event.start for event in arrange(TUNES["W06"], band, np.random.default_rng(0))]
    assert max(np.diff(starts)) > 2 * TUNES["W06"].bar * 60 / band.pulses_per_minute


@pytest.mark.parametrize(("text", "message"), [
    ('"C"C2 D2 E2 F|', "a bar ends"), ('"C"C4 C4|C2', "the last bar"), ('"C"C4 H4|', "cannot read"),
])
def test_slips_of_the_pen_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_section(text, Fraction(1, 2), Fraction(4))


def test_notation_is_read_as_written():
    section = read_section('"Am"A,2 ^c z/2 f\'3/2 "G7"_B3|', Fraction(1, 2), Fraction(4), sharps="F")
    assert [(note.start, note.length, note.pitch) for note in section.notes] == [
        (0.0, 1.0, 57), (1.0, 0.5, 73), (1.75, 0.75, 90), (2.5, 1.5, 70)]
    assert [(chord.root, chord.minor, chord.seventh, chord.length) for chord in section.chords] == [
        (9, True, False, 2.5), (7, False, True, 1.5)]
    assert section.chords[1].pitches(60) == [67, 71, 74, 77]


def test_midi_ends_a_note_before_it_begins_again(tmp_path):
    write_midi(tmp_path / "two.mid", [Event(0.0, 1.0, 0, 60, 100), Event(1.0, 1.0, 0, 60, 100)], {0: 5})
    data = (tmp_path / "two.mid").read_bytes()
    assert data[:14] == b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480)
    assert data[22:] == bytes.fromhex("00c005 00903c64 8740803c00 00903c64 8740803c00 00ff2f00")


def test_the_same_sound_is_the_same_file(tmp_path):
    sound = at_level(applause(2.0, 32, np.random.default_rng(3)), -20)
    for name in ("one.ogg", "two.ogg"):
        write_vorbis(tmp_path / name, sound, 0.3)
    assert (tmp_path / "one.ogg").read_bytes() == (tmp_path / "two.ogg").read_bytes()
    assert soundfile.info(tmp_path / "one.ogg").frames == len(sound)


def test_a_room_rings_but_keeps_what_was_played():
    click = np.zeros(2000, dtype=np.float32)
    click[0] = 1.0
    ringing = room(click, 0.5, 0.3, np.random.default_rng(0))
    assert ringing[0] == pytest.approx(1.0, abs=0.01)
    assert level(ringing[2000:8000]) > level(ringing[9000:])
