"""`--model NAME`: the same catalogue, pipeline and ledger with a system that is not the house's own."""

import json
import shutil

import pytest

from livecsi.identify.sessions import MANIFEST_NAME, default_directory
from tests.conftest import CUT_SONGS, FIXTURES
from tests.identify.systems.graphs import entry, write_embedder

STARTED_AT = ("--started-at", "2024-05-01T20:30:00+03:00")
FOLLOWS = {
    "embedding": {"dimensions": 720, "segment_frames": 201, "hop_frames": 50, "shortest_frames": 100, "input": "hpcp"},
    "scoring": {"mean": 0.80, "deviation": 0.02},
    "calibration": {"slope": 1.0, "per_lead": 2.0, "per_log_work": 0.0, "intercept": 4.0},
}
"""Constants by hand, as the network is."""


@pytest.fixture
def with_follows(tmp_path, monkeypatch):
    """The released models and an embedding without any training."""
    models = shutil.copytree(default_directory(), tmp_path / "models")
    write_embedder(models / "follows" / "embedder.onnx")
    manifest = json.loads((models / MANIFEST_NAME).read_text())
    manifest["models"].append(entry(models, "follows", {"embedder": "follows/embedder.onnx"}, **FOLLOWS))
    (models / MANIFEST_NAME).write_text(json.dumps(manifest))
    monkeypatch.setenv("LIVECSI_MODEL__DIRECTORY", str(models))


@pytest.fixture
def songs_csv(tmp_path):
    header, *rows = (FIXTURES / "songs.csv").read_text().splitlines()
    chosen = [row for row in rows if any(work in row for work in CUT_SONGS)]
    (tmp_path / "songs.csv").write_text("\n".join([header, *chosen]).replace("studio/", f"{FIXTURES}/studio/"))
    return tmp_path / "songs.csv"


@pytest.mark.parametrize("model", ["follows", "qmax"])
def test_the_songs_of_the_concert_are_named(livecsi, with_follows, songs_csv, cut_file, model):
    assert livecsi("catalogue", "import", songs_csv, "--model", model).exit_code == 0
    answer = livecsi("replay", cut_file, *STARTED_AT, "--model", model, "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    report = json.loads(answer.stdout)
    assert [item["work"]["title"] for item in report["items"]] == ["Korobeiniki", "Auld Lang Syne"]
    assert livecsi("replay", cut_file, *STARTED_AT).exit_code == 5, "the house's own model has not heard these songs"


@pytest.mark.parametrize("model", ["qmax", "smith-waterman"])
def test_rank_and_check(livecsi, songs_csv, model):
    studio, live = (FIXTURES / kind / "auld-lang-syne.ogg" for kind in ("studio", "live"))
    assert livecsi("catalogue", "import", songs_csv, "--model", model).exit_code == 0
    ranked = json.loads(livecsi("catalogue", "rank", live, "--model", model, "--json").stdout)
    assert (ranked[0]["title"], len(ranked)) == ("Auld Lang Syne", len(CUT_SONGS))
    same = json.loads(livecsi("catalogue", "check", studio, live, "--model", model, "--json").stdout)
    other = FIXTURES / "studio" / "korobeiniki.ogg"
    different = json.loads(livecsi("catalogue", "check", other, live, "--model", model, "--json").stdout)
    assert same["same"] and not different["same"] and same["threshold"] == 0.9
    assert same["score"] > different["score"]


def test_a_model_whose_scores_were_never_measured_names_nothing(livecsi, with_follows, cut_file, tmp_path):
    path = tmp_path / "models" / MANIFEST_NAME
    manifest = json.loads(path.read_text())
    del manifest["models"][-1]["calibration"]
    path.write_text(json.dumps(manifest))
    answer = livecsi("replay", cut_file, *STARTED_AT, "--model", "follows")
    line = "livecsi: nobody knows what a score of 'follows' is worth (calibrate it: docs/systems.md)\n"
    assert (answer.exit_code, answer.stdout, answer.stderr) == (2, "", line)


def test_what_is_for_comparisons_only_listens_to_nothing(livecsi, songs_csv, cut_file):
    line = "livecsi: model 'fourier-2d' is for comparisons only (see `livecsi evaluate`)\n"
    for arguments in (["catalogue", "import", songs_csv], ["replay", cut_file, *STARTED_AT], ["run"]):
        answer = livecsi(*arguments, "--model", "fourier-2d")
        assert (answer.exit_code, answer.stdout) == (2, "") and answer.stderr.endswith(line)
