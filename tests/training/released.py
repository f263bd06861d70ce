"""A copy of the models that came with livecsi, to release into."""

import json
import shutil
from pathlib import Path

from livecsi.identify.sessions import MANIFEST_NAME, default_directory


def copied_model(folder: Path, without: tuple[str, ...] = ()) -> Path:
    """The livecsi model in a folder of its own, less the files of some roles."""
    shutil.copytree(default_directory() / "livecsi", folder / "livecsi")
    entries = json.loads((default_directory() / MANIFEST_NAME).read_text())["models"]
    own = next(entry for entry in entries if entry["name"] == "livecsi")
    own["files"] = {role: file for role, file in own["files"].items() if role not in without}
    (folder / MANIFEST_NAME).write_text(json.dumps({"models": [own]}))
    return folder
