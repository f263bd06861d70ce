"""The training loop: deterministic batches, a cosine schedule on a budget, checkpoints that survive a kill.

A run folder holds `checkpoint.pt` (replaced atomically), `curve.csv` and a copy of its configuration; starting the same
command again resumes it at the next step.
"""

import csv
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from livecsi.clock import SystemClock
from livecsi.errors import InputError
from livecsi.training.dataset import BatchShape, Material, RenderedPairs
from livecsi.training.losses import alignment_loss, retrieval_loss, similarity_loss
from livecsi.training.networks.livecsi import LivecsiNetwork, best_similarity
from livecsi.training.rendering.variety import Variety

COLUMNS = ("step", "pairs", "seconds", "learning_rate", "head", "similarity", "alignment", "top1")
WARM_UP_STEPS = 30


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Everything that decides a run; kept beside the model it made."""

    steps: int = 3000
    budget_seconds: float = math.inf
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    hard_negatives: int = 2
    similarity_weight: float = 0.5
    alignment_weight: float = 0.2
    width: int = 24
    seed: int = 1
    threads: int = 1
    workers: int = 1
    checkpoint_every: int = 50
    start_from: str = ""
    shape: BatchShape = field(default_factory=BatchShape)
    variety: Variety = field(default_factory=Variety)


def train(material: Material, plan: TrainingPlan, folder: Path, say: Callable[[str], None]) -> LivecsiNetwork:
    """Train until the steps or the budget are spent; returns the network."""
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = _network(plan, folder).to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, amsgrad=True
    )
    folder.mkdir(parents=True, exist_ok=True)
    step, spent = _resume(folder, network, optimiser, device)
    clock = SystemClock()
    pairs = RenderedPairs(material, plan.shape, plan.seed, plan.steps, plan.variety)
    loader = DataLoader(
        pairs,
        batch_size=None,
        sampler=range(step, plan.steps),
        num_workers=plan.workers,
        prefetch_factor=4 if plan.workers else None,
        generator=torch.Generator(),  # its own, so that a resumed run draws what an uninterrupted one would have drawn
    )
    began = clock.monotonic_seconds() - spent
    for batch in loader:
        spent = clock.monotonic_seconds() - began
        progress = max(step / plan.steps, spent / plan.budget_seconds)
        if progress >= 1:
            break
        rate = _learning_rate(plan, step, progress)
        for group in optimiser.param_groups:
            group["lr"] = rate
        figures = _step(network, optimiser, {name: value.to(device) for name, value in batch.items()}, plan)
        step += 1
        if step % 10 == 0:
            row = dict(zip(COLUMNS, (step, step * plan.shape.batch, round(spent, 1), rate, *figures), strict=True))
            _log(folder / "curve.csv", row)
            say("  ".join(f"{name} {value:.4g}" for name, value in row.items()))
        if step % plan.checkpoint_every == 0:
            _save(folder, network, optimiser, step, spent, plan)
    _save(folder, network, optimiser, step, spent, plan)
    return network


def _network(plan: TrainingPlan, folder: Path) -> LivecsiNetwork:
    """A fresh network, or the one of an earlier run beside `folder` to go on from."""
    if not plan.start_from:
        return LivecsiNetwork(plan.width)
    earlier = folder.parent / plan.start_from
    if not (earlier / "checkpoint.pt").is_file():
        raise InputError(f"{earlier}: holds no trained run", f"train models/{plan.start_from}.toml first")
    return load_network(earlier).train()


def load_network(folder: Path) -> LivecsiNetwork:
    """The network of a run folder as its last checkpoint has it."""
    state = torch.load(folder / "checkpoint.pt", map_location="cpu", weights_only=True)
    network = LivecsiNetwork(state["plan"]["width"])
    network.load_state_dict(state["network"])
    return network.eval()


def _learning_rate(plan: TrainingPlan, step: int, progress: float) -> float:
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return plan.learning_rate * warm_up * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def _step(
    network: LivecsiNetwork, optimiser: torch.optim.Optimizer, batch: dict[str, Tensor], plan: TrainingPlan
) -> tuple[float, float, float, float]:
    with torch.autocast(batch["query"].device.type, dtype=torch.bfloat16):
        query, reference = network.encoder(batch["query"]), network.encoder(batch["reference"])
        rotations = best_similarity(query[2], reference[2]).float()
        similarity = rotations.amax(2)
        candidates = _candidates(similarity.detach(), plan.hard_negatives)
        rows = torch.arange(len(candidates))[:, None].expand_as(candidates).reshape(-1)
        columns = candidates.reshape(-1)
        scores = (
            network.compare(
                [level[rows] for level in query],
                [level[columns] for level in reference],
                rotations.argmax(2)[rows, columns],
            )
            .float()
            .view_as(candidates)
        )
    head = retrieval_loss(scores)
    auxiliary = similarity_loss(similarity, network.log_temperature.exp())
    alignment = _alignment(network, query, reference, batch)
    loss = head + plan.similarity_weight * auxiliary + plan.alignment_weight * alignment
    optimiser.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimiser.step()
    top1 = (scores.argmax(1) == 0).float().mean().item()
    return head.item(), auxiliary.item(), alignment.item(), top1


def _candidates(similarity: Tensor, hard: int) -> Tensor:
    """Per query: its own reference, the hardest others, and one at random."""
    queries, references = similarity.shape
    own = torch.arange(queries, device=similarity.device)[:, None]
    hardest = (similarity - 1e3 * torch.eye(queries, references, device=similarity.device)).topk(hard, 1).indices
    other = (own + torch.randint(1, references, (queries, 1), device=similarity.device)) % references
    return torch.cat([own, hardest, other], 1)


def _alignment(
    network: LivecsiNetwork, query: list[Tensor], reference: list[Tensor], batch: dict[str, Tensor]
) -> Tensor:
    """The alignment loss on the two finer levels, whose frames are two and four feature frames long."""
    total = torch.zeros((), device=batch["query"].device)
    for level, tolerance in ((0, 0), (1, 1)):
        stride = 2 ** (level + 1)
        total = total + alignment_loss(
            query[level].float(),
            reference[level].float(),
            batch["query_beat"][:, stride // 2 :: stride][:, : query[level].shape[3]],
            batch["reference_beat"][:, stride // 2 :: stride][:, : reference[level].shape[3]],
            batch["rotation"],
            network.log_alignment_temperature.exp(),
            tolerance,
        )
    return total


def _resume(
    folder: Path, network: LivecsiNetwork, optimiser: torch.optim.Optimizer, device: torch.device
) -> tuple[int, float]:
    path = folder / "checkpoint.pt"
    if not path.is_file():
        return 0, 0.0
    state = torch.load(path, map_location=device, weights_only=True)
    network.load_state_dict(state["network"])
    optimiser.load_state_dict(state["optimiser"])
    torch.set_rng_state(state["random"].cpu())
    return int(state["step"]), float(state["seconds"])


def _save(
    folder: Path,
    network: LivecsiNetwork,
    optimiser: torch.optim.Optimizer,
    step: int,
    seconds: float,
    plan: TrainingPlan,
) -> None:
    state = {
        "network": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "random": torch.get_rng_state(),
        "step": step,
        "seconds": seconds,
        "plan": asdict(plan),
    }
    torch.save(state, folder / "checkpoint.new")
    (folder / "checkpoint.new").replace(folder / "checkpoint.pt")


def _log(path: Path, row: dict[str, float]) -> None:
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if fresh:
            writer.writeheader()
        writer.writerow(row)
