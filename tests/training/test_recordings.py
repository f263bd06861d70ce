"""Folders of one's own recordings: a table decides what may be trained on, and versions of a work are kept back."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from livecsi.errors import InputError
from livecsi.features.cqt import ConstantQSpec
from livecsi.training.recordings import (
    audio_files,
    cached_features,
    impostor_recordings,
    list_recordings,
    training_recordings,
)
from livecsi.types import SAMPLE_RATE_HERTZ

TABLE = """path,title,artist,group,split
a.wav,A,Somebody,,
b.wav,B,Somebody,waltz,
deep/c.wav,B,Somebody else,waltz,
d.wav,D,,polka,train
e.wav,E,,,test
"""


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "deep").mkdir()
    for name in ("a.wav", "b.wav", "deep/c.wav", "d.wav", "e.wav"):
        tone = 0.3 * np.sin(np.arange(SAMPLE_RATE_HERTZ) * 0.1)
        soundfile.write(tmp_path / name, tone, SAMPLE_RATE_HERTZ)
    (tmp_path / "recordings.csv").write_text(TABLE)
    return tmp_path


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def test_versions_of_a_work_are_kept_back_unless_the_table_says_train(folder):
    assert names(training_recordings(folder)) == ["a.wav", "d.wav"]
    assert names(impostor_recordings(folder)) == ["b.wav", "e.wav"], "one of a group, none that is trained on"
    assert [recording.split for recording in list_recordings(folder)] == [
        "train", "validation", "validation", "train", "test"]  # fmt: skip


def test_a_folder_with_a_part_for_each_purpose(folder, tmp_path_factory):
    whole = tmp_path_factory.mktemp("whole")
    (whole / "music").mkdir()
    (folder / "recordings.csv").rename(folder / "music.csv")
    folder.rename(whole / "music_more")
    (whole / "music" / "impostor.ogg").write_bytes(b"")
    assert names(training_recordings(whole)) == ["a.wav", "d.wav"]
    assert names(impostor_recordings(whole)) == ["impostor.ogg"]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [("z.wav,,,,", r"csv:7: no such file 'z.wav'"), ("a.wav,,,,maybe", "split 'maybe'"), (",,,,", "no such file")],
)
def test_a_row_that_makes_no_sense_is_named(folder, row, complaint):
    (folder / "recordings.csv").write_text(TABLE + row + "\n")
    with pytest.raises(InputError, match=complaint):
        training_recordings(folder)


def test_a_folder_without_a_table_says_what_it_needs(tmp_path):
    with pytest.raises(InputError, match=r"no recordings.csv here \(it needs a column path"):
        training_recordings(tmp_path)
    with pytest.raises(InputError, match="no audio files here"):
        audio_files(tmp_path)


def test_features_are_computed_once(folder):
    said: list[str] = []
    paths = [folder / "a.wav"]
    first = cached_features(paths, ConstantQSpec(), folder / "cache", said.append)
    second = cached_features(paths, ConstantQSpec(), folder / "cache", said.append)
    assert said == ["constant-Q of a.wav"]
    np.testing.assert_array_equal(first[paths[0]], second[paths[0]])
    assert first[paths[0]].mean() == pytest.approx(1, abs=0.01)
