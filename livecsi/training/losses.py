"""What the network is asked for: the right song first, by the head, by MaxSim, and moment by moment.

`retrieval_loss` is the softmax over one positive and a few negatives plus a little binary cross-entropy;
`similarity_loss` the symmetric cross-entropy of MaxSim over the batch; `alignment_loss` says which moments of two
performances are the same beat of the same song, which is what Smith-Waterman later walks along.
"""

import torch
from torch import Tensor
from torch.nn import functional

NOWHERE = -1


def retrieval_loss(scores: Tensor) -> Tensor:
    """`scores` (batch, 1 + negatives), the positive in column 0."""
    first = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    target = torch.zeros_like(scores)
    target[:, 0] = 1
    return functional.cross_entropy(scores, first) + 0.1 * functional.binary_cross_entropy_with_logits(scores, target)


def similarity_loss(similarity: Tensor, temperature: Tensor) -> Tensor:
    """`similarity` (queries, references), right ones on the diagonal; further references are nobody's."""
    queries = len(similarity)
    diagonal = torch.arange(queries, device=similarity.device)
    scaled = similarity * temperature
    return functional.cross_entropy(scaled, diagonal) + functional.cross_entropy(scaled[:, :queries].T, diagonal)


def alignment_loss(
    query: Tensor,
    reference: Tensor,
    query_beat: Tensor,
    reference_beat: Tensor,
    rotation: Tensor,
    temperature: Tensor,
    tolerance_beats: int,
    moments: int = 24,
) -> Tensor:
    """Contrast each moment of the query with the same beat of its reference and all moments of the other references.

    `query` (n, C, 12, t), `reference` (m, C, 12, u), the first n of them its own; beats (n, t) and (m, u), `NOWHERE`
    outside the song; `rotation` (n,): how far the reference must be rotated up to be in the query's key.
    """
    batch, _, _, frames = query.shape
    index = (torch.arange(12, device=rotation.device)[None] + rotation[:, None]) % 12
    unrotated = torch.gather(query, 2, index[:, None, :, None].expand_as(query)).flatten(1, 2)
    chosen = torch.randint(0, frames, (batch, moments), device=query.device)
    anchors = torch.gather(unrotated, 2, chosen[:, None].expand(-1, unrotated.shape[1], -1)).transpose(1, 2)
    similarity = torch.einsum("nmc,kcu->nmku", anchors, reference.flatten(1, 2)).float() * temperature
    beats = torch.gather(query_beat, 1, chosen)
    own_beat = reference_beat[:batch]
    same = (beats[:, :, None] - own_beat[:, None]).abs() <= tolerance_beats
    same &= (beats[:, :, None] != NOWHERE) & (own_beat[:, None] != NOWHERE)
    own = torch.eye(batch, len(reference), dtype=torch.bool, device=query.device)[:, None, :, None]
    positive = own & same[:, :, None]
    allowed = positive | ~own
    everything = torch.logsumexp(similarity.masked_fill(~allowed, -1e4).flatten(2), 2)
    right = torch.logsumexp(similarity.masked_fill(~positive, -1e4).flatten(2), 2)
    found = positive.flatten(2).any(2)
    return (everything - right)[found].mean() if found.any() else similarity.sum() * 0
