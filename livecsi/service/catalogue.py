"""What the catalogue needs from the model, and what a person asks of both: encode, refresh, rank, check."""

from dataclasses import dataclass, replace
from pathlib import Path

from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.identify.cohort import choose_impostors
from livecsi.identify.references import Reference
from livecsi.identify.systems.system import Encoded
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier
from livecsi.settings import Settings
from livecsi.types import Candidate

LONGEST_QUERY_SECONDS = 300.0
SAME_SONG = 0.9
"""Probability from which on two recordings are called the same song: one comparison, with no night around it."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Whether two recordings are the same song."""

    score: float
    probability: float
    threshold: float
    same: bool


def encoder(settings: Settings) -> Ear:
    """The encoder that ingest uses: `.model_id` and `.encode(path)`."""
    return Ear(settings)


def refresh_cohort(settings: Settings) -> None:
    """Measure anew how much every studio song resembles songs it is not; called when the catalogue has changed."""
    ear = Ear(settings)
    with Catalogue.open(settings.catalogue_path, SystemClock(), create=False) as catalogue:
        stored = catalogue.sequences(ear.model_id)
        encoded = ear.system.unpack([payload for _, payload in stored])
        references = [
            Reference(r.recording_id, r.work_id, sequences) for (r, _), sequences in zip(stored, encoded, strict=True)
        ]
        means = ear.system.impostor_means(references, choose_impostors([*references, *ear.system.background()]))
        catalogue.put_impostor_means(
            ear.model_id, {r.recording_id: mean for r, mean in zip(references, means, strict=True)}
        )


def rank(settings: Settings, path: Path, top: int) -> list[Candidate]:
    """The studio songs most like a recording, best first; raises InputError when it cannot be read."""
    ear = Ear(settings)
    with Catalogue.open(settings.catalogue_path, SystemClock(), create=False) as catalogue:
        identifier = Identifier.of_catalogue(ear, catalogue)
    _, sequences = ear.sequences_of(path)
    query = ear.system.middle(sequences, LONGEST_QUERY_SECONDS)
    return list(identifier.identify(query, max(top, settings.tracking.shortlist))[:top])


def check(settings: Settings, path_a: Path, path_b: Path) -> CheckResult:
    """Compare two recordings with each other, the background songs being the competition.

    The score is not symmetric, so both orders are averaged.
    """
    ear = Ear(settings)
    a, b = (ear.sequences_of(path)[1] for path in (path_a, path_b))
    one, other = _one_way(ear, a, b), _one_way(ear, b, a)
    probability = (one.probability + other.probability) / 2
    return CheckResult((one.score + other.score) / 2, probability, SAME_SONG, probability >= SAME_SONG)


def _one_way(ear: Ear, query: Encoded, studio: Encoded) -> Candidate:
    """The studio song as a catalogue of one, asked about the query."""
    alone = Reference(1, 1, studio)
    background = ear.system.background()
    reference = replace(alone, impostor_mean=ear.system.impostor_means([alone], background)[0])
    recording = Recording(1, 1, "", "", None, 0.0, "", "", SystemClock().utc_now())
    identifier = Identifier(ear, [recording], [reference, *background])
    matches = identifier.matcher.compare(ear.system.middle(query, LONGEST_QUERY_SECONDS), identifier.matcher.references)
    return identifier.candidates(matches)[0]
