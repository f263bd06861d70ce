"""How a measurement becomes a committed table: date, machine, command, rows."""

import platform
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def write_table(
    name: str, title: str, command: str, columns: list[str], rows: list[list[str]], notes: str = ""
) -> Path:
    """Write `results/NAME.md` and print it."""
    widths = [max(len(str(row[i])) for row in [columns, *rows]) for i in range(len(columns))]
    lines = [
        f"# {title}",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}. "
        f"Repeat with `{command}`.",
        "",
        _row(columns, widths),
        _row(["-" * width for width in widths], widths),
        *(_row(row, widths) for row in rows),
        "",
        *([notes, ""] if notes else []),
    ]
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    path.write_text("\n".join(lines), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return path


def _row(cells: list[str], widths: list[int]) -> str:
    return "| " + " | ".join(str(cell).ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
