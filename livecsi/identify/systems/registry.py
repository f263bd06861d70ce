"""Which system a released model is: by its family."""

from livecsi.errors import UsageError
from livecsi.identify.sessions import ReleasedModel
from livecsi.identify.systems.livecsi import DeepSequences
from livecsi.identify.systems.system import System


def system_of(model: ReleasedModel, threads: int) -> System:
    """The system behind a model; raises UsageError for what cannot name songs, such as the gate."""
    if model.family == "livecsi":
        return DeepSequences(model, threads)
    raise UsageError(f"model {model.name!r} cannot name songs", "see `livecsi models list`")
