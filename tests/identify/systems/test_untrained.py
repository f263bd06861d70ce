"""Systems that learned nothing, on made-up songs: what each must find, and what only some can."""

import numpy as np
import pytest

from livecsi.errors import InputError, UntrustedError
from livecsi.identify.references import Reference
from livecsi.identify.systems.fingerprint import Landmarks, best_offset, landmarks, peaks
from livecsi.identify.systems.registry import UNTRAINED
from tests.identify.systems.made_up import performed, song, untrained_model

SONGS = 8
VERSIONS = {
    "qmax": {"semitones": 3, "speed": 1.12},
    "smith-waterman": {"semitones": 3, "speed": 1.12},
    "fourier-2d": {"semitones": 3},
    "fingerprint": {},
}
"""How differently a song may be played for each system to know it again."""


@pytest.fixture(params=sorted(UNTRAINED))
def system(request):
    return UNTRAINED[request.param](untrained_model(request.param))


def references(system) -> list[Reference]:
    return [Reference(number, number, system.encode(song(number))) for number in range(SONGS)]


@pytest.mark.parametrize("number", [0, 3, 7])
def test_a_stretch_of_another_performance_is_found_first(system, number):
    window = performed(song(number)[:, 120:330], **VERSIONS[system.kind])
    match = system.matcher(references(system)).rank(system.encode(window), 3)[0]
    assert match.reference.work_id == number
    assert match.rotation == VERSIONS[system.kind].get("semitones", 0) * (system.kind in ("qmax", "smith-waterman"))


@pytest.mark.parametrize("system", ["fingerprint", "qmax", "smith-waterman"], indirect=True)
def test_the_place_in_the_song_is_where_the_stretch_was_cut(system):
    """All but the magnitudes of a Fourier transform, which know no place."""
    window = system.encode(performed(song(2)[:, 150:300]))
    match = system.matcher(references(system)).rank(window, 1)[0]
    seconds = system.features.frame_seconds
    offset = match.song_start_seconds - match.window_start_seconds
    assert offset == pytest.approx(150 * seconds, abs=4 * seconds)
    assert match.song_end_seconds - match.song_start_seconds > 30


def test_a_landmark_fingerprint_fails_where_a_band_plays_it_another_way():
    system = UNTRAINED["fingerprint"](untrained_model("fingerprint"))
    ways = (0, 1.0), (3, 1.12)
    same, other = (system.encode(performed(song(1), semitones, speed, 0.0)) for semitones, speed in ways)
    studio = system.encode(song(1))
    heard, lost = (system.likeness(query, [studio])[0].score for query in (same, other))
    assert lost < 0.1 * heard


def test_what_the_catalogue_keeps_ranks_as_what_was_heard(system):
    heard = references(system)
    kept = system.unpack([system.pack(reference.sequences) for reference in heard])
    opened = [Reference(r.recording_id, r.work_id, sequences) for r, sequences in zip(heard, kept, strict=True)]
    query = system.encode(performed(song(5)[:, 100:300]))
    fresh, stored = (system.matcher(songs).compare(query, songs) for songs in (heard, opened))
    assert [match.reference.work_id for match in fresh][:2] == [match.reference.work_id for match in stored][:2]
    np.testing.assert_allclose([m.raw_score for m in fresh][0], [m.raw_score for m in stored][0], rtol=0.05)


def test_bytes_of_another_system_and_damaged_ones_are_refused(system):
    other = next(UNTRAINED[name](untrained_model(name)) for name in UNTRAINED if name != system.kind)
    payload = system.pack(system.encode(song(0)))
    with pytest.raises(UntrustedError, match="stored sequences cannot be read"):
        other.unpack([payload])
    with pytest.raises(UntrustedError, match="stored sequences cannot be read"):
        system.unpack([payload[: len(payload) // 2]])


def test_a_minute_out_of_the_middle(system):
    whole = system.encode(song(4))
    minute = system.middle(whole, 60.0)
    found = system.matcher(references(system)).rank(minute, 1)[0]
    assert found.reference.work_id == 4
    assert system.arrays(system.middle(whole, 1000.0)).keys() == system.arrays(whole).keys()


def test_less_than_ten_seconds_is_too_short(system):
    with pytest.raises(InputError, match="too short to recognise: less than 10 s"):
        system.encode(song(0, 31))


def test_silence_is_like_nothing(system):
    silence = system.encode(np.zeros((72, 200), np.float32))
    scores = [match.score for match in system.matcher(references(system)).rank(silence, SONGS)]
    assert np.isfinite(scores).all()


def test_impostors_are_other_works(system):
    songs = references(system)
    twin = Reference(99, songs[0].work_id, songs[0].sequences)
    (alone,) = system.impostor_means([songs[0]], [twin])
    assert alone == 0.0, "a version of the same work is no impostor"
    means = system.impostor_means(songs, songs)
    assert len(means) == SONGS and np.isfinite(means).all() and np.std(means) > 0


def test_standardised_scores_are_in_deviations():
    plain = UNTRAINED["qmax"](untrained_model("qmax"))
    scaled = UNTRAINED["qmax"](untrained_model("qmax", scoring={"mean": 1.0, "deviation": 0.5}))
    songs, query = references(plain), plain.encode(song(1)[:, :200])
    raw, standard = (system.matcher(songs).compare(query, songs[:1])[0].raw_score for system in (plain, scaled))
    assert standard == pytest.approx((raw - 1.0) / 0.5)


def test_landmarks_by_hand():
    """Three peaks: each is paired with those after it that are near enough, not with one of the same frame."""
    frames = np.full((72, 30), 0.1, np.float32)
    frames[10, 2] = frames[20, 6] = frames[60, 6] = 1.0
    bins, time = peaks(frames)
    loud = frames[bins, time] > 0.5
    assert list(zip(bins[loud], time[loud], strict=True)) == [(10, 2), (20, 6), (60, 6)]
    found = landmarks(bins[loud], time[loud], 30)
    assert found.codes.tolist() == [(10 * 128 + 20) * 32 + 4], "the third is more than two octaves away"
    assert found.frames.tolist() == [2]


def test_landmarks_vote_for_one_offset():
    query = Landmarks(np.array([1, 2, 3, 9]), np.array([0, 4, 8, 9]), 20)
    song_at_7 = Landmarks(np.array([1, 2, 3, 3]), np.array([7, 11, 15, 2]), 40)
    assert best_offset(query, song_at_7) == (3, 7)
    assert best_offset(query, Landmarks(np.array([5]), np.array([5]), 40)) == (0, 0)
