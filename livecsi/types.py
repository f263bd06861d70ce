"""The nouns of the house: what flows from the microphone to the report.

    Block | Gap -> Window -> Candidate -> ScoredWindow -> Performance

Ownership: every datum is frozen, and an array inside one is never written to after it was handed on.
Conventions: audio is mono float32 at `SAMPLE_RATE_HERTZ`; a sample is addressed by its index since the source was
opened (`first_sample` inclusive, `last_sample` exclusive); seconds are counted from the same origin.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE_HERTZ = 22_050

Samples = NDArray[np.float32]
"""Mono audio, float32 in -1..1, shape (samples,)."""

Frames = NDArray[np.float32]
"""Constant-Q magnitudes, float32, shape (bins, frames)."""

Levels = NDArray[np.float32]
"""Root-mean-square level of each frame's own samples in dBFS, shape (frames,)."""


@dataclass(frozen=True, slots=True)
class Block:
    """Audio that arrived: `samples` begin at `first_sample`."""

    first_sample: int
    samples: Samples

    @property
    def last_sample(self) -> int:
        return self.first_sample + len(self.samples)


@dataclass(frozen=True, slots=True)
class Gap:
    """Audio that is known to be missing, and why."""

    first_sample: int
    last_sample: int
    reason: str


class Kind(StrEnum):
    """What a stretch of a night is."""

    SONG = "song"
    UNKNOWN = "unknown"
    SPEECH = "speech"
    CROWD = "crowd"
    SILENCE = "silence"
    RECORDED = "recorded"

    @property
    def is_music(self) -> bool:
        return self in (Kind.SONG, Kind.UNKNOWN, Kind.RECORDED)


@dataclass(frozen=True, slots=True)
class Support:
    """What the odds of a performance rest on: its windows (start and end in seconds), and what each of them says."""

    windows: tuple[tuple[float, float], ...]
    window_log_odds: tuple[float, ...]
    whole_log_odds: float
    """What the performance compared as a whole said, before its windows were asked."""
    log_odds: float
    """What follows from the windows, before the rest of the night was weighed in."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One studio recording offered as the answer for one stretch of audio.

    `score` is cohort-normalised and only comparable within one model. `log_odds` is the calibrated evidence for this
    song against any other music, `probability` its share when all candidates and "none of them" compete. The alignment
    says which part of the window matched which part of the studio song, all in seconds.
    """

    recording_id: int
    work_id: int
    title: str
    artist: str
    score: float
    probability: float
    log_odds: float = 0.0
    transposition_semitones: int = 0
    window_start_seconds: float = 0.0
    window_end_seconds: float = 0.0
    song_start_seconds: float = 0.0
    song_end_seconds: float = 0.0
    exactness: float = 0.0
    """How exactly a whole performance follows this recording, 0 to 1 (`identify.exactness`); 0 where nobody asked."""
    support: Support | None = None
    """For a performance that has windows; the answer of one window has none."""


@dataclass(frozen=True, slots=True)
class ScoredWindow:
    """What one window sounded like: how much of it was music, how much is missing, and the candidates, best first."""

    start_seconds: float
    end_seconds: float
    music_fraction: float
    gap_fraction: float
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one kind of sound."""

    start_seconds: float
    end_seconds: float
    kind: Kind

    @property
    def duration_seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, slots=True)
class Performance:
    """One line of the setlist as heard: a song with its name, or music we honestly cannot name (`UNKNOWN`)."""

    start_seconds: float
    end_seconds: float
    kind: Kind
    confidence: float
    margin: float
    best: Candidate | None
    alternatives: tuple[Candidate, ...] = ()
    gap_seconds: float = 0.0

    @property
    def duration_seconds(self) -> float:
        return self.end_seconds - self.start_seconds


@dataclass(frozen=True, slots=True)
class Bands:
    """From which probability on an answer is called high or medium; None where no probability has earned the word.

    `calibrated` bands have a measured precision behind them.
    """

    high: float | None
    medium: float | None
    basis: Literal["calibrated", "uncalibrated"]

    @classmethod
    def from_manifest(cls, facts: Mapping[str, Any]) -> "Bands":
        """Those of the calibration entry of a manifest; `UNCALIBRATED` where nobody measured any."""
        measured = facts.get("bands")
        if measured is None:
            return UNCALIBRATED
        high, medium = (measured[word] and float(measured[word]["from_probability"]) for word in ("high", "medium"))
        return cls(high, medium, "calibrated")

    def word(self, probability: float) -> Literal["high", "medium", "low"]:
        """The band of a probability."""
        if self.high is not None and probability >= self.high:
            return "high"
        return "medium" if self.medium is not None and probability >= self.medium else "low"


UNCALIBRATED = Bands(None, 0.80, "uncalibrated")
"""Words for a model whose precision nobody has measured: it is never called high."""
