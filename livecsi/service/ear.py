"""What listens: the released model, its encoder and the gate, loaded once and checked before they are believed."""

from functools import cached_property
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from livecsi.audio.recording import read_recording
from livecsi.catalogue.store import EncodedSong
from livecsi.errors import UsageError
from livecsi.features.gate import Probabilities
from livecsi.identify.encoder import Encoder, network_input
from livecsi.identify.matcher import BACKGROUND, Reference
from livecsi.identify.sequences import Sequences, pack, unpack
from livecsi.identify.sessions import Session, find_model
from livecsi.settings import Settings
from livecsi.types import SAMPLE_RATE_HERTZ, Frames

GATE_MODEL = "gate"
LONGEST_SONG_SECONDS = 900.0


class Ear:
    """The model of the settings, ready to turn audio into sequences and kinds of sound."""

    def __init__(self, settings: Settings) -> None:
        threadpool_limits(settings.model.threads)
        self.settings = settings
        self.model = find_model(settings.model.name, settings.model.directory)
        if "encoder" not in self.model.facts["files"]:
            raise UsageError(f"model {self.model.name!r} cannot name songs", "see `livecsi models list`")
        self.encoder = Encoder(self.model, settings.model.threads)

    @property
    def model_id(self) -> str:
        return self.model.id

    @cached_property
    def matcher_session(self) -> Session:
        return self.model.session("matcher", self.settings.model.threads)

    @cached_property
    def _gate(self) -> Session:
        return find_model(GATE_MODEL, self.settings.model.directory).session("gate", self.settings.model.threads)

    def sound_kinds(self, frames: Frames) -> Probabilities:
        """Probabilities of music, speech and crowd per frame, shape (3, frames)."""
        logits = self._gate.run(magnitude=network_input(frames))[0][0]
        weights = np.exp(logits - logits.max(0, keepdims=True))
        return np.asarray(weights / weights.sum(0, keepdims=True))

    def sequences_of(self, path: Path) -> tuple[float, Sequences]:
        """Duration in seconds, and the deep sequences of its first quarter of an hour; raises InputError."""
        samples = read_recording(path, self.settings.decoding)
        heard = samples[: int(LONGEST_SONG_SECONDS * SAMPLE_RATE_HERTZ)]
        return len(samples) / SAMPLE_RATE_HERTZ, self.encoder.encode_recording(heard)

    def encode(self, path: Path) -> EncodedSong:
        """A studio song as the catalogue keeps it; raises InputError."""
        duration_seconds, sequences = self.sequences_of(path)
        return EncodedSong(duration_seconds, pack(sequences))

    def background(self) -> list[Reference]:
        """Songs nobody plays that compete with every catalogue: they come with the model."""
        with np.load(self.model.file("background"), allow_pickle=False) as archive:
            payloads = [archive[name].tobytes() for name in sorted(archive.files)]
        return [Reference(BACKGROUND, BACKGROUND, unpack(payload)) for payload in payloads]
