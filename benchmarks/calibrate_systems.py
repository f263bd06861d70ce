"""Measure what the scores of models are worth, on rendered works of the validation split, and write it down.

    python -m benchmarks.calibrate_systems --data DIR [--models-dir models] [NAME ...]

Without names: the systems that need no training. Entries for these are added where the manifest has none yet. For
`livecsi` only what a score is worth is measured: its files stay the released ones. What `calibrate_among_many` and
`performance_bands` have written is lost until they measure it again.
"""

import argparse
from pathlib import Path

from livecsi.identify.systems.registry import UNTRAINED
from livecsi.training.calibrate_system import add_untrained, calibrate_release
from livecsi.training.livecsi_run import calibration_music
from livecsi.training.rehearsal import Repertoire
from livecsi.training.scores.corpus import load_scores
from livecsi.training.sources import Sources


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=sorted(UNTRAINED))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    scores = load_scores(arguments.data / "scores", arguments.cache / "corpus.pickle")
    sources = Sources(arguments.cache / "calibration", scores, arguments.data, None, None)
    repertoire = Repertoire(sources.works("validation"), sources.works("train"), calibration_music(sources))
    add_untrained(arguments.models_dir)
    for name in arguments.names:
        print(name, flush=True)
        calibrate_release(arguments.models_dir, name, repertoire, print)


if __name__ == "__main__":
    main()
