"""A teacher: what a trained vector says of an item, for pupils that would take days to learn as much from works alone.

Knowledge distillation (Hinton, Vinyals and Dean 2015) of vectors: a linear layer is to make the teacher's vector of the
pupil's. A class tells a pupil one thing about a stretch, a teacher 256.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from livecsi.errors import SettingsError
from livecsi.identify.encoder import network_input
from livecsi.identify.sessions import ReleasedModel, Session, find_model
from livecsi.types import Frames


class Teacher:
    """A released model of one vector that hears the constant-Q."""

    def __init__(self, model: ReleasedModel) -> None:
        """Raises SettingsError for a model that is no such thing."""
        facts = model.facts.get("embedding")
        if facts is None or facts["input"] != "constant-q":
            raise SettingsError(f"{model.name!r} cannot teach", "`teacher` names a model of one vector, not of hpcp")
        self.dimensions = int(facts["dimensions"])
        self._model = model

    @classmethod
    def named(cls, name: str) -> "Teacher":
        """The teacher of a plan; raises UsageError where nothing is called that."""
        return cls(find_model(name))

    @cached_property
    def _session(self) -> Session:
        """Made where it is first asked: by each process that makes batches."""
        return self._model.session("embedder", 1)

    def describe(self, frames: Frames) -> NDArray[np.float32]:
        """Magnitudes (72, frames) to a unit vector (dimensions,)."""
        return self._session.run(magnitude=network_input(frames))[0][0]
