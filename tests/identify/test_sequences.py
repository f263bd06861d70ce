"""Sequences in the catalogue: small, near enough, and never believed when they were damaged."""

import io
import struct
import zlib

import numpy as np
import pytest

from livecsi.errors import UntrustedError
from livecsi.identify.sequences import LEVELS, Sequences, StoredSequences, pack, unpack
from tests.identify.made_up import random_sequences


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    return random_sequences(np.random.default_rng(3), 25)


def test_what_was_stored_comes_back_within_half_a_step(sequences):
    """Steps of the fine level are a seventh of the moment's own largest value, of the others a 127th of the level's."""
    back = unpack(pack(sequences))
    assert back.frame_seconds == sequences.frame_seconds
    largest = [np.abs(level).max() / 127 for level in sequences.levels]
    steps = [np.abs(sequences.levels[0]).max(0) / 7, *largest[1:]]
    for stored, level, step in zip(back.levels, sequences.levels, steps, strict=True):
        assert stored.shape == level.shape and stored.dtype == np.float32
        assert (np.abs(stored - level) <= 0.51 * step).all()


@pytest.mark.parametrize("moments", [(201, 100, 50), (5, 2, 1)])
def test_an_odd_number_of_moments_keeps_its_order(moments):
    """Two fine moments share a byte, one from each half."""
    rng = np.random.default_rng(1)
    levels = tuple(rng.standard_normal((96, count)).astype(np.float32) for count in moments)
    for stored, level in zip(unpack(pack(Sequences(levels, 0.3))).levels, levels, strict=True):
        for column in range(level.shape[1]):
            assert np.corrcoef(stored[:, column], level[:, column])[0, 1] > 0.98


def test_sequences_stored_by_the_first_release_still_open(sequences):
    back = unpack(first_format(sequences))
    assert back.frame_seconds == sequences.frame_seconds
    for stored, level in zip(back.levels, sequences.levels, strict=True):
        assert np.abs(stored - level).max() <= 0.501 * np.abs(level).max() / 127


def test_sequences_stored_while_there_were_phrases_still_open(sequences):
    back = unpack(with_phrases(sequences))
    for stored, level in zip(back.levels, unpack(pack(sequences)).levels, strict=True):
        np.testing.assert_array_equal(stored, level)
    assert StoredSequences(with_phrases(sequences)).__dict__["_payload"] == pack(sequences)


def test_stored_sequences_are_what_was_unpacked_and_keep_the_bytes_only(sequences):
    for payload in (pack(sequences), with_phrases(sequences), first_format(sequences)):
        stored, opened = StoredSequences(payload), unpack(pack(unpack(payload)))
        assert stored.duration_seconds == sequences.duration_seconds
        assert stored.frame_seconds == sequences.frame_seconds
        for ours, theirs in zip(stored.levels, opened.levels, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(stored.level(1), opened.level(1))
        assert not any(isinstance(value, np.ndarray | tuple) for value in vars(stored).values())
    with pytest.raises(UntrustedError):
        StoredSequences(pack(sequences)[:-1])


def test_silence_can_be_stored_too():
    silence = Sequences(tuple(np.zeros((96, n), np.float32) for n in (8, 4, 2)), 0.3)
    assert all(not level.any() for level in unpack(pack(silence)).levels)


def test_four_minutes_are_stored_in_less_than_sixty_kilobytes(sequences):
    assert sequences.duration_seconds == pytest.approx(60.0)
    assert 4 * len(pack(sequences)) < 50_000


@pytest.mark.parametrize(
    "store",
    [pack, lambda sequences: with_phrases(sequences), lambda sequences: first_format(sequences)],
    ids=["now", "with phrases", "first"],
)
def test_damaged_bytes_are_untrusted_and_never_another_error(sequences, store):
    good = store(sequences)
    cuts = [good[: int(len(good) * share)] for share in np.linspace(0, 0.999, 40)]
    changes = [(at, good[at] ^ 0xFF) for at in range(0, len(good), 997)]
    if good.startswith(b"PK"):  # the last entry of the archive's directory: claim encryption, then compression
        entry = good.rindex(b"PK\x01\x02")
        changes += [(entry + 8, 1), (entry + 10, 8)]
    changed = [bytes([*good[:at], value, *good[at + 1 :]]) for at, value in changes]
    for payload in [b"", b"no", b"PK\x03\x04", bytes(100), b"\x93NUMPY", *cuts, *changed]:
        with pytest.raises(UntrustedError, match="stored sequences cannot be read"):
            unpack(payload)


def test_an_archive_of_something_else_is_untrusted(tmp_path):
    np.savez(tmp_path / "other.npz", fine=np.zeros(3))
    with pytest.raises(UntrustedError):
        unpack((tmp_path / "other.npz").read_bytes())


def test_moments_and_keys(sequences):
    assert [sequences.moment_seconds(level) for level in range(3)] == pytest.approx([0.6, 1.2, 2.4])
    for level, original in enumerate(sequences.levels):
        rotated = sequences.rotated[3][level].reshape(8, 12, -1)
        assert rotated[2, 0, 7] == original.reshape(8, 12, -1)[2, 3, 7], "rotated down by three: C was an E flat"


def with_phrases(sequences: Sequences) -> bytes:
    """What was stored for a while: the number of phrases before the scales, and seven phrases at the end."""
    payload = pack(sequences)
    checked = payload[8:28] + struct.pack("<I", 7) + payload[28:] + bytes(7 * 192)
    return b"LCS3" + struct.pack("<I", zlib.crc32(checked)) + checked


def first_format(sequences: Sequences) -> bytes:
    """What release 0.1 stored: an archive with all levels in eight bits."""
    buffer, arrays = io.BytesIO(), {"frame_seconds": np.float64(sequences.frame_seconds).reshape(1)}
    for name, level in zip(LEVELS, sequences.levels, strict=True):
        scale = np.abs(level).max() / 127
        arrays[name], arrays[f"{name}_scale"] = np.round(level / scale).astype(np.int8), np.array([scale], np.float32)
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def test_a_cut_holds_the_same_seconds_on_every_level(sequences):
    part = sequences.cut(3, 8)
    for level, whole, step in zip(part.levels, sequences.levels, (4, 2, 1), strict=True):
        assert np.array_equal(level, whole[:, 3 * step : 8 * step])
    assert sequences.cut(4, 4).duration_seconds == 0
