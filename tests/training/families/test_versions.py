"""A batch has several versions of several works, the same whoever asks and whenever, treated as the plan says."""

from dataclasses import replace

import numpy as np
import pytest

from livecsi.training.families.plan import VersionShape
from livecsi.training.families.treatment import at_speed, masked, rolled, stitched
from livecsi.training.families.versions import FamilyMaterial, VersionBatches, Work, as_input, of_length
from tests.training.families.made_up import material

SHAPE = VersionShape(works=3, versions=2, frames=(48, 64))


def batches(shape: VersionShape = SHAPE, kind: str = "constant-q", of: FamilyMaterial | None = None) -> VersionBatches:
    return VersionBatches(of or material(), shape, kind, 1, 10)


def ramp(frames: int = 10, rows: int = 72) -> np.ndarray:
    return np.tile(np.arange(frames, dtype=np.float32), (rows, 1))


def test_step_k_is_always_the_same_batch_and_another_step_another_one():
    first, again, other = batches()[4], batches()[4], batches()[6]
    assert first["features"].equal(again["features"]) and first["work"].equal(again["work"])
    assert not first["features"].equal(other["features"])


def test_versions_of_a_work_stand_together_and_lengths_take_turns():
    batch = batches()[0]
    work = batch["work"].tolist()
    assert work[::2] == work[1::2] and len(set(work)) == 3
    assert batch["features"].shape == (6, 72, 48) and batches()[1]["features"].shape == (6, 72, 64)
    assert not batch["features"][0].equal(batch["features"][1])


@pytest.mark.parametrize("change", [
    {"masks": 2}, {"speed": (0.7, 0.8)}, {"roll": 5}, {"stitching": 1.0}, {"from_start": True}, {"chorus": True},
])  # fmt: skip
def test_every_treatment_changes_the_batch_and_keeps_its_shape(change):
    plain, treated = batches()[2], batches(replace(SHAPE, **change))[2]
    assert plain["features"].shape == treated["features"].shape
    assert not plain["features"].equal(treated["features"])


def test_crowds_are_added_to_some():
    loud = FamilyMaterial(material().works, [np.full((72, 2000), 1.0, np.float32)])
    plain, crowded = batches(of=loud), batches(replace(SHAPE, crowd=True), of=loud)
    added = [(crowded[step]["features"] - plain[step]["features"]) for step in range(6)]
    assert all((one >= -1e-5).all() for one in added)
    heard = np.mean([(item.abs().sum() > 1).item() for one in added for item in one])
    assert 0 < heard < 0.5  # half are drawn, and of those some begin after so short an item is over


def test_hpcp_families_get_twelve_pitch_classes_from_zero_to_one():
    features = batches(replace(SHAPE, roll=11), "hpcp")[0]["features"]
    assert features.shape == (6, 12, 48) and features.min() >= 0 and features.max() == 1


def test_recordings_take_their_share_of_a_batch_and_may_be_all_there_is():
    recorded = [Work(f"r{n}", None, (np.random.default_rng(n).random((72, 90), np.float32),)) for n in range(3)]
    both = FamilyMaterial([*material().works, *recorded])
    for step in range(4):
        assert sum(work >= 4 for work in batches(replace(SHAPE, recorded=1), of=both)[step]["work"].tolist()) == 2
        assert all(work < 4 for work in batches(of=both)[step]["work"].tolist())
    assert batches(of=FamilyMaterial(recorded))[0]["features"].shape == (6, 72, 48)


def test_pitch_classes_of_a_collection_are_taken_as_they_are():
    work = Work("W_1", None, (np.random.default_rng(0).random((12, 90), np.float32),))
    batch = VersionBatches(FamilyMaterial([work]), VersionShape(works=1, versions=2, frames=(48,)), "hpcp", 1, 1)[0]
    assert batch["features"].shape == (2, 12, 48)
    assert as_input(work.recordings[0], "hpcp") is work.recordings[0]


def test_speed_moves_through_a_performance_and_stands_still_at_its_end():
    np.testing.assert_allclose(at_speed(ramp(), 2.0, 7)[0], [0, 2, 4, 6, 8, 9, 9])
    np.testing.assert_allclose(at_speed(ramp(), 0.5, 4)[0], [0, 0.5, 1, 1.5])


def test_constant_q_moves_off_the_edge_and_pitch_classes_go_round():
    frames = np.eye(72, 72, dtype=np.float32)
    assert rolled(frames, 3)[3:, :-3].diagonal().all() and rolled(frames, 3)[:3].max() < 0.01
    classes = np.eye(12, dtype=np.float32)
    np.testing.assert_array_equal(rolled(classes, -2), np.roll(classes, -2, axis=0))


def test_masks_are_bands_of_fewer_than_24_bins():
    for seed in range(20):
        silent = (masked(np.ones((72, 5), np.float32), 2, np.random.default_rng(seed)) == 0).all(1)
        assert silent.sum() <= 46 and np.abs(np.diff(silent.astype(int))).sum() <= 4
    assert (masked(np.ones((12, 5), np.float32), 1, np.random.default_rng(3)) == 0).all(1).sum() < 4


def test_stitched_segments_are_of_different_versions_and_keep_their_moments():
    versions = [ramp() + 100 * number for number in range(4)]
    seen = set()
    for seed in range(30):
        row = stitched(versions, np.random.default_rng(seed))[0]
        np.testing.assert_array_equal(row % 100, np.arange(10))
        changes = np.flatnonzero(np.diff(row // 100))
        assert len(set(row // 100)) == len(changes) + 1
        seen.add(len(changes) + 1)
    assert seen == {2, 3, 4}


def test_what_is_short_is_followed_by_silence():
    assert of_length(ramp(4), 6)[0].tolist() == [0, 1, 2, 3, 0, 0] and of_length(ramp(4), 3).shape == (72, 3)
