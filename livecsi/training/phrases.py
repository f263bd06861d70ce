"""Training the phrases: a live window has to find its own song among the songs of a batch and their twins.

Works are taken from a pool (`livecsi pool --features`), heard once by the released encoder, which is not changed, and
kept as levels in the folder of the run, so that a step costs no rendering. Step k always has the same batch.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from livecsi.clock import SystemClock
from livecsi.identify.encoder import Encoder
from livecsi.identify.phrases import moments_of
from livecsi.training.augmentation import augment
from livecsi.training.losses import similarity_loss
from livecsi.training.networks.phrases import PhraseNetwork, phrase_similarity
from livecsi.training.rehearsal import rough_window
from livecsi.training.rendering.performance import RenderedPerformance, render_performance
from livecsi.training.rendering.pool import read_pool
from livecsi.training.run_folder import CHECKPOINT, CURVE, draw_curves, forget_after, log, released_state, resume, save
from livecsi.training.scores.score import Score
from livecsi.training.scores.twins import chord_twin
from livecsi.training.trainer import WARM_UP_STEPS, Listener

WINDOW_FRAMES = 401
STUDIO_SHARE = 0.6
"""How often a song is searched for in its studio version; else in another performance."""
REPORT_EVERY, SAY_EVERY = 20, 250
LARGEST_GRADIENT = 5.0
Moments = NDArray[np.float16]


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


@dataclass(frozen=True, slots=True)
class PhraseWork:
    """Moments of one work: live windows that ask, whole performances to be found (a studio version first), a twin."""

    windows: Sequence[Moments]
    songs: Sequence[Moments]
    twin: Moments | None


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


def gather_works(
    encoder: Encoder, scores: Sequence[Score], pool: Path, folder: Path, seed: int, listener: Listener
) -> list[PhraseWork]:
    """Every work of the pool as the encoder hears it, kept in `folder`, so that the same call again goes on there."""
    folder.mkdir(parents=True, exist_ok=True)
    by_cluster = {score.cluster_id: score for score in scores}
    heard = {int(path.stem) for path in folder.glob("*.npz")}
    for cluster, performances in read_pool(pool, heard):
        if cluster in by_cluster:
            _hear(encoder, by_cluster[cluster], performances, folder, np.random.default_rng([seed, cluster]))
            heard.add(cluster)
            if len(heard) % SAY_EVERY == 0:
                listener.say(f"{len(heard)} works heard")
    return [_read(folder / f"{cluster}.npz") for cluster in sorted(heard)]


def _hear(
    encoder: Encoder, score: Score, performances: Sequence[RenderedPerformance], folder: Path, rng: np.random.Generator
) -> None:
    """Half of the live performances ask, the others and the studio version are found; a twin where there are chords."""
    studio, *live = [performance.magnitude for performance in performances]
    asking = live[: max(1, len(live) // 2)]
    windows = [rough_window(one, min(WINDOW_FRAMES, one.shape[1]), rng) for one in asking]
    songs = [augment(studio, rng, False), *(augment(one, rng, True) for one in live[len(asking) :])]
    twin = chord_twin(score, int(rng.integers(2**31)))
    twins = [augment(render_performance(twin, rng, False, studio.shape[1]).magnitude, rng, False)] if twin else []
    arrays = {
        f"{kind}-{number}": _moments(encoder, frames)
        for kind, many in (("window", windows), ("song", songs), ("twin", twins))
        for number, frames in enumerate(many)
    }
    unfinished = folder / f"{score.cluster_id}.part"
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    unfinished.replace(folder / f"{score.cluster_id}.npz")


def _read(path: Path) -> PhraseWork:
    with np.load(path, allow_pickle=False) as archive:
        windows, songs, twins = (
            [archive[name] for name in sorted(archive.files) if name.startswith(kind)]
            for kind in ("window", "song", "twin")
        )
    return PhraseWork(windows, songs, twins[0] if twins else None)


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
        rate = _learning_rate(plan, progress.step, done)
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


def _learning_rate(plan: PhrasePlan, step: int, done: float) -> float:
    warm_up = min(1.0, (step + 1) / WARM_UP_STEPS)
    return plan.learning_rate * warm_up * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


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


def _moments(encoder: Encoder, magnitude: NDArray[np.float32]) -> Moments:
    _, middle, coarse = encoder.encode(magnitude).levels
    return moments_of(middle, coarse)[0].astype(np.float16)
