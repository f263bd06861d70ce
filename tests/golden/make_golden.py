"""Makes the golden feature files: `python -m tests.golden.make_golden`. They pin every number the networks hear.

A model is trained on these features, so a change of the front end is a new model. Run this only together with one.
"""

from pathlib import Path

import numpy as np

from livecsi.features.cqt import ConstantQSpec, constant_q
from livecsi.types import SAMPLE_RATE_HERTZ, Frames, Samples

FOLDER = Path(__file__).parent
SPECS = {"pooled": ConstantQSpec(), "plain": ConstantQSpec(fine_frames=1)}
SECONDS = 6


def golden_signal() -> Samples:
    """A chord that fades, a sweep and clicks; formulas only, so that no generator of random numbers is pinned too."""
    time = np.arange(SECONDS * SAMPLE_RATE_HERTZ) / SAMPLE_RATE_HERTZ
    chord = sum(np.sin(2 * np.pi * hertz * time + phase) for phase, hertz in enumerate((65.41, 164.8, 392.0, 1046.5)))
    sweep = np.sin(2 * np.pi * (110 * time + 90 * time**2))
    clicks = np.exp(-60 * (time % 0.75)) * np.sin(2 * np.pi * 1900 * time)
    return (0.1 * chord * np.exp(-time / 4) + 0.1 * sweep + 0.3 * clicks).astype(np.float32)


def golden_frames(name: str) -> Frames:
    return constant_q(SPECS[name], golden_signal())


def main() -> None:
    for name in SPECS:
        np.savez_compressed(FOLDER / f"constant_q_{name}.npz", frames=golden_frames(name))


if __name__ == "__main__":
    main()
