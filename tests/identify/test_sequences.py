"""Sequences in the catalogue: small, near enough, and never believed when they were damaged."""

import numpy as np
import pytest

from livecsi.errors import UntrustedError
from livecsi.identify.sequences import Sequences, pack, unpack
from tests.identify.made_up import random_sequences


@pytest.fixture(scope="module")
def sequences() -> Sequences:
    return random_sequences(np.random.default_rng(3), 25)


def test_what_was_stored_comes_back_within_half_a_step(sequences):
    back = unpack(pack(sequences))
    assert back.frame_seconds == sequences.frame_seconds
    for stored, level in zip(back.levels, sequences.levels, strict=True):
        assert stored.shape == level.shape and stored.dtype == np.float32
        assert np.abs(stored - level).max() <= 0.501 * np.abs(level).max() / 127


def test_silence_can_be_stored_too():
    silence = Sequences(tuple(np.zeros((96, n), np.float32) for n in (8, 4, 2)), 0.3)
    assert all(not level.any() for level in unpack(pack(silence)).levels)


def test_a_minute_is_stored_in_less_than_twenty_kilobytes(sequences):
    assert sequences.duration_seconds == pytest.approx(60.0)
    assert len(pack(sequences)) < 20_000


def test_damaged_bytes_are_untrusted_and_never_another_error(sequences):
    good = pack(sequences)
    cuts = [good[: int(len(good) * share)] for share in np.linspace(0, 0.999, 40)]
    entry = good.rindex(b"PK\x01\x02")  # the last entry of the archive's directory: claim encryption, then compression
    changes = [(entry + 8, 1), (entry + 10, 8), *((at, good[at] ^ 0xFF) for at in range(0, len(good), 997))]
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
    assert [tensor.shape for tensor in sequences.tensors()] == [(1, 8, 12, 100), (1, 8, 12, 50), (1, 8, 12, 25)]
    rotated = sequences.rotated_coarse.reshape(12, 25, 8, 12)
    original = sequences.levels[2].reshape(8, 12, 25)
    assert rotated[3, 7, 2, 0] == original[2, 3, 7], "entry 3 is rotated down by three: its C was an E flat"
