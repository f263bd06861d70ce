"""What a run may learn from, in one place: its works, and the folders somebody gave beside them."""

from dataclasses import dataclass
from pathlib import Path

from livecsi.training.scores.corpus import split_of
from livecsi.training.scores.score import Score


@dataclass(frozen=True, slots=True)
class Sources:
    """The folder of the run, all scores, recordings, works rendered before, and crowds."""

    run: Path
    corpus: list[Score]
    audio: Path | None
    pool: Path | None
    crowd: Path | None

    @property
    def cache(self) -> Path:
        """Where the features of recordings are kept, for all runs of a folder."""
        return self.run.parent / "features"

    def works(self, split: str) -> list[Score]:
        """The works of a split: train, validation or test."""
        return [score for score in self.corpus if split_of(score.cluster_id) == split]
