"""What the pipeline, the catalogue and the evaluation need of whatever can name a song: nothing here knows a network.

A system hears house frames and makes of them something only it can read; it turns that into bytes for the catalogue
and back, and it ranks songs against a query. Windows, gate, tracker, calibration and ledger are the same for all.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from livecsi.features.cqt import ConstantQSpec
from livecsi.identify.matcher import Match
from livecsi.identify.references import Reference
from livecsi.types import Candidate, Frames

Encoded = Any
"""What a system makes of a stretch of audio. Only that system looks inside."""


class Matching(Protocol):
    """Queries against songs that were given once."""

    references: list[Reference]

    def rank(self, query: Encoded, shortlist: int) -> list[Match]:
        """The best `shortlist` references, best normalised score first."""
        ...

    def compare(self, query: Encoded, references: Sequence[Reference]) -> list[Match]:
        """Exactly these references, normalised among them, best first."""
        ...


class System(Protocol):
    """A way to recognise songs."""

    @property
    def features(self) -> ConstantQSpec:
        """The front end it hears through."""
        ...

    @property
    def minimum_frames(self) -> int:
        """The shortest stretch it can say anything about."""
        ...

    def encode(self, frames: Frames) -> Encoded:
        """Magnitudes (72, frames) of a window or of a whole song; raises InputError when they are too few."""
        ...

    def pack(self, encoded: Encoded) -> bytes:
        """Bytes for the catalogue."""
        ...

    def unpack(self, payloads: Sequence[bytes]) -> list[Encoded]:
        """The songs of a catalogue, ready to be compared with; raises UntrustedError on other bytes."""
        ...

    def middle(self, encoded: Encoded, seconds: float) -> Encoded:
        """The middle of a stretch, as far as the system can cut what it has heard."""
        ...

    def matcher(self, references: Sequence[Reference]) -> Matching:
        """Something to ask about these songs."""
        ...

    def impostor_means(self, references: Sequence[Reference], impostors: Sequence[Reference]) -> list[float]:
        """How much each reference resembles impostors that are another work."""
        ...

    def background(self) -> list[Reference]:
        """Songs nobody plays that compete with every catalogue, with the impostor means their release measured."""
        ...

    def exactness(self, query: Encoded, studio: Encoded, found: Candidate) -> float:
        """How exactly the aligned part of a performance follows the record, 0 to 1; 0 where a system cannot tell."""
        ...
