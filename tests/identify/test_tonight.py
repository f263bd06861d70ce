"""What a night says about its songs: the share that is known, and repeats."""

import pytest

from livecsi.identify.calibration import shares
from livecsi.identify.tonight import LARGEST_SHIFT, REPEATED_ODDS, known_shifts, weigh
from livecsi.types import Candidate


def heard(*odds: tuple[int, float]) -> tuple[Candidate, ...]:
    """Candidates of works with these log odds, and the shares they have alone."""
    alone = shares([value for _, value in odds])
    return tuple(
        Candidate(work, work, f"Song {work}", "", value, share, value)
        for (work, value), share in zip(odds, alone, strict=True)
    )


def first(candidates: tuple[Candidate, ...]) -> Candidate:
    return max(candidates, key=lambda candidate: candidate.probability)


def test_a_stretch_alone_keeps_its_odds():
    assert weigh([heard((1, 2.0), (2, -1.0))]) == [heard((1, 2.0), (2, -1.0))]


def test_where_most_songs_are_known_a_doubtful_one_is_likelier():
    night = [heard((work, 6.0)) for work in range(1, 10)]
    doubtful = weigh([*night, heard((50, 1.0))])[-1][0]
    assert doubtful.log_odds == pytest.approx(1.0 + known_shifts([{}, *({w: 6.0} for w in range(1, 10))])[0])
    assert 0 < doubtful.log_odds - 1.0 <= LARGEST_SHIFT


def test_where_nothing_is_known_a_doubtful_one_is_less_likely():
    night = [heard((work, -5.0)) for work in range(1, 10)]
    assert weigh([*night, heard((50, 1.0))])[-1][0].log_odds < 0.2


def test_the_shift_is_the_fixed_point_of_expectation_maximisation_by_hand():
    """Two certain songs and two certain strangers beside four imagined songs: half are known, whatever is doubted."""
    assert known_shifts([{}, {1: 30.0}, {2: 30.0}, {3: -30.0}, {4: -30.0}])[0] == pytest.approx(0.0, abs=1e-9)
    assert known_shifts([{}]) == [0.0]


def test_a_song_that_fits_better_elsewhere_is_not_played_twice_easily():
    twin, right = heard((7, 2.0)), heard((7, 4.0))
    doubted, kept = (first(candidates) for candidates in weigh([twin, right]))
    assert kept.log_odds - 4.0 > 0 > REPEATED_ODDS + 1.5 >= doubted.log_odds - 2.0


def test_a_clear_reprise_is_still_named():
    again, before = (first(candidates) for candidates in weigh([heard((7, 7.0)), heard((7, 8.0))]))
    assert min(again.probability, before.probability) > 0.98


def test_a_stretch_with_no_candidates_stays_empty():
    assert weigh([(), heard((1, 2.0))])[0] == ()


def test_two_recordings_of_a_work_do_not_compete():
    both = (*heard((1, 4.0)), Candidate(11, 1, "Song 1", "", 3.0, 0.9, 3.0))
    best, second = weigh([both])[0]
    assert (best.recording_id, second.recording_id) == (1, 11)
    assert best.probability == pytest.approx(shares([4.0])[0]) and second.probability < best.probability
