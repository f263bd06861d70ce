"""A comparison as something to read: one table of figures, one by length of the query, and what it means for pairs."""

from collections.abc import Sequence

from livecsi.evaluation.compare import Comparison
from livecsi.evaluation.markdown import table

FIGURES = ("model", "MAP", "P@10", "MR1", "MRR", "top-1", "top-5", "MAP raw", "ms to encode", "ms a pair", "kB a song")
PAIRS = ("model", "ROC area, balanced", "accuracy, balanced", "ROC area, all", "average precision, all")


def report(title: str, comparisons: Sequence[Comparison]) -> str:
    """Markdown: how many recordings, retrieval, lengths, pairs."""
    first = comparisons[0].figures
    return "\n".join(
        [
            f"## {title}",
            "",
            f"{first.references} recordings, {first.queries} with another version of the same work among them.",
            "",
            *table(FIGURES, [_figures(one) for one in comparisons]),
            "",
            "MAP and top-1 by length of the query (its middle), and milliseconds of a processor to encode and rank it:",
            "",
            *_by_length(comparisons),
            "",
            f"Pairs: {comparisons[0].balanced_pairs.pairs} balanced, {comparisons[0].all_pairs.pairs} in all.",
            "",
            *table(PAIRS, [_pairs(one) for one in comparisons]),
            "",
        ]
    )


def _figures(one: Comparison) -> list[str]:
    f = one.figures
    return [
        one.model,
        *(f"{value:.3f}" for value in (f.map, f.p_at_10)),
        f"{f.mr1:.1f}",
        *(f"{value:.3f}" for value in (f.mrr, f.top1, f.top5, one.raw_map)),
        f"{one.encode_milliseconds:.1f}",
        f"{one.pair_milliseconds:.2f}",
        f"{one.payload_bytes / 1000:.1f}",
    ]


def _by_length(comparisons: Sequence[Comparison]) -> list[str]:
    lengths = sorted({at.seconds for one in comparisons for at in one.by_length if at.figures.queries})
    rows = []
    for one in comparisons:
        known = {at.seconds: at for at in one.by_length}
        cells = []
        for at in (known.get(seconds) for seconds in lengths):
            spent = at and at.encode_milliseconds + at.rank_milliseconds
            cells.append(f"{at.figures.map:.3f} / {at.figures.top1:.3f}, {spent:.0f} ms" if at else "too short")
        rows.append([one.model, *cells])
    return table(["model", *(f"{seconds:.0f} s" for seconds in lengths)], rows)


def _pairs(one: Comparison) -> list[str]:
    few, many = one.balanced_pairs, one.all_pairs
    values = few.roc_area, few.best_accuracy, many.roc_area, many.average_precision
    return [one.model, *(f"{value:.3f}" for value in values)]
