"""Four opinions become one fair score.

They are added after fixed standardisation (constants in the manifest): the head, MaxSim on the coarse level, and
alignment on the fine and middle matrices. Some songs are hubs that resemble everything and some queries resemble every
song, so half of each one's mean impostor score is taken off (adaptive symmetric normalisation): a reference's impostors
are measured once at ingest, a query's are its own next best.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from livecsi.identify.references import BACKGROUND

COHORT = 10
OPINIONS = ("head", "similarity", "fine_alignment", "middle_alignment")
Array = NDArray[np.float64]


def fuse(opinions: Array, scoring: Mapping[str, Any]) -> Array:
    """The weighted sum of standardised opinions, (..., 4) to (...); one that is not a number agrees with the others."""
    mean, deviation, weight = (
        np.array([scoring[o][part] for o in OPINIONS]) for part in ("mean", "deviation", "weight")
    )
    known = np.where(np.isnan(opinions), 0.0, weight)
    standardised = np.where(np.isnan(opinions), 0.0, (opinions - mean) / deviation)
    return np.asarray((standardised * known).sum(-1) * (weight.sum() / known.sum(-1)))


def normalise(raw: Array, impostor_means: Array, works: NDArray[np.int64]) -> Array:
    """Take off half of each reference's impostor mean, and half of the query's: its next best ones by other works."""
    centred = raw - 0.5 * impostor_means
    order = np.argsort(-centred, kind="stable")
    others = order[(works[order] != works[order[0]]) | (works[order] == BACKGROUND)]
    own = float(raw[others[:COHORT]].mean()) if len(others) else 0.0
    return centred - 0.5 * own
