"""Collections as their makers lay them out are read without changing a file."""

import h5py
import numpy as np
import pytest

from livecsi.errors import InputError
from livecsi.training.layouts import da_tacos_works, find_recordings, is_da_tacos


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_shs100k_by_set_and_version_with_what_audio_there_is(tmp_path):
    (tmp_path / "SHS100K-TRAIN").write_text(
        "0\t0\tOne Song\tA Band\thttp://x\t1\n0\t1\tOne Song\tOthers\thttp://y\t1\n"
    )
    (tmp_path / "SHS100K-TEST").write_text("7 2 Another Somebody\n\n")
    touch(tmp_path, "audio/0_0.mp3", "audio/7_2.flac", "audio/notes.txt")
    found = [(r.group, r.split, r.title, r.path.name) for r in find_recordings(tmp_path)]
    assert found == [("0", "train", "One Song", "0_0.mp3"), ("7", "test", "Another", "7_2.flac")]


def test_a_list_without_numbers_is_named_with_its_line(tmp_path):
    (tmp_path / "SHS100K-VAL").write_text("0\t0\tA\n title only\n")
    with pytest.raises(InputError, match=r"SHS100K-VAL:2: no set and version number"):
        find_recordings(tmp_path)


def test_covers80_by_the_folder_of_the_song(tmp_path):
    touch(tmp_path, "covers32k/A_Song/some_band+Live+01-A_Song.mp3", "covers32k/A_Song/others+Best+02-A_Song.mp3",
          "covers32k/B/x+y.mp3", "covers32k/list1.list")  # fmt: skip
    found = [(r.group, r.title, r.artist, r.split) for r in find_recordings(tmp_path)]
    assert found == [("A_Song", "A Song", "others", "test"), ("A_Song", "A Song", "some band", "test"),
                     ("B", "B", "x", "test")]  # fmt: skip


def test_da_tacos_pitch_classes_are_pooled_to_our_frames(tmp_path):
    folder = tmp_path / "W_1_hpcp"
    folder.mkdir()
    profile = np.repeat(np.arange(100, dtype=np.float32)[:, None], 12, axis=1)
    with h5py.File(folder / "P_1_hpcp.h5", "w") as file:
        file["hpcp"] = profile
    assert is_da_tacos(tmp_path)
    (version,) = da_tacos_works(tmp_path)["W_1"]
    assert version.shape == (12, 4)  # 1.16 s
    np.testing.assert_allclose(version[0], [12.5, 38.5, 64.0, 88.5], atol=1)


@pytest.mark.parametrize("content", [None, {"chroma": np.zeros((5, 12))}, {"hpcp": np.zeros((5, 7))}])
def test_a_file_that_is_something_else_is_named(tmp_path, content):
    path = tmp_path / "W_1_hpcp" / "P_1.h5"
    path.parent.mkdir()
    path.write_bytes(b"no")
    if content is not None:
        with h5py.File(path, "w") as file:
            for name, values in content.items():
                file[name] = values
    with pytest.raises(InputError, match=r"P_1\.h5"):
        da_tacos_works(tmp_path)


def test_a_folder_without_any_layout_says_what_it_needs(tmp_path):
    with pytest.raises(InputError, match="no recordings.csv here"):
        find_recordings(tmp_path)
