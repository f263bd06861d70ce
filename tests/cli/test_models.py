"""`livecsi models`: what can listen, and whether it is what was released."""

import json
import shutil

from livecsi.identify.sessions import default_directory


def test_the_list_has_the_fields_scripts_rely_on(livecsi):
    answer = livecsi("models", "list", "--json")
    assert (answer.exit_code, answer.stderr) == (0, "")
    models = {model["name"]: model for model in json.loads(answer.stdout)}
    assert {"gate", "livecsi"} <= set(models)
    for model in models.values():
        assert {"name", "family", "id", "file", "sha256", "size_bytes", "licence", "files"} <= set(model)
        assert (default_directory() / model["file"]).stat().st_size == model["size_bytes"]
    assert [name for name, model in models.items() if model["benchmark_only"]] == ["fourier-2d"]
    assert models["livecsi"]["file"] == "livecsi/encoder.onnx"
    assert models["livecsi"]["id"] == f"livecsi@{models['livecsi']['sha256'][:12]}"
    assert all(f"{name} " in livecsi("models", "list").stdout for name in models)


def test_verify_goes_through_every_file(livecsi):
    answer = livecsi("models", "verify")
    assert (answer.exit_code, answer.stderr) == (0, "")
    for role in ("livecsi: encoder", "livecsi: matcher", "livecsi: background", "gate: gate"):
        assert f"{role}: " in answer.stdout


def test_verify_finds_a_file_that_was_changed_and_one_that_is_gone(livecsi, tmp_path, monkeypatch):
    models = shutil.copytree(default_directory(), tmp_path / "models")
    monkeypatch.setenv("LIVECSI_MODEL__DIRECTORY", str(models))
    assert livecsi("models", "verify").exit_code == 0
    with (models / "gate" / "gate.onnx").open("ab") as file:
        file.write(b"\0")
    answer = livecsi("models", "verify")
    assert answer.exit_code == 5
    assert answer.stderr == f"livecsi: model gate: {models}/gate/gate.onnx is not the released file " \
                            "(restore it from the release)\n"  # fmt: skip
    (models / "gate" / "gate.onnx").unlink()
    assert "gate.onnx is missing" in livecsi("models", "verify").stderr


def test_a_folder_without_models(livecsi, tmp_path, monkeypatch):
    monkeypatch.setenv("LIVECSI_MODEL__DIRECTORY", str(tmp_path))
    answer = livecsi("models", "list")
    assert (answer.exit_code, answer.stdout, answer.stderr.count("\n")) == (5, "", 1)
    assert "manifest.json: no usable manifest" in answer.stderr
