"""The catalogue as something one can ask: which of these songs is this?"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Recording
from livecsi.errors import UntrustedError
from livecsi.identify.calibration import Calibration, calibrated, expected_odds
from livecsi.identify.matcher import Match
from livecsi.identify.references import Reference
from livecsi.identify.systems.system import Encoded
from livecsi.service.ear import Ear
from livecsi.types import Candidate

PLANNED_ODDS = 1.0
"""What a plan adds to the log odds of its works in every window; a performance makes 1.4 of it (`identify.support`).
About four in five songs of a night are on its plan, so before listening a planned answer is right four or five times as
often as not, where others have even odds. A plan alone never makes a name: a song that no window holds for possible
stays unknown."""


class Identifier:
    """Studio songs and background songs behind one matcher."""

    def __init__(self, ear: Ear, recordings: Sequence[Recording], references: Sequence[Reference]) -> None:
        self._recordings = {recording.recording_id: recording for recording in recordings}
        self._calibration = Calibration.from_manifest(ear.model.facts["calibration"])
        works = {recording.work_id for recording in recordings}
        self.works = len(works)
        self._before = dict.fromkeys(works, expected_odds(self.works))
        self._references = {reference.recording_id: reference for reference in references}
        self._system = ear.system
        self.matcher = ear.system.matcher(references)

    @classmethod
    def of_catalogue(cls, ear: Ear, catalogue: Catalogue) -> "Identifier":
        """Every recording of the catalogue; raises UntrustedError when some were never encoded by this model."""
        missing = catalogue.missing_sequences(ear.model_id)
        if missing:
            raise UntrustedError(
                f"{len(missing)} songs of the catalogue were not encoded by {ear.model_id}, first {missing[0].title!r}",
                "run `livecsi catalogue import` again with their files",
            )
        stored = catalogue.sequences(ear.model_id)
        means = catalogue.impostor_means(ear.model_id)
        recordings = [recording for recording, _ in stored]
        encoded = ear.system.unpack([payload for _, payload in stored])
        references = [
            Reference(r.recording_id, r.work_id, sequences, means.get(r.recording_id, 0.0))
            for r, sequences in zip(recordings, encoded, strict=True)
        ]
        return cls(ear, recordings, [*references, *ear.system.background()])

    @property
    def recordings(self) -> int:
        """How many studio recordings it compares with."""
        return len(self._recordings)

    def knows(self, candidate: Candidate) -> bool:
        """Whether this recording is in the catalogue, as the work it was named for."""
        recording = self._recordings.get(candidate.recording_id)
        return recording is not None and recording.work_id == candidate.work_id

    def expect(self, planned: Iterable[int]) -> None:
        """Hear the works of this plan, and of no other, a little sooner; nothing is ruled out or named unheard."""
        self._before = dict.fromkeys(self._before, expected_odds(self.works))
        self._before |= {work: expected_odds(self.works) + PLANNED_ODDS for work in planned}

    def identify(self, query: Encoded, shortlist: int) -> tuple[Candidate, ...]:
        """Candidates of the shortlist with probabilities, best first; background songs are competition, not answers."""
        matches = self.matcher.rank(query, shortlist)
        return self.candidates(matches, self._before)

    def identify_whole(self, query: Encoded, shortlist: int) -> tuple[Candidate, ...]:
        """The same for a whole performance, the first answer with its exactness: a band or its record?"""
        candidates = self.identify(query, shortlist)
        if not candidates:
            return ()
        first = candidates[0]
        exact = self._system.exactness(query, self._references[first.recording_id].sequences, first)
        return replace(first, exactness=exact), *candidates[1:]

    def candidates(self, matches: Sequence[Match], before: Mapping[int, float] | None = None) -> tuple[Candidate, ...]:
        """What the matches are worth, best first, `before` being the log odds of each work before listening."""
        named = [self._candidate(match) for match in matches if not match.reference.is_background]
        background = [match.score for match in matches if match.reference.is_background]
        heard = calibrated(named, self._calibration, self.works, max(background, default=-math.inf), before)
        return tuple(sorted(heard, key=lambda candidate: -candidate.log_odds))

    def _candidate(self, match: Match) -> Candidate:
        recording = self._recordings[match.reference.recording_id]
        return Candidate(
            recording_id=recording.recording_id,
            work_id=recording.work_id,
            title=recording.title,
            artist=recording.artist,
            score=match.score,
            probability=0.0,
            transposition_semitones=(match.rotation + 6) % 12 - 6,
            window_start_seconds=match.window_start_seconds,
            window_end_seconds=match.window_end_seconds,
            song_start_seconds=match.song_start_seconds,
            song_end_seconds=match.song_end_seconds,
        )
