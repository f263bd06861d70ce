"""A model is believed only when every byte is the released one; everything else has one line of explanation."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from livecsi.errors import UntrustedError, UsageError
from livecsi.identify.sessions import default_directory, find_model, released_models


@pytest.fixture
def models(tmp_path) -> Path:
    return Path(shutil.copytree(default_directory(), tmp_path / "models"))


def every_role(directory: Path):
    return [(model, role) for model in released_models(directory) for role in model.facts["files"]]


def test_everything_that_was_released_is_what_the_manifest_says():
    checked = [model.file(role).name for model, role in every_role(default_directory())]
    assert {"encoder.onnx", "matcher.onnx", "background.npz", "gate.onnx"} <= set(checked)


@pytest.mark.parametrize("role", ["encoder", "matcher", "background"])
def test_one_flipped_bit_is_untrusted(models, role):
    model = find_model("livecsi", models)
    path = models / model.facts["files"][role]["file"]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(UntrustedError, match="is not the released file") as caught:
        model.file(role)
    assert str(path) in str(caught.value) and caught.value.exit_code == 5


def test_a_file_that_is_missing(models):
    (models / "livecsi" / "matcher.onnx").unlink()
    with pytest.raises(UntrustedError, match=r"matcher.onnx is missing"):
        find_model("livecsi", models).session("matcher", 1)


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"models": 3}', '{"models": [{"name": "x"}]}', "\xff"])
def test_a_manifest_that_is_missing_or_no_manifest(tmp_path, text):
    if text is not None:
        (tmp_path / "manifest.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(UntrustedError, match="no usable manifest"):
        released_models(tmp_path)


def test_an_unknown_name_lists_those_there_are():
    with pytest.raises(UsageError) as caught:
        find_model("livesci")
    names = ", ".join(sorted(model.name for model in released_models()))
    assert str(caught.value) == f"no model is called 'livesci' (there are {names})"
    assert "gate, livecsi" in names


def test_a_graph_that_is_none_is_untrusted_even_under_its_right_hash(models):
    (models / "livecsi" / "encoder.onnx").write_bytes(b"not a graph")
    manifest = json.loads((models / "manifest.json").read_text())
    for entry in manifest["models"]:
        if entry["name"] == "livecsi":
            entry["files"]["encoder"]["sha256"] = hashlib.sha256(b"not a graph").hexdigest()
    (models / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UntrustedError, match="onnxruntime cannot load it"):
        find_model("livecsi", models).session("encoder", 1)


def test_another_encoder_is_another_id():
    """Sequences are kept under this id, so that no window is ever compared with what another encoder made."""
    model = find_model("livecsi")
    assert model.id == f"livecsi@{model.facts['files']['encoder']['sha256'][:12]}"
