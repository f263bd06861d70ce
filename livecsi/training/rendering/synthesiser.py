"""Sound from notes: fluidsynth, run as a child process, with whichever soundfonts are installed or given."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import soundfile

from livecsi.errors import InputError
from livecsi.training.rendering.equipment import INSTALL_ADVICE
from livecsi.training.rendering.midi import Part, write_parts
from livecsi.types import SAMPLE_RATE_HERTZ, Samples


def play(parts: list[Part], soundfont: Path, seconds: float) -> Samples:
    """The dry sound of some parts, mono, exactly `seconds` long, at whatever level the soundfont gives it."""
    length = round(seconds * SAMPLE_RATE_HERTZ)
    if not any(len(part.notes) for part in parts):
        return np.zeros(length, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder) / "score.mid", Path(folder) / "sound.wav"
        write_parts(score, parts)
        _run_fluidsynth(soundfont, score, sound)
        samples, _ = soundfile.read(sound, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)[:length]
    return np.pad(mono, (0, length - len(mono)))


def _run_fluidsynth(soundfont: Path, score: Path, sound: Path) -> None:
    program = shutil.which("fluidsynth")
    if program is None:
        raise InputError("fluidsynth is not installed", INSTALL_ADVICE)
    options = {"-R": "0", "-C": "0", "-g": "0.3", "-r": str(SAMPLE_RATE_HERTZ), "-T": "wav", "-O": "float"}
    settings = ("-o", "synth.dynamic-sample-loading=1", "-o", "synth.cpu-cores=1")
    switches = [word for option in options.items() for word in option]
    command = [program, "-ni", "-q", *switches, *settings, "-F", str(sound), str(soundfont), str(score)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    failed = "error:" in done.stderr  # it plays silence from a soundfont it cannot load, and is content
    if done.returncode or failed or not sound.is_file():
        said = " ".join(done.stderr.split())[:200] or f"exit code {done.returncode}"
        raise InputError(f"{soundfont}: fluidsynth cannot play with it: {said}", "give a folder of sf2 files")
