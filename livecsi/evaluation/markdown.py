"""Tables in Markdown whose columns line up, for reports and committed measurements."""

from collections.abc import Sequence


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    return [
        _row(columns, widths),
        _row(["-" * width for width in widths], widths),
        *(_row(row, widths) for row in rows),
    ]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
