"""Measure what the scores of models are worth, on rendered works of the validation split, and write it down.

    python -m benchmarks.calibrate_systems --data DIR [--models-dir models] [NAME ...]

Without names: the systems that need no training. Entries for these are added where the manifest has none yet.
"""

import argparse
from pathlib import Path

from livecsi.identify.systems.registry import UNTRAINED
from livecsi.training.calibrate_system import add_untrained, calibrate_release
from livecsi.training.rehearsal import Repertoire
from livecsi.training.scores.corpus import load_scores, split_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=sorted(UNTRAINED))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path("runs"))
    parser.add_argument("--models-dir", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    scores = load_scores(arguments.data / "scores", arguments.cache / "corpus.pickle")
    held_out, others = ([s for s in scores if split_of(s.cluster_id) == split] for split in ("validation", "train"))
    add_untrained(arguments.models_dir)
    for name in arguments.names:
        print(name, flush=True)
        calibrate_release(arguments.models_dir, name, Repertoire(held_out, others, []), print)


if __name__ == "__main__":
    main()
