"""The weights of a network as plain arrays: what a release carries so that anybody can train on from it.

No pickles: a file from the internet must not run code. `start_from` of a configuration names a run beside the new one,
or a released model.
"""

from pathlib import Path

import numpy as np
import torch

from livecsi.errors import InputError
from livecsi.identify.sessions import find_model, released_models
from livecsi.training.networks.livecsi import Encoder, LivecsiNetwork
from livecsi.training.run_folder import CHECKPOINT, load_network

ROLE = "weights"


def write_weights(network: LivecsiNetwork, path: Path) -> None:
    """Every parameter and running mean under its own name, in 32 bits."""
    arrays = {name: value.cpu().numpy() for name, value in network.state_dict().items()}
    np.savez_compressed(path, allow_pickle=False, **arrays)


def read_weights(path: Path) -> LivecsiNetwork:
    """The network of a file of weights; its width is read off the first layer."""
    with np.load(path, allow_pickle=False) as archive:
        state = {name: torch.from_numpy(archive[name]) for name in archive.files}
    network = LivecsiNetwork(len(state["encoder.first.convolution.weight"]))
    network.load_state_dict(state)
    return network


def starting_network(name: str, runs: Path) -> LivecsiNetwork:
    """The network of the run `name` in the folder `runs`, else of the released model of that name.

    Raises InputError where there is neither.
    """
    if (runs / name / CHECKPOINT).is_file():
        return load_network(runs / name).train()
    if any(model.name == name and ROLE in model.facts["files"] for model in released_models()):
        return read_weights(find_model(name).file(ROLE)).train()
    raise InputError(f"start_from: there is no run {runs / name} and no released {name!r}", "train that one first")


def released_encoder() -> Encoder:
    """The encoder of the livecsi model that came with livecsi."""
    return read_weights(find_model("livecsi").file(ROLE)).encoder
