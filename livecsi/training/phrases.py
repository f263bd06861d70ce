"""Training the phrases: a live window has to find its own song among the songs of a batch and their twins.

Step k always has the same batch of works (`phrase_works.py`), and a run that was killed goes on as if nothing had
happened.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from livecsi.clock import SystemClock
from livecsi.training.losses import similarity_loss
from livecsi.training.networks.phrases import PhraseNetwork, phrase_similarity
from livecsi.training.phrase_works import Moments, PhraseWork
from livecsi.training.run_folder import (
    CHECKPOINT,
    CURVE,
    draw_curves,
    forget_after,
    log,
    released_state,
    resume,
    save,
)
from livecsi.training.trainer import Listener, cosine_rate

STUDIO_SHARE = 0.6
"""How often a song is searched for in its studio version; else in another performance."""
REPORT_EVERY = 20
LARGEST_GRADIENT = 5.0


@dataclass(frozen=True, slots=True)
class PhrasePlan:
    """Everything that decides a run. `encoder` is the id of the model whose levels the phrases hear."""

    steps: int = 3000
    budget_seconds: float = math.inf
    learning_rate: float = 2e-3
    weight_decay: float = 1e-5
    works: int = 48
    twins: int = 16
    query_moments: tuple[int, ...] = (12, 24, 36, 48)
    song_moments: tuple[int, ...] = (56, 72, 80)
    checkpoint_every: int = 100
    seed: int = 1
    threads: int = 1
    encoder: str = ""


class PhraseLearner(nn.Module):
    """The network, and what similarities are multiplied by before they become probabilities."""

    def __init__(self) -> None:
        super().__init__()
        self.network = PhraseNetwork()
        self.log_temperature = nn.Parameter(torch.tensor(math.log(25.0)))

    def forward(self, query: Tensor, song: Tensor) -> tuple[Tensor, float]:
        """The loss of a batch (`batch`), and how many queries found their own song."""
        with torch.autocast(query.device.type, torch.bfloat16):
            keys = phrase_similarity(self.network(query), self.network(song)).float()
        temperature = self.log_temperature.exp()
        similarity = torch.logsumexp(2 * temperature * keys, 2) / (2 * temperature)  # the best key, yet all keys learn
        own = torch.arange(len(query), device=query.device)
        top1 = (keys.amax(2).argmax(1) == own).float().mean().item()
        return similarity_loss(similarity, temperature), top1


def train_phrases(works: Sequence[PhraseWork], plan: PhrasePlan, folder: Path, listener: Listener) -> PhraseNetwork:
    """Train until the steps or the budget are spent, going on from the checkpoint where there is one."""
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    folder.mkdir(parents=True, exist_ok=True)
    learner = PhraseLearner().to(device)
    optimiser = torch.optim.Adam(learner.parameters(), plan.learning_rate, weight_decay=plan.weight_decay)
    progress = resume(folder, learner, optimiser, device)
    forget_after(folder / CURVE, progress.step)
    clock = SystemClock()
    began = clock.monotonic_seconds() - progress.seconds
    while True:
        progress.seconds = clock.monotonic_seconds() - began
        done = max(progress.step / plan.steps, progress.seconds / max(plan.budget_seconds, 1e-9))
        if done >= 1:
            break
        listener.bar(done)
        rate = cosine_rate(plan.learning_rate, progress.step, done)
        for group in optimiser.param_groups:
            group["lr"] = rate
        query, song = (side.to(device) for side in batch(works, plan, progress.step))
        loss, top1 = _step(learner, optimiser, query, song)
        progress.step += 1
        if progress.step % REPORT_EVERY == 0:
            row = {"step": progress.step, "windows": progress.step * plan.works, "seconds": round(progress.seconds, 1)}
            log(folder / CURVE, {**row, "learning_rate": rate, "similarity": loss, "top1": top1})
            listener.say(f"step {progress.step}  loss {loss:.3f}  top-1 {top1:.2f}")
        if progress.step % plan.checkpoint_every == 0:
            save(folder / CHECKPOINT, learner, optimiser, progress, asdict(plan))
    save(folder / CHECKPOINT, learner, optimiser, progress, asdict(plan))
    draw_curves(folder)
    return learner.network.eval()


def load_phrases(folder: Path) -> tuple[PhraseNetwork, dict[str, Any]]:
    """The network of a run, and the state it was read from."""
    state, learner = released_state(folder), PhraseLearner()
    learner.load_state_dict(state["network"])
    return learner.network.eval(), state


def batch(works: Sequence[PhraseWork], plan: PhrasePlan, step: int) -> tuple[Tensor, Tensor]:
    """Queries (works, 24, 12, q), and songs (works + twins, 24, 12, s): each query's own in its place, then twins."""
    rng = np.random.default_rng([plan.seed, step])
    chosen = [works[index] for index in rng.choice(len(works), min(plan.works, len(works)), replace=False)]
    asked, searched = int(rng.choice(plan.query_moments)), int(rng.choice(plan.song_moments))
    queries = [_cut(work.windows[int(rng.integers(len(work.windows)))], asked, rng) for work in chosen]
    songs = [_cut(_song(work, rng), searched, rng) for work in chosen]
    twins = [work.twin for work in chosen if work.twin is not None][: plan.twins]
    songs += [_cut(twin, searched, rng) for twin in twins]
    query, song = (torch.from_numpy(np.stack(side).astype(np.float32)) for side in (queries, songs))
    return query, song


def _step(learner: PhraseLearner, optimiser: torch.optim.Optimizer, query: Tensor, song: Tensor) -> tuple[float, float]:
    loss, top1 = learner.train()(query, song)
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(learner.parameters(), LARGEST_GRADIENT)
    optimiser.step()
    return loss.item(), top1


def _song(work: PhraseWork, rng: np.random.Generator) -> Moments:
    others = work.songs[1:]
    return work.songs[0] if not others or rng.random() < STUDIO_SHARE else others[int(rng.integers(len(others)))]


def _cut(moments: Moments, length: int, rng: np.random.Generator) -> Moments:
    """A stretch of so many moments; what is shorter is heard again from its beginning."""
    whole = moments.shape[2]
    if whole < length:
        return np.tile(moments, (1, 1, -(-length // whole)))[:, :, :length]
    first = int(rng.integers(whole - length + 1))
    return moments[:, :, first : first + length]
