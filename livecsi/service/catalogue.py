"""What the catalogue needs from the model, and what a person asks of both: encode, refresh, rank, check."""

from dataclasses import dataclass, replace
from pathlib import Path

from livecsi.catalogue.sqlite import Catalogue
from livecsi.catalogue.store import Recording
from livecsi.clock import SystemClock
from livecsi.identify.cohort import choose_impostors, impostor_means, middle_of
from livecsi.identify.matcher import Matcher, Reference
from livecsi.identify.sequences import Sequences, StoredSequences
from livecsi.service.ear import Ear
from livecsi.service.identifier import Identifier, measured_background
from livecsi.settings import Settings
from livecsi.types import Candidate

LONGEST_QUERY_SECONDS = 300.0


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
        references = [Reference(r.recording_id, r.work_id, StoredSequences(payload)) for r, payload in stored]
        impostors = choose_impostors([*references, *ear.background()])
        means = impostor_means(_bare_matcher(ear), references, impostors)
        catalogue.put_impostor_means(
            ear.model_id, {r.recording_id: mean for r, mean in zip(references, means, strict=True)}
        )


def rank(settings: Settings, path: Path, top: int) -> list[Candidate]:
    """The studio songs most like a recording, best first; raises InputError when it cannot be read."""
    ear = Ear(settings)
    with Catalogue.open(settings.catalogue_path, SystemClock(), create=False) as catalogue:
        identifier = Identifier.of_catalogue(ear, catalogue)
    _, sequences = ear.sequences_of(path)
    query = middle_of(sequences, LONGEST_QUERY_SECONDS)
    return list(identifier.identify(query, max(top, settings.tracking.shortlist))[:top])


def check(settings: Settings, path_a: Path, path_b: Path) -> CheckResult:
    """Compare two recordings with each other, the background songs being the competition.

    The score is not symmetric, so both orders are averaged.
    """
    ear = Ear(settings)
    a, b = (ear.sequences_of(path)[1] for path in (path_a, path_b))
    one, other = _one_way(ear, a, b), _one_way(ear, b, a)
    probability = (one.probability + other.probability) / 2
    threshold = settings.tracking.name_probability
    return CheckResult((one.score + other.score) / 2, probability, threshold, probability >= threshold)


def _one_way(ear: Ear, query: Sequences, studio: Sequences) -> Candidate:
    """The studio song as a catalogue of one, asked about the query."""
    alone = Reference(1, 1, studio)
    background = measured_background(ear)
    reference = replace(alone, impostor_mean=impostor_means(_bare_matcher(ear), [alone], background)[0])
    recording = Recording(1, 1, "", "", None, studio.duration_seconds, "", "", SystemClock().utc_now())
    identifier = Identifier(ear, [recording], [reference, *background])
    matches = identifier.matcher.compare(middle_of(query, LONGEST_QUERY_SECONDS), identifier.matcher.references)
    return identifier.candidates(matches)[0]


def _bare_matcher(ear: Ear) -> Matcher:
    return Matcher(ear.matcher_session, ear.model.facts["scoring"], [])
