"""Constants for a system that is not the house's own, measured on a stage small enough for a test."""

import json
import shutil

import pytest

from livecsi.errors import FindingsError
from livecsi.identify.calibration import Calibration
from livecsi.identify.references import BACKGROUND
from livecsi.identify.sessions import MANIFEST_NAME, default_directory, find_model
from livecsi.identify.systems.registry import UNTRAINED, system_of
from livecsi.training import calibrate_system, constants
from livecsi.training.calibrate_system import add_untrained, calibrate_release
from livecsi.training.rehearsal import BACKGROUND_SONGS, Repertoire
from tests.training.made_up import made_up_score

PLAYED = 8


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """A folder whose manifest knows the untrained systems without any constants, one of them measured."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copy(default_directory() / MANIFEST_NAME, folder)
    manifest = json.loads((folder / MANIFEST_NAME).read_text())
    manifest["models"] = [model for model in manifest["models"] if model["name"] in ("gate", "livecsi")]
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest))
    add_untrained(folder)
    scores = [made_up_score(number) for number in range(BACKGROUND_SONGS + PLAYED)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibrate_system, "SIZES_DRAWS_STEPS", ((8, 3, 1),))
        calibrate_release(folder, "smith-waterman", Repertoire(scores, [made_up_score(200)], []), lambda _: None)
    return folder


def test_every_untrained_system_has_an_entry_and_only_one(models):
    add_untrained(models)
    names = [model["name"] for model in json.loads((models / MANIFEST_NAME).read_text())["models"]]
    assert names == sorted(["gate", "livecsi", *UNTRAINED])
    assert find_model("fourier-2d", models).facts["benchmark_only"] is True


def test_the_constants_are_all_there_and_of_use(models):
    model = find_model("smith-waterman", models)
    calibration = Calibration.from_manifest(model.facts["calibration"])
    assert calibration.slope >= 0 and calibration.per_lead >= 0 and calibration.slope + calibration.per_lead > 0
    assert model.facts["scoring"]["deviation"] > 0
    assert model.id.startswith("smith-waterman@")


def test_background_songs_are_heard_by_the_system_itself(models):
    background = system_of(find_model("smith-waterman", models), 1).background()
    assert len(background) == BACKGROUND_SONGS
    assert all(song.recording_id == BACKGROUND and song.sequences.profiles.any() for song in background)
    assert any(song.impostor_mean for song in background)


def test_the_house_learns_anew_what_a_score_is_worth_and_keeps_everything_else(tmp_path, monkeypatch):
    shutil.copytree(default_directory(), tmp_path / "models")
    before = find_model("livecsi", tmp_path / "models")
    monkeypatch.setattr(constants, "SIZES_DRAWS_STEPS", ((8, 3, 1),))
    scores = [made_up_score(number) for number in range(BACKGROUND_SONGS + PLAYED)]
    calibrate_release(tmp_path / "models", "livecsi", Repertoire(scores, [made_up_score(200)], []), lambda _: None)
    after = find_model("livecsi", tmp_path / "models")
    assert after.id == before.id and set(before.facts) == set(after.facts)
    assert [key for key, value in before.facts.items() if after.facts[key] != value] == ["calibration"]
    assert "bands" not in after.facts["calibration"], "they were measured with the old constants"
    assert Calibration.from_manifest(after.facts["calibration"]) != Calibration.from_manifest(
        before.facts["calibration"]
    )


def test_a_model_without_constants_has_no_background(models):
    assert system_of(find_model("qmax", models), 1).background() == []


def test_what_finds_no_more_than_chance_does_is_not_rehearsed(models, monkeypatch):
    path = models / MANIFEST_NAME
    monkeypatch.setattr(calibrate_system, "set_the_stage", lambda *_: pytest.fail("nothing is to be rendered"))
    manifest = json.loads(path.read_text())
    for entry in manifest["models"]:
        entry |= {"figures": {"rendered": {"map": 0.063}}} if entry["name"] == "qmax" else {}
    path.write_text(json.dumps(manifest))
    with pytest.raises(FindingsError, match=r"MAP 0\.063 on works it has not heard is chance"):
        calibrate_release(models, "qmax", Repertoire([], [], []), lambda _: None)
    assert "calibration" not in find_model("qmax", models).facts
