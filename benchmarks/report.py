"""How a measurement becomes a committed table: date, machine, command, rows."""

import platform
from datetime import UTC, datetime
from pathlib import Path

from livecsi.evaluation.markdown import table

RESULTS = Path(__file__).parent / "results"


def write_table(
    name: str, title: str, command: str, columns: list[str], rows: list[list[str]], notes: str = ""
) -> Path:
    """Write `results/NAME.md` and print it."""
    body = [*table(columns, rows), "", *([notes, ""] if notes else [])]
    return write_sections(name, title, command, ["\n".join(body)])


def write_sections(name: str, title: str, command: str, sections: list[str]) -> Path:
    """The same for a page of several parts, each Markdown that ends with a line break."""
    made = f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}"
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    path.write_text("\n".join([f"# {title}", "", f"{made}. Repeat with `{command}`.", "", *sections]), encoding="utf-8")
    print(path.read_text(encoding="utf-8"))
    return path
