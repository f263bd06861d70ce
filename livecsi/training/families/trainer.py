"""The loop that trains every family: resumable at any step, deterministic, stopped by steps, budget or patience.

A validation searches rendered works of the validation split; the best network is the one a release takes. The forward
pass runs in bfloat16 on a GPU, and on a processor where the plan says so.
"""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from livecsi.clock import SystemClock
from livecsi.training.families.objectives import Objective, make_objective
from livecsi.training.families.plan import FamilyPlan
from livecsi.training.families.validation import FamilyTrial, search
from livecsi.training.families.versions import FamilyMaterial, VersionBatches
from livecsi.training.run_folder import (
    BEST,
    CHECKPOINT,
    CURVE,
    VALIDATION,
    Progress,
    draw_curves,
    forget_after,
    last_step,
    log,
    resume,
    save,
)
from livecsi.training.trainer import WARM_UP_STEPS, Listener, cosine_rate

PLATEAU_FACTOR = 0.1
LARGEST_GRADIENT = 5.0
Constraint = Callable[[Objective, int], None]


def train_family(
    material: FamilyMaterial,
    plan: FamilyPlan,
    folder: Path,
    listener: Listener,
    trial: FamilyTrial,
    start: Callable[[Objective], None] | None = None,
    constrain: Constraint | None = None,
) -> Objective:
    """Train into `folder`, going on from its checkpoint where there is one.

    `start` may change a fresh objective before the first step; `constrain` is called with the objective and the step
    after every step and after a resumption, such as to keep pruned weights at zero.
    """
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder.mkdir(parents=True, exist_ok=True)
    taught = material.teacher.dimensions if material.teacher else 0
    objective = make_objective(plan, len(material.works), taught).to(device)
    if start is not None:
        start(objective)
    optimiser = torch.optim.Adam(
        objective.parameters(), plan.learning_rate, weight_decay=plan.weight_decay, amsgrad=plan.amsgrad
    )
    _Run(material, plan, folder, listener, trial, objective, optimiser, constrain).go(device)
    return objective


class _Run:
    """One call of `train_family`."""

    def __init__(
        self,
        material: FamilyMaterial,
        plan: FamilyPlan,
        folder: Path,
        listener: Listener,
        trial: FamilyTrial,
        objective: Objective,
        optimiser: torch.optim.Optimizer,
        constrain: Constraint | None,
    ) -> None:
        self.material, self.plan, self.folder, self.listener, self.trial = material, plan, folder, listener, trial
        self.objective, self.optimiser = objective, optimiser
        self.constrain = constrain or (lambda _, __: None)
        self.progress = Progress()

    def go(self, device: torch.device) -> None:
        plan = self.plan
        self.progress = progress = resume(self.folder, self.objective, self.optimiser, device)
        for name in (CURVE, VALIDATION):
            forget_after(self.folder / name, progress.step)
        self.constrain(self.objective, progress.step)
        clock = SystemClock()
        began = clock.monotonic_seconds() - progress.seconds
        for batch in self._batches():
            progress.seconds = clock.monotonic_seconds() - began
            done = max(progress.step / plan.steps, progress.seconds / plan.budget_seconds)
            if done >= 1 or (plan.patience and progress.since_best >= plan.patience):
                break
            self.listener.bar(done)
            rate = learning_rate(plan, progress, done)
            figures = self._step({name: value.to(device) for name, value in batch.items()}, rate)
            progress.step += 1
            self.constrain(self.objective, progress.step)
            if progress.step % 10 == 0:
                self._report(rate, figures)
            if plan.validate_every and progress.step % plan.validate_every == 0:
                self._validate()
            if progress.step % plan.checkpoint_every == 0:
                self._save(CHECKPOINT)
        self._finish()

    def _batches(self) -> DataLoader[Any]:
        plan = self.plan
        data = VersionBatches(self.material, plan.batch, self.objective.input, plan.seed, plan.steps)
        return DataLoader(
            data,
            batch_size=None,
            sampler=range(self.progress.step, plan.steps),
            num_workers=plan.workers,
            prefetch_factor=4 if plan.workers else None,
            generator=torch.Generator(),  # its own, so that a resumed run draws what an uninterrupted one would
        )

    def _step(self, batch: dict[str, Tensor], rate: float) -> dict[str, float]:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.objective.train()
        device = batch["features"].device
        with torch.autocast(device.type, torch.bfloat16, self.plan.bfloat16 or device.type == "cuda"):
            loss, figures = self.objective(**batch, step=self.progress.step)
        self.optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.objective.parameters(), LARGEST_GRADIENT)
        self.optimiser.step()
        return dict(figures)

    def _seen(self) -> dict[str, int]:
        shape = self.plan.batch
        return {"step": self.progress.step, "versions": self.progress.step * shape.works * shape.versions}

    def _report(self, rate: float, figures: dict[str, float]) -> None:
        names = (*self.objective.losses, "top1")
        row = {**self._seen(), "seconds": round(self.progress.seconds, 1), "learning_rate": rate}
        row |= {name: figures[name] for name in names}
        log(self.folder / CURVE, row)
        self.listener.say("  ".join(f"{name} {value:.4g}" for name, value in row.items()))

    def _validate(self) -> None:
        """Judge by the rendered works; the real ones are written beside it."""
        found = search(self.objective, self.trial.rendered, self.plan)
        row = {**self._seen(), "map": found.map, "top1": found.top1, "mr1": found.mr1}
        if self.trial.real:
            row["map_real"] = search(self.objective, self.trial.real, self.plan).map
        better = self.progress.judge(found.map)
        if not better and self.progress.since_best % self.plan.plateau_patience == 0:
            self.progress.drops += 1
        log(self.folder / VALIDATION, row)
        figures = ", ".join(f"{name} {row[name]:.3f}" for name in row if name.startswith(("map", "top1")))
        self.listener.say(f"validation: {figures}{', the best so far' * better}")
        if better:
            self._save(BEST)

    def _save(self, name: str) -> None:
        save(self.folder / name, self.objective, self.optimiser, self.progress, asdict(self.plan))

    def _finish(self) -> None:
        """The last validation of a run that a budget ended between two, the checkpoint, the picture."""
        if self.plan.validate_every and self.progress.step > last_step(self.folder / VALIDATION):
            self._validate()
        self._save(CHECKPOINT)
        draw_curves(self.folder)


def learning_rate(plan: FamilyPlan, progress: Progress, done: float) -> float:
    """Warm-up, then a cosine over what is done (0 to 1), or a tenth after each plateau."""
    if plan.schedule == "cosine":
        return cosine_rate(plan.learning_rate, progress.step, done)
    return plan.learning_rate * min(1.0, (progress.step + 1) / WARM_UP_STEPS) * PLATEAU_FACTOR**progress.drops
