"""What listens: the system of the settings and the gate, loaded once and checked before they are believed."""

from functools import cached_property
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from livecsi.audio.recording import read_recording
from livecsi.catalogue.store import EncodedSong
from livecsi.errors import UsageError
from livecsi.features.cqt import constant_q
from livecsi.features.gate import Probabilities
from livecsi.identify.encoder import network_input
from livecsi.identify.sessions import Session, find_model
from livecsi.identify.systems.registry import system_of
from livecsi.identify.systems.system import Encoded
from livecsi.settings import Settings
from livecsi.types import SAMPLE_RATE_HERTZ, Frames

GATE_MODEL = "gate"
LONGEST_SONG_SECONDS = 900.0


class Ear:
    """The model of the settings, ready to turn audio into what it compares, and into kinds of sound."""

    def __init__(self, settings: Settings, for_comparison: bool = False) -> None:
        """Raises UsageError for a model that cannot name songs, or may not outside of comparisons."""
        threadpool_limits(settings.model.threads)
        self.settings = settings
        self.model = find_model(settings.model.name, settings.model.directory)
        self.system = system_of(self.model, settings.model.threads)
        if not for_comparison:
            self._refuse_what_may_not_name()

    def _refuse_what_may_not_name(self) -> None:
        if self.model.facts.get("benchmark_only"):
            raise UsageError(f"model {self.model.name!r} is for comparisons only", "see `livecsi evaluate`")
        if "calibration" not in self.model.facts:
            raise UsageError(
                f"nobody knows what a score of {self.model.name!r} is worth", "calibrate it: docs/systems.md"
            )

    @property
    def model_id(self) -> str:
        return self.model.id

    @cached_property
    def _gate(self) -> Session:
        return find_model(GATE_MODEL, self.settings.model.directory).session("gate", self.settings.model.threads)

    def sound_kinds(self, frames: Frames) -> Probabilities:
        """Probabilities of music, speech and crowd per frame, shape (3, frames)."""
        logits = self._gate.run(magnitude=network_input(frames))[0][0]
        weights = np.exp(logits - logits.max(0, keepdims=True))
        return np.asarray(weights / weights.sum(0, keepdims=True))

    def sequences_of(self, path: Path) -> tuple[float, Encoded]:
        """Duration in seconds, and what the system makes of its first quarter of an hour; raises InputError."""
        duration_seconds, frames = self.frames_of(path)
        return duration_seconds, self.system.encode(frames)

    def frames_of(self, path: Path) -> tuple[float, Frames]:
        """Duration in seconds, and the frames of its first quarter of an hour; raises InputError."""
        samples = read_recording(path, self.settings.decoding)
        heard = samples[: int(LONGEST_SONG_SECONDS * SAMPLE_RATE_HERTZ)]
        return len(samples) / SAMPLE_RATE_HERTZ, constant_q(self.system.features, heard)

    def encode(self, path: Path) -> EncodedSong:
        """A studio song as the catalogue keeps it; raises InputError."""
        duration_seconds, sequences = self.sequences_of(path)
        return EncodedSong(duration_seconds, self.system.pack(sequences))
