"""Which system a released model is: by what its manifest entry says, and for untrained ones by its family."""

from collections.abc import Callable

from livecsi.errors import UsageError
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.embeddings import EmbeddingSystem
from livecsi.identify.systems.fingerprint import Fingerprint
from livecsi.identify.systems.fourier import FourierMagnitudes
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.identify.systems.pairwise import PairwiseSystem
from livecsi.identify.systems.qmax import Qmax
from livecsi.identify.systems.scored import ScoredSystem
from livecsi.identify.systems.smith_waterman import SmithWaterman
from livecsi.identify.systems.system import System

UNTRAINED: dict[str, Callable[[ReleasedModel], ScoredSystem]] = {
    "fingerprint": Fingerprint,
    "fourier-2d": FourierMagnitudes,
    "qmax": Qmax,
    "smith-waterman": SmithWaterman,
}


def system_of(model: ReleasedModel, threads: int) -> System:
    """The system behind a model; raises UsageError for what cannot name songs, such as the gate."""
    if model.family in UNTRAINED:
        return UNTRAINED[model.family](model)
    if "embedding" in model.facts:
        return EmbeddingSystem(model, threads)
    if "pairwise" in model.facts:
        return PairwiseSystem(model, threads)
    if model.family == "livecsi":
        return DeepSequences(model, threads)
    raise UsageError(f"model {model.name!r} cannot name songs", "see `livecsi models list`")
