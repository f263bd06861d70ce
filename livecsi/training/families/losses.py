"""Distances as losses: of versions from each other, and of a pupil from its teacher."""

from pytorch_metric_learning import distances, losses, miners
from torch import Tensor
from torch.nn import functional

from livecsi.training.families.plan import LossPlan


def metric_loss(vectors: Tensor, work: Tensor, plan: LossPlan, step: int) -> Tensor:
    """Contrastive, triplet (all, or from a step on the hardest of the batch), angular or NT-Xent loss."""
    if plan.metric == "angular":
        loss: Tensor = losses.AngularLoss(alpha=plan.degrees)(vectors, work)
        return loss
    if plan.metric == "nt-xent":
        return losses.NTXentLoss(temperature=plan.temperature)(vectors, work)
    distance = distances.LpDistance(normalize_embeddings=False)
    if plan.metric == "contrastive":
        return losses.ContrastiveLoss(pos_margin=0.0, neg_margin=1.0, distance=distance)(vectors, work)
    triplets = losses.TripletMarginLoss(margin=plan.margin, distance=distance)
    hardest = miners.BatchHardMiner(distance=distance)(vectors, work) if step >= plan.hard_from_step else None
    return triplets(vectors, work, hardest)


def not_understood(said: Tensor, taught: Tensor) -> Tensor:
    """How far a pupil's words are from the teacher's: 1 - cosine, the mean of a batch."""
    return 1 - functional.cosine_similarity(said, taught).mean()
