"""Retrieval figures from a score matrix.

Conventions: ranks are 1-based; ties are broken pessimistically (a wrong reference with the same score ranks first);
AP = sum(precision at each relevant rank) / number relevant; P@10 counts hits in ranks 1-10 and divides by 10;
MR1 is the mean rank of the first right answer, MRR the mean of its reciprocal. Queries without any relevant reference
are left out of all figures and counted in `unanswerable`.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """The figures of one score matrix."""

    top1: float
    top5: float
    map: float
    p_at_10: float
    mr1: float
    mrr: float
    queries: int
    references: int
    unanswerable: int = 0

    def as_dict(self) -> dict[str, float | int]:
        return asdict(self)


def retrieval_figures(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> RetrievalFigures:
    """`scores` and `relevant`, both (queries, references); -inf excludes a reference (the query itself)."""
    answerable = relevant.any(1)
    ranked = [_ranked_relevance(s, r) for s, r in zip(scores[answerable], relevant[answerable], strict=True)]
    if not ranked:
        return RetrievalFigures(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0, scores.shape[1], len(scores))
    first = np.array([int(np.argmax(row)) + 1 for row in ranked])
    return RetrievalFigures(
        top1=float(np.mean(first == 1)),
        top5=float(np.mean(first <= 5)),
        map=float(np.mean([average_precision(row) for row in ranked])),
        p_at_10=float(np.mean([row[:10].sum() / 10 for row in ranked])),
        mr1=float(first.mean()),
        mrr=float(np.mean(1 / first)),
        queries=len(ranked),
        references=scores.shape[1],
        unanswerable=int((~answerable).sum()),
    )


def average_precision(ranked_relevance: NDArray[np.bool_]) -> float:
    """Mean of the precisions at the ranks of the relevant items."""
    ranks = np.flatnonzero(ranked_relevance) + 1
    return float(np.mean(np.arange(1, len(ranks) + 1) / ranks)) if len(ranks) else 0.0


def _ranked_relevance(scores: NDArray[np.float64], relevant: NDArray[np.bool_]) -> NDArray[np.bool_]:
    order = np.lexsort((relevant, -scores))
    kept = order[np.isfinite(scores[order]) | relevant[order]]
    return np.asarray(relevant[kept])
