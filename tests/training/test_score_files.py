"""Scores in files: what each reader must find in a few lines of music that can be worked out by hand."""

import shutil
from pathlib import Path

import mido
import numpy as np
import pytest

from livecsi.errors import InputError
from livecsi.training.scores.charts import read_chart
from livecsi.training.scores.chord_symbols import parse_chord
from livecsi.training.scores.corpus import load_scores, split_of, works_of
from livecsi.training.scores.files import FIRST_FILE_CLUSTER, cluster_of, read_score_files
from livecsi.training.scores.midi_files import read_midi
from livecsi.training.scores.notation import read_abc_tune, read_musicxml
from livecsi.training.scores.score import Role
from livecsi.training.scores.written import WrittenSong, beats_in_bar, to_score
from tests.training.made_up import write_tables

WALTZ = """X:1
T:A waltz
M:3/4
L:1/4
Q:1/4=90
K:G
"G"GAB|"D7"d2A|:"Em"Bcd|"C"e3:|
"""
JIG = "X:2\nT:A jig\nM:6/8\nL:1/8\nK:D\n" + "|".join(["DED FAF"] * 16) + "|\n"
CHART = """# a comment
title: Wagon Road
tempo: 60
[Verse]
| C  Am7 | F / G/B / | % | N.C. | x2
| Bbmaj7 |
"""


def mask(*pitch_classes: int) -> int:
    return sum(1 << pitch_class for pitch_class in pitch_classes)


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [
        ("C", (0, mask(0, 4, 7))), ("Am7", (9, mask(9, 0, 4, 7))), ("F#m7b5", (6, mask(6, 9, 0, 4))),
        ("Bbmaj7", (10, mask(10, 2, 5, 9))), ("BbM7", (10, mask(10, 2, 5, 9))), ("Cmaj", (0, mask(0, 4, 7))),
        ("G/B", (7, mask(7, 11, 2))), ("C/D", (0, mask(0, 4, 7, 2))), ("Dsus4", (2, mask(2, 7, 9))),
        ("E-7", (4, mask(4, 7, 11, 2))), ("Ebmin", (3, mask(3, 6, 10))), ("B°7", (11, mask(11, 2, 5, 8))),
        ("C6/9", (0, mask(0, 4, 7, 9, 2))), ("A5", (9, mask(9, 4))), ("E+", (4, mask(4, 8, 0))), ("N.C.", (-1, 0)),
        ("C7(b9)", (0, mask(0, 4, 7, 10, 1))), ("Hm", None), ("Verse", None), ("Chorus", None), ("Bridge", None),
        ("", None), ("Dmmmm", None),
    ],
)  # fmt: skip
def test_chord_symbols(symbol, expected):
    assert parse_chord(symbol) == expected


@pytest.mark.parametrize(
    ("signature", "expected"), [((4, 4), (4, 1.0)), ((3, 4), (3, 1.0)), ((2, 2), (4, 1.0)), ((6, 8), (2, 1.5)),
                                ((12, 8), (4, 1.5)), ((7, 8), (7, 0.5)), ((3, 8), (3, 0.5))],
)  # fmt: skip
def test_what_the_beat_of_a_time_signature_is(signature, expected):
    assert beats_in_bar(*signature) == expected


def test_a_chart_says_which_chord_sounds_on_which_beat(tmp_path):
    path = tmp_path / "road.chords"
    path.write_text(CHART)
    song = read_chart(path)
    assert song.title == "Wagon Road"
    assert len(song.bar) == 9 * 4, "four bars twice and one more"
    np.testing.assert_allclose(song.beat_seconds, np.arange(37))
    score = to_score(song, "road", 5)
    roots = score.chord_root[:20].tolist()
    assert roots == [0, 0, 9, 9, 5, 5, 7, 7, 5, 5, 7, 7, -1, -1, -1, -1, 0, 0, 9, 9]
    assert score.chord_mask[2] == mask(9, 0, 4, 7) and score.chord_root[32] == 10
    assert len(score.notes_of(Role.MELODY)) > 10, "a chart gets a tune"
    first = score.notes_of(Role.ACCOMPANIMENT)[:3]
    assert sorted(first[:, 2] % 12) == [0, 4, 7] and (first[:, 1] == 2).all()


def test_a_chordpro_song_has_a_bar_for_every_chord(tmp_path):
    path = tmp_path / "song.cho"
    path.write_text("{title: Hills}\n{time: 3/4}\n{tempo: 90 bpm}\n[Verse 1]\n[C]Over the [Am]hills\nfar a[G7]way\n")
    song = read_chart(path)
    assert (song.title, len(song.bar)) == ("Hills", 9)
    assert [round(start, 3) for start, _, _ in song.chords] == [0.0, 2.0, 4.0]
    assert [root for _, root, _ in song.chords] == [0, 9, 7]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("| C | Hx |", "x.chords:1: 'Hx' is no chord"), ("tempo: fast\n| C |", "x.chords:1: tempo 'fast'"),
     ("| % |", "nothing|none before"), ("only words", "no chords"), ("time: 0/4\n| C |", "time '0/4'"),
     ("[C]la [Qx]la", "not every"), ("| C | x9999999999", "x.chords:1: x9999999999"), ("| C | x0", "1 to 64 times")],
)  # fmt: skip
def test_a_chart_that_says_something_else_is_refused_with_its_line(tmp_path, text, complaint):
    path = tmp_path / "x.chords"
    path.write_text(text)
    with pytest.raises(InputError, match=complaint):
        read_chart(path)


def midi(path: Path, tempo: bool = True) -> Path:
    """Four bars of 3/4 at 120, then at 60: a tune in quarters on one track, a bass on another, drums on channel 10."""
    conductor = mido.MidiTrack([mido.MetaMessage("track_name", name="Two tempi")])
    if tempo:
        conductor += [mido.MetaMessage("set_tempo", tempo=500_000), mido.MetaMessage("time_signature", numerator=3)]
        conductor.append(mido.MetaMessage("set_tempo", tempo=1_000_000, time=12 * 480))
    tune = mido.MidiTrack([mido.MetaMessage("track_name", name="Vocals")])
    bass = mido.MidiTrack([mido.Message("program_change", program=33, channel=1)])
    for beat in range(24):
        tune.append(mido.Message("note_on", note=60 + beat % 5, velocity=100))
        tune.append(mido.Message("note_on", note=60 + beat % 5, velocity=0, time=480))
        bass.append(mido.Message("note_on", note=36, channel=1, velocity=70))
        bass.append(mido.Message("note_off", note=36, channel=1, time=480))
        bass += [mido.Message("note_on", note=42, channel=9), mido.Message("note_off", note=42, channel=9)]
    mido.MidiFile(ticks_per_beat=480, tracks=[conductor, tune, bass]).save(path)
    return path


def test_a_midi_file_keeps_its_own_tempi_bars_and_voices(tmp_path):
    song = read_midi(midi(tmp_path / "two.mid"))
    assert song.title == "Two tempi"
    assert [(voice.name, voice.program, len(voice.notes)) for voice in song.voices] == [("Vocals", 0, 24), ("", 33, 24)]
    np.testing.assert_allclose(song.beat_seconds, [*np.arange(12) * 0.5, *(6 + np.arange(13.0))])
    assert song.bar.tolist() == [bar for bar in range(8) for _ in range(3)]
    np.testing.assert_allclose(song.voices[0].notes[11:13], [[5.5, 0.5, 61, 100], [6.0, 1.0, 62, 100]])
    score = to_score(song, "two", 1)
    assert set(score.notes_of(Role.BASS)[:, 2]) == {36} and set(score.notes_of(Role.MELODY)[:, 2]) == set(range(60, 65))


def test_a_midi_file_without_a_tempo_was_just_played(tmp_path):
    song = read_midi(midi(tmp_path / "played.mid", tempo=False))
    assert len(song.bar) == 0
    score = to_score(song, "played", 1)
    assert np.median(np.diff(score.beat_seconds)) == pytest.approx(0.5, abs=0.02), "found from the notes"


def test_an_abc_tune_with_chords_and_a_repeat():
    song = read_abc_tune(WALTZ, "waltz.abc#1")
    assert song.title == "A waltz"
    quarter = 60 / 90
    assert song.bar.tolist() == [bar for bar in range(6) for _ in range(3)], "the repeat is played"
    np.testing.assert_allclose(song.beat_seconds, np.arange(19) * quarter)
    np.testing.assert_allclose([start for start, _, _ in song.chords], np.arange(6) * 3 * quarter)
    assert [root for _, root, _ in song.chords] == [7, 2, 4, 0, 4, 0]
    assert song.chords[1][2] == mask(2, 6, 9, 0)
    (voice,) = song.voices
    assert voice.notes[:, 2].tolist() == [67, 69, 71, 74, 69, 71, 72, 74, 76, 71, 72, 74, 76]
    np.testing.assert_allclose(voice.notes[3, :2], [3 * quarter, 2 * quarter])


def test_a_jig_has_two_beats_in_a_bar_and_is_harmonised_and_repeated():
    song = read_abc_tune(JIG, "jig")
    assert song.bar.tolist() == [bar for bar in range(16) for _ in range(2)]
    score = to_score(song, "jig", 3)
    assert score.beat_seconds[-1] >= 200 and score.has_harmony
    np.testing.assert_allclose(np.diff(score.beat_seconds), 0.5)
    assert (np.diff(score.bar) >= 0).all() and len(score.bar) == len(score.chord_root)
    assert len(score.notes) % (16 * 6) == 0


def test_musicxml_with_harmony(tmp_path):
    from music21 import converter

    path = tmp_path / "waltz.musicxml"
    converter.parse(WALTZ, format="abc").write("musicxml", fp=str(path))
    xml, abc = read_musicxml(path), read_abc_tune(WALTZ, "waltz")
    np.testing.assert_allclose(xml.beat_seconds, abc.beat_seconds)
    assert [chord[1:] for chord in xml.chords] == [chord[1:] for chord in abc.chords]
    np.testing.assert_allclose(xml.voices[0].notes[:, :3], abc.voices[0].notes[:, :3])


@pytest.fixture
def folder(tmp_path) -> Path:
    """Four good works in five files, and four bad files."""
    (tmp_path / "deep").mkdir()
    midi(tmp_path / "deep" / "two.mid")
    shutil.copy(tmp_path / "deep" / "two.mid", tmp_path / "same again.mid")
    (tmp_path / "book.abc").write_text("% a book\n" + WALTZ + "\n" + JIG)
    (tmp_path / "road.chords").write_text(CHART)
    (tmp_path / "bad.mid").write_bytes(b"MThd nonsense")
    (tmp_path / "bad.musicxml").write_text("<score-partwise>")
    (tmp_path / "bad.abc").write_text("no tune here")
    (tmp_path / "short.chords").write_text("| C | G |")
    (tmp_path / "notes.txt").write_text("not a score")
    return tmp_path


def test_a_folder_of_files_becomes_works_and_bad_files_one_line_each(folder):
    said: list[str] = []
    scores = read_score_files(folder, said.append)
    names = {score.name for score in scores}
    assert names == {"book.abc#1", "book.abc#2", "deep/two.mid", "road.chords"}, "a copy is the same work"
    assert len(said) == 4 and all("\n" not in line for line in said)
    for bad in ("bad.mid", "bad.musicxml", "bad.abc", "short.chords"):
        assert sum(bad in line for line in said) == 1, (bad, said)


def test_clusters_of_files_are_stable_and_far_from_those_of_tables(folder):
    """The first number is written down: if it changes, works move between training and test."""
    assert cluster_of("work:Wagon Road") == 2251587950671167342
    first = {score.name: score.cluster_id for score in read_score_files(folder, lambda _: None)}
    (folder / "road.chords").rename(folder / "deep" / "renamed.chords")
    second = {score.name: score.cluster_id for score in read_score_files(folder, lambda _: None)}
    assert first["road.chords"] == second["deep/renamed.chords"], "a work is what it contains, not where it lies"
    assert all(FIRST_FILE_CLUSTER <= cluster < 1 << 63 for cluster in first.values())
    assert {split_of(cluster) for cluster in first.values()} <= {"train", "validation", "test"}


def test_versions_of_one_work_are_one_work(folder):
    (folder / "works.csv").write_text("path,title,work\nroad.chords,Road,the work\ndeep/two.mid,Two,the work\n")
    scores = {score.name: score.cluster_id for score in read_score_files(folder, lambda _: None)}
    assert scores["deep/two.mid"] == cluster_of("work:the work") and "road.chords" not in scores


@pytest.mark.parametrize("table", ["path,title\na,b\n", "path,title,work\nnowhere.mid,x,y\n"])
def test_a_table_of_works_that_cannot_be_true_stops_everything(folder, table):
    (folder / "works.csv").write_text(table)
    with pytest.raises(InputError, match="works.csv"):
        read_score_files(folder, lambda _: None)


def test_tables_and_files_lie_side_by_side_and_files_are_parsed_anew_when_they_change(folder):
    write_tables(folder, [{"version_id": 7, "cluster_id": 7}])
    cache = folder / "cache" / "corpus.pickle"
    assert len(load_scores(folder, cache)) == 5
    said: list[str] = []
    assert len(load_scores(folder, cache, said.append)) == 5 and said == [], "the second time from the cache"
    (folder / "road.chords").unlink()
    assert [score.name for score in load_scores(folder, cache)][0] == "pop909:7"
    assert len(load_scores(folder, cache)) == 4


def test_works_of_a_split_take_turns_by_source(folder):
    write_tables(folder, [{"version_id": number, "cluster_id": number} for number in range(8)])
    corpus = load_scores(folder)
    chosen = works_of(corpus, "train", ["file", "pop909"])
    assert all(split_of(score.cluster_id) == "train" for score in chosen)
    files = sum(score.source == "file" for score in chosen)
    assert files and [score.source for score in chosen[: 2 * files]] == ["file", "pop909"] * files
    assert works_of(corpus, "train", ["nothing"]) == []


def test_a_tempo_nobody_can_play_is_refused_before_the_tune_is_repeated_for_ever(tmp_path):
    content = midi(tmp_path / "fast.mid").read_bytes()
    for tempo in (500_000, 1_000_000):
        content = content.replace(b"\xff\x51\x03" + tempo.to_bytes(3, "big"), b"\xff\x51\x03\x00\x00\x01")
    (tmp_path / "fast.mid").write_bytes(content)
    with pytest.raises(InputError, match="no song"):
        to_score(read_midi(tmp_path / "fast.mid"), "fast", 1)


def test_a_song_of_nothing_is_refused():
    with pytest.raises(InputError, match="no song"):
        to_score(WrittenSong("empty", (), np.zeros(0), np.zeros(0, np.int64)), "empty", 1)
