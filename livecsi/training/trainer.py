"""The training loop: deterministic batches, a cosine schedule on a budget, validation on real music, early stopping.

Starting the same command again resumes the run at the next step of its last checkpoint (`run_folder`).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from livecsi.clock import SystemClock
from livecsi.training.dataset import BatchShape, Material, RenderedPairs
from livecsi.training.losses import alignment_loss, retrieval_loss, similarity_loss
from livecsi.training.networks.livecsi import LivecsiNetwork, best_similarity
from livecsi.training.rendering.variety import Variety
from livecsi.training.run_folder import (
    BEST,
    CHECKPOINT,
    CURVE,
    VALIDATION,
    Progress,
    draw_curves,
    log,
    resume,
    save,
)
from livecsi.training.scripted_pairs import ScriptedPairs, rendered
from livecsi.training.validation import Trial, exported_model, search
from livecsi.training.weights import starting_network

COLUMNS = ("step", "pairs", "seconds", "learning_rate", "head", "similarity", "alignment", "top1")
WARM_UP_STEPS = 30


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Everything that decides a run; kept beside the model it made.

    `render_on` the "cpu" finished pairs come from the workers; on the "device" that trains they are rendered there.
    """

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
    validate_every: int = 0
    patience: int = 0
    render_on: Literal["cpu", "device"] = "cpu"
    shape: BatchShape = field(default_factory=BatchShape)
    variety: Variety = field(default_factory=Variety)


@dataclass(frozen=True, slots=True)
class Listener:
    """Who wants to know how a run goes: lines to read, and a bar (share done, 0 to 1)."""

    say: Callable[[str], None] = lambda _: None
    bar: Callable[[float], None] = lambda _: None


def train(
    material: Material, plan: TrainingPlan, folder: Path, listener: Listener, trial: Trial | None = None
) -> LivecsiNetwork:
    """Train until the steps or the budget are spent, or until `patience` validations on `trial` brought nothing better.

    Validation needs a trial and `validate_every`; the best network is then the one a release takes.
    """
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder.mkdir(parents=True, exist_ok=True)
    network = _network(plan, folder).to(device)
    optimiser = torch.optim.AdamW(
        network.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, amsgrad=True
    )
    progress = resume(folder, network, optimiser, device)
    clock = SystemClock()
    began = clock.monotonic_seconds() - progress.seconds
    for batch in _batches(material, plan, progress.step, device):
        progress.seconds = clock.monotonic_seconds() - began
        done = max(progress.step / plan.steps, progress.seconds / plan.budget_seconds)
        if done >= 1 or (plan.patience and progress.since_best >= plan.patience):
            break
        listener.bar(done)
        rate = cosine_rate(plan.learning_rate, progress.step, done)
        for group in optimiser.param_groups:
            group["lr"] = rate
        figures = _step(network, optimiser, {name: value.to(device) for name, value in batch.items()}, plan)
        progress.step += 1
        if progress.step % 10 == 0:
            _report(folder, plan, progress, (rate, *figures), listener)
        if trial is not None and plan.validate_every and progress.step % plan.validate_every == 0:
            _validate(network, optimiser, trial, folder, plan, progress, listener)
        if progress.step % plan.checkpoint_every == 0:
            save(folder / CHECKPOINT, network, optimiser, progress, asdict(plan))
    save(folder / CHECKPOINT, network, optimiser, progress, asdict(plan))
    draw_curves(folder)
    return network


def _batches(
    material: Material, plan: TrainingPlan, first_step: int, device: torch.device
) -> Iterable[dict[str, Tensor]]:
    pairs = RenderedPairs(material, plan.shape, plan.seed, plan.steps, plan.variety)
    loader: DataLoader[Any] = DataLoader(
        pairs if plan.render_on == "cpu" else ScriptedPairs(pairs),
        batch_size=None,
        sampler=range(first_step, plan.steps),
        num_workers=plan.workers,
        prefetch_factor=4 if plan.workers else None,
        generator=torch.Generator(),  # its own, so that a resumed run draws what an uninterrupted one would have drawn
    )
    return loader if plan.render_on == "cpu" else rendered(loader, device)


def _report(folder: Path, plan: TrainingPlan, progress: Progress, figures: tuple[float, ...], to: Listener) -> None:
    done = (progress.step, progress.step * plan.shape.batch, round(progress.seconds, 1))
    row = dict(zip(COLUMNS, (*done, *figures), strict=True))
    log(folder / CURVE, row)
    to.say("  ".join(f"{name} {value:.4g}" for name, value in row.items()))


def _validate(
    network: LivecsiNetwork,
    optimiser: torch.optim.Optimizer,
    trial: Trial,
    folder: Path,
    plan: TrainingPlan,
    progress: Progress,
    listener: Listener,
) -> None:
    """Search the trial as a release would, and keep the network when it is the best so far."""
    figures = search(exported_model(network.eval(), folder / "validation"), trial).figures()
    network.train()
    better = progress.judge(figures.map)
    row = {"step": progress.step, "pairs": progress.step * plan.shape.batch, "map": figures.map, "top1": figures.top1}
    log(folder / VALIDATION, row)
    listener.say(f"validation: MAP {figures.map:.3f}, top-1 {figures.top1:.3f}{', the best so far' * better}")
    if better:
        save(folder / BEST, network, optimiser, progress, asdict(plan))
    draw_curves(folder)


def _network(plan: TrainingPlan, folder: Path) -> LivecsiNetwork:
    """A fresh network, or the one of an earlier run or release to go on from."""
    return starting_network(plan.start_from, folder.parent) if plan.start_from else LivecsiNetwork(plan.width)


def cosine_rate(highest: float, step: int, done: float) -> float:
    """The rate of a step when so much of a run is done (0 to 1): a warm-up, then half a cosine down to a little."""
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return highest * warm_up * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def _step(
    network: LivecsiNetwork, optimiser: torch.optim.Optimizer, batch: dict[str, Tensor], plan: TrainingPlan
) -> tuple[float, float, float, float]:
    with torch.autocast(batch["query"].device.type, dtype=torch.bfloat16):
        query, reference = network.encoder(batch["query"]), network.encoder(batch["reference"])
        rotations = best_similarity(query[2], reference[2]).float()
        similarity = rotations.amax(2)
        candidates = _candidates(similarity.detach(), plan.hard_negatives)
        rows = torch.arange(len(candidates), device=candidates.device)[:, None].expand_as(candidates).reshape(-1)
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
