"""Clips as files: exactly what was played, for their owner alone, whole or not there at all."""

import stat

import numpy as np
import pytest
import soundfile

from livecsi.audio.evidence import as_flac, erase_clip, files_in, write_clip
from livecsi.types import SAMPLE_RATE_HERTZ
from tests.reliability.disk import SmallDisk

NOISE = np.random.default_rng(1).uniform(-1, 1, 6 * SAMPLE_RATE_HERTZ).astype(np.float32)


def test_every_16_bit_value_comes_back_as_it_was(tmp_path):
    played = np.arange(-32_768, 32_768, dtype=np.int16)
    (tmp_path / "clip.flac").write_bytes(as_flac(played.astype(np.float32) / 32_768))
    kept, rate_hertz = soundfile.read(tmp_path / "clip.flac", dtype="int16")
    assert rate_hertz == SAMPLE_RATE_HERTZ and np.array_equal(kept, played)


def test_what_is_too_loud_is_clipped_and_does_not_wrap_around(tmp_path):
    (tmp_path / "clip.flac").write_bytes(as_flac(np.array([1.0, 1.5, -1.5, 0.0], np.float32)))
    kept, _ = soundfile.read(tmp_path / "clip.flac", dtype="int16")
    assert list(kept) == [32_767, 32_767, -32_768, 0]


def test_a_clip_is_for_its_owner_alone_and_leaves_no_empty_folder(tmp_path):
    path = tmp_path / "2024-05-01" / "a-session" / "clip.flac"
    write_clip(path, b"flac")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and list(files_in(tmp_path)) == [path]
    erase_clip(path)
    erase_clip(path)
    assert list(tmp_path.iterdir()) == []


def test_of_a_clip_that_does_not_fit_nothing_stays(tmp_path):
    with SmallDisk(tmp_path) as disk:
        disk.fill()
        with pytest.raises(OSError, match="No space left"):
            write_clip(disk.folder / "2024-05-01" / "a-session" / "clip.flac", as_flac(NOISE))
        assert [path.name for path in disk.folder.iterdir()] == ["somebody's film"]
        disk.free()
        write_clip(disk.folder / "2024-05-01" / "a-session" / "clip.flac", as_flac(NOISE))
        assert len(list(files_in(disk.folder))) == 1
