"""One path for microphone and recording: the blocks it came in, a cable that fell out, and a night of nothing."""

import numpy as np
import pytest

from livecsi.audio.recording import RecordingSource
from livecsi.service.listener import Hearing
from livecsi.service.pipeline import Pipeline
from livecsi.settings import DecodingSettings
from livecsi.types import SAMPLE_RATE_HERTZ, Block, Gap, Kind
from tests.conftest import CUT_TRUTH
from tests.fakes import FakeSource, cut


def listen(ear, identifier, pieces, progress=lambda _: None) -> Hearing:
    return Pipeline(ear, identifier).listen(FakeSource(pieces), progress)


def titles(hearing: Hearing) -> list[str]:
    return [p.best.title if p.best else "unknown" for p in hearing.performances]


@pytest.fixture(scope="module")
def reference(ear, identifier, cut_of_concert) -> Hearing:
    return listen(ear, identifier, cut(cut_of_concert, SAMPLE_RATE_HERTZ))


def test_both_songs_are_found_where_they_are_played(reference):
    assert titles(reference) == ["Korobeiniki", "Auld Lang Syne"]
    for performance, (_, start, end) in zip(reference.performances, CUT_TRUTH, strict=True):
        assert performance.start_seconds == pytest.approx(start, abs=10)
        assert performance.end_seconds == pytest.approx(end, abs=10)
    assert reference.duration_seconds == pytest.approx(132)


@pytest.mark.parametrize("chunk_samples", [1024, 30_000, 500_000])
def test_blocks_of_any_size_give_the_same_night_to_the_last_digit(
    ear, identifier, cut_of_concert, reference, chunk_samples
):
    assert listen(ear, identifier, cut(cut_of_concert, chunk_samples)) == reference


def test_a_file_gives_the_same_night_as_a_microphone(ear, identifier, cut_file, cut_of_concert):
    """FLAC keeps 16 bits, so the microphone is fed what the file holds."""
    with RecordingSource(cut_file, DecodingSettings(), chunk_samples=4800) as source:
        blocks = list(source)
    live = listen(ear, identifier, cut(np.concatenate([block.samples for block in blocks]), 700))
    with RecordingSource(cut_file, DecodingSettings()) as source:
        assert Pipeline(ear, identifier).listen(source) == live


def test_a_cable_that_fell_out_for_half_a_minute_costs_that_half_minute_and_no_more(
    ear, identifier, cut_of_concert, reference
):
    """The gap is digital silence; one frame of it that is no number used to spoil everything after it."""
    first, last = 25 * SAMPLE_RATE_HERTZ, 55 * SAMPLE_RATE_HERTZ
    after = [Block(b.first_sample + last, b.samples) for b in cut(cut_of_concert[last:], 10_000)]
    hearing = listen(ear, identifier, [*cut(cut_of_concert[:first], 10_000), Gap(first, last, "device lost"), *after])
    assert sum(gap.last_sample - gap.first_sample for gap in hearing.gaps) == last - first
    assert hearing.coverage()["gap_seconds"] == 30.0
    assert all(np.isfinite(window.music_fraction) for window in hearing.windows)
    assert max(window.gap_fraction for window in hearing.windows) > 0.4
    assert titles(hearing)[-1] == "Auld Lang Syne"
    missing = sum(p.gap_seconds for p in hearing.performances)
    covered = sum(max(0.0, min(p.end_seconds, 55) - max(p.start_seconds, 25)) for p in hearing.performances)
    assert missing == pytest.approx(covered, abs=0.01)


def test_a_performance_over_a_short_gap_says_how_much_of_it_is_missing(ear, identifier, cut_of_concert):
    first, last = 20 * SAMPLE_RATE_HERTZ, 23 * SAMPLE_RATE_HERTZ
    song = cut_of_concert[: 75 * SAMPLE_RATE_HERTZ]
    after = [Block(b.first_sample + last, b.samples) for b in cut(song[last:], 10_000)]
    hearing = listen(ear, identifier, [*cut(song[:first], 10_000), Gap(first, last, "overrun"), *after])
    (performance,) = hearing.performances
    assert (performance.best.title, performance.gap_seconds) == ("Korobeiniki", 3.0)


def test_a_gap_longer_than_the_ring_is_passed_over(ear, identifier, cut_of_concert):
    length = 6 * 60 * SAMPLE_RATE_HERTZ
    song = cut_of_concert[: 70 * SAMPLE_RATE_HERTZ]
    after = [Block(b.first_sample + length, b.samples) for b in cut(song, 50_000)]
    hearing = listen(ear, identifier, [Gap(0, length, "not started"), *after])
    assert titles(hearing) == ["Korobeiniki"]
    assert hearing.performances[0].start_seconds == pytest.approx(360, abs=10)


def test_coverage_adds_up(reference):
    coverage = reference.coverage()
    sounds = [coverage[f"{kind}_seconds"] for kind in ("music", "speech", "crowd", "silence")]
    assert sum(sounds) == pytest.approx(coverage["listened_seconds"], abs=0.5)
    assert coverage["identified_seconds"] == sum(p.duration_seconds for p in reference.performances)
    assert (coverage["unknown_seconds"], coverage["gap_seconds"]) == (0, 0)


@pytest.mark.parametrize("samples", [0, 1, 6600, 5 * SAMPLE_RATE_HERTZ, 25 * SAMPLE_RATE_HERTZ])
def test_a_session_that_ends_before_it_begins_is_a_session_without_songs(ear, identifier, samples):
    noise = np.random.default_rng(0).standard_normal(samples).astype(np.float32) * 0.05
    hearing = listen(ear, identifier, cut(noise, 4410))
    assert hearing.duration_seconds == samples / SAMPLE_RATE_HERTZ
    assert all(p.best is None for p in hearing.performances)


def test_ten_minutes_of_digital_silence_hold_nothing(ear, identifier):
    hearing = listen(ear, identifier, cut(np.zeros(600 * SAMPLE_RATE_HERTZ, np.float32), 100_000))
    assert hearing.performances == ()
    assert {segment.kind for segment in hearing.segments} == {Kind.SILENCE}


def test_what_was_heard_so_far_can_be_asked_at_any_time(ear, identifier, cut_of_concert):
    pipeline = Pipeline(ear, identifier)
    assert pipeline.hearing().performances == ()
    for block in cut(cut_of_concert[: 60 * SAMPLE_RATE_HERTZ], 100_000):
        pipeline.accept(block)
    assert titles(pipeline.hearing()) == ["Korobeiniki"]


def test_progress_is_told_the_seconds_heard(ear, identifier):
    told: list[float] = []
    listen(ear, identifier, cut(np.zeros(50_000, np.float32), 22_050), told.append)
    assert told == [1.0, 2.0, 50_000 / SAMPLE_RATE_HERTZ]
