"""Which network a family is, built as its plan says or read back from its run."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livecsi.errors import InputError, SettingsError
from livecsi.training.families.plan import FamilyPlan, read_plan
from livecsi.training.networks.blocks import EmbeddingNetwork
from livecsi.training.networks.bytecover import ByteCover
from livecsi.training.networks.cqtnet import CqtNet
from livecsi.training.networks.hakala import HakalaNetwork
from livecsi.training.networks.hpcp import HpcpCnn, HpcpLstm
from livecsi.training.networks.hpcp_vit import HpcpVit
from livecsi.training.networks.vector import LivecsiVector
from livecsi.training.run_folder import released_state
from livecsi.training.weights import released_encoder

Network = EmbeddingNetwork | HakalaNetwork
NETWORKS: dict[str, Callable[..., Network]] = {
    "hakala": HakalaNetwork,
    "cqtnet": CqtNet,
    "cqtnet-small": lambda: CqtNet(separable=True),
    "bytecover": ByteCover,
    "caspernet": ByteCover,
    "hpcp-cnn": HpcpCnn,
    "hpcp-lstm": HpcpLstm,
    "hpcp-vit": HpcpVit,
    "livecsi-vector": lambda **options: LivecsiVector(released_encoder(), **options),
}


def build_network(plan: FamilyPlan) -> Network:
    """A fresh network; raises SettingsError for options its family does not have."""
    try:
        return NETWORKS[plan.family](**plan.network)
    except TypeError as error:
        raise SettingsError(f"[network] of {plan.family}: {error}", "leave it out, or see docs/models.md") from error


def plan_of_run(folder: Path) -> FamilyPlan:
    """The plan a run was trained by, from the configuration kept in its folder."""
    path = folder / "config.toml"
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{path}: {error}", "train it first with `livecsi train`") from error
    return read_plan(table, str(path))


def load_family(folder: Path) -> Network:
    """The network a run would release, without the classifier it was taught with."""
    network = build_network(plan_of_run(folder))
    state = released_state(folder)["network"]
    prefix = "network."
    network.load_state_dict({k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)})
    return network.eval()
