"""Two systems that need no training, side by side on made-up songs."""

import numpy as np
import pytest

from livecsi.evaluation.compare import LENGTHS_SECONDS, Labelled, compare_system, middle_frames, same_work
from livecsi.evaluation.compare_report import report
from livecsi.evaluation.pictures import draw
from livecsi.identify.systems.registry import system_of
from tests.identify.systems.made_up import performed, song, untrained_model

WORKS = 5


@pytest.fixture(scope="module")
def recordings() -> list[Labelled]:
    """A studio and a live version of each of five works, and one song that was recorded once."""
    studio = [Labelled(f"W{n}", f"studio {n}", song(n)) for n in range(WORKS)]
    live = [Labelled(f"W{n}", f"live {n}", performed(song(n), 2, 1.1)) for n in range(WORKS)]
    return [*studio, *live, Labelled("W9", "once", song(9))]


@pytest.fixture(scope="module")
def comparisons(recordings):
    models = [untrained_model(name) for name in ("qmax", "fingerprint")]
    return [compare_system(model.name, system_of(model, 1), recordings) for model in models]


def test_a_system_that_hears_songs_beats_one_that_hears_recordings(comparisons):
    qmax, fingerprint = comparisons
    assert qmax.figures.map == qmax.figures.top1 == 1.0 and qmax.figures.mr1 == 1.0
    assert fingerprint.figures.map < 0.8
    assert (qmax.figures.queries, qmax.figures.references, qmax.figures.unanswerable) == (10, 11, 1)
    assert (qmax.balanced_pairs.pairs, qmax.all_pairs.pairs) == (2 * WORKS, 55)
    assert qmax.all_pairs.roc_area > 0.99 > fingerprint.all_pairs.roc_area


def test_nothing_is_compared_with_itself(comparisons, recordings):
    for one in comparisons:
        assert np.isneginf(np.diagonal(one.scores)).all()
        assert np.isfinite(one.scores[~np.eye(len(recordings), dtype=bool)]).all()
    assert not np.diagonal(same_work(recordings)).any()


def test_a_recording_too_short_for_a_system_is_played_on(recordings):
    system = system_of(untrained_model("fingerprint"), 1)
    short = Labelled("W0", "short", recordings[0].frames[:, : system.minimum_frames - 1])
    compared = compare_system("fingerprint", system, [*recordings[:3], short])
    assert compared.figures.references == 4 and compared.figures.queries == 2


def test_every_length_that_some_recording_has_is_measured(comparisons):
    for one in comparisons:
        assert [at.seconds for at in one.by_length] == list(LENGTHS_SECONDS)
        queries = {at.seconds: at.figures.queries for at in one.by_length}
        assert queries[15.0] == 10 and queries[180.0] == 0, "the made-up songs last two minutes"
        assert all(at.rank_milliseconds > 0 for at in one.by_length if at.figures.queries)


def test_the_middle():
    frames = np.arange(20, dtype=np.float32).reshape(2, 10)
    assert middle_frames(frames, 4)[0].tolist() == [3, 4, 5, 6]
    assert middle_frames(frames, 99).shape == (2, 10)


def test_the_report_has_a_row_for_each_model_in_each_table(comparisons):
    text = report("made up", comparisons)
    assert text.startswith("## made up\n")
    assert text.count("| qmax ") == text.count("| fingerprint ") == 3
    assert "11 recordings, 10 with another version" in text and "| 180 s" not in text


def test_pictures(comparisons, recordings, tmp_path):
    paths = draw(tmp_path, "made-up", comparisons, recordings)
    assert [path.name for path in paths] == [
        f"made-up-{kind}.png" for kind in ("roc", "precision", "lengths", "scores", "map")
    ]
    assert all(path.read_bytes().startswith(b"\x89PNG") and path.stat().st_size > 5000 for path in paths)
