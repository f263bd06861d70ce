"""Profiles of frames whose notes are known."""

import numpy as np
import pytest

from livecsi.features.hpcp import hpcp

C4 = 36
"""Bin of middle C; bin 0 is C1."""


def tone(place: int, partials: int = 6) -> np.ndarray:
    """One frame of a note with falling overtones over a little noise."""
    frame = np.full((72, 1), 0.01, np.float32)
    for harmonic in range(1, partials + 1):
        overtone = place + round(12 * np.log2(harmonic))
        if overtone < 72:
            frame[overtone] += 1 / harmonic
    return frame


@pytest.mark.parametrize("place", [C4, C4 + 4, C4 + 7, C4 + 11])
def test_a_note_is_heard_as_its_pitch_class(place):
    profile = hpcp(tone(place))[:, 0]
    assert profile.argmax() == place % 12
    assert profile.max() == pytest.approx(1.0)


def test_a_chord_has_its_three_notes_before_all_others():
    profile = hpcp(tone(C4) + tone(C4 + 3) + tone(C4 + 7))[:, 0]
    assert set(np.argsort(-profile)[:3]) == {0, 3, 7}


def test_transposed_frames_have_rotated_profiles():
    """As far as the bins reach: notes in the middle, with few overtones."""
    low, high = hpcp(tone(C4, 2)), hpcp(tone(C4 + 2, 2))
    np.testing.assert_allclose(np.roll(low, 2, axis=0), high, atol=1e-6)


def test_loudness_and_the_bass_below_g2_change_nothing():
    frame, rumbling = tone(C4), tone(C4)
    rumbling[:6] = 5.0
    np.testing.assert_allclose(hpcp(frame * np.float32(100)), hpcp(frame), atol=1e-5)
    np.testing.assert_allclose(hpcp(rumbling), hpcp(frame), atol=1e-5)


def test_silence_is_no_pitch():
    profile = hpcp(np.zeros((72, 5), np.float32))
    assert profile.shape == (12, 5) and not profile.any() and profile.dtype == np.float32
