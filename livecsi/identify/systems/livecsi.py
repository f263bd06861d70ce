"""The house's own system: deep sequences, four opinions on each pair (`matcher.py`), twelve keys."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify import cohort
from livecsi.identify.encoder import MINIMUM_FRAMES, Encoder
from livecsi.identify.exactness import exactness
from livecsi.identify.matcher import Matcher
from livecsi.identify.references import BACKGROUND, Reference
from livecsi.identify.sequences import Sequences, StoredSequences, pack, unpack
from livecsi.identify.sessions import ReleasedModel, Session
from livecsi.types import Candidate, Frames

OPENED_SONGS = 1000
"""A catalogue of so many songs takes a fifth of a gigabyte when all of them are open."""


class DeepSequences:
    """A released model of the family `livecsi`."""

    minimum_frames = MINIMUM_FRAMES

    def __init__(self, model: ReleasedModel, threads: int) -> None:
        self._model, self._threads = model, threads
        self._encoder = Encoder(model, threads)

    @property
    def features(self) -> ConstantQSpec:
        return self._encoder.features

    @cached_property
    def session(self) -> Session:
        """The head."""
        return self._model.session("matcher", self._threads)

    def encode(self, frames: Frames) -> Sequences:
        return self._encoder.encode(frames)

    def pack(self, encoded: Sequences) -> bytes:
        return pack(encoded)

    def unpack(self, payloads: Sequence[bytes]) -> list[Sequences]:
        """Large catalogues stay packed and are opened whenever they are looked at."""
        opened = unpack if len(payloads) <= OPENED_SONGS else StoredSequences
        return [opened(payload) for payload in payloads]

    def middle(self, encoded: Sequences, seconds: float) -> Sequences:
        return cohort.middle_of(encoded, seconds)

    def matcher(self, references: Sequence[Reference]) -> Matcher:
        return Matcher(self.session, self._model.facts["scoring"], references)

    def impostor_means(self, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]:
        return cohort.impostor_means(self.matcher([]), references, impostors)

    def background(self) -> list[Reference]:
        with np.load(self._model.file("background"), allow_pickle=False) as archive:
            payloads = [archive[name].tobytes() for name in sorted(archive.files)]
        means = self._model.facts["background_impostor_means"]
        songs = [Reference(BACKGROUND, BACKGROUND, unpack(payload)) for payload in payloads]
        return [replace(song, impostor_mean=float(mean)) for song, mean in zip(songs, means, strict=True)]

    def exactness(self, query: Sequences, studio: Sequences, found: Candidate) -> float:
        """Only the part that was aligned is asked, for a tape may follow other music without a pause."""
        moments = [round(s / query.moment_seconds(2)) for s in (found.window_start_seconds, found.window_end_seconds)]
        return exactness(query.cut(*moments), studio, found.transposition_semitones)
