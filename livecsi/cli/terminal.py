"""Progress, meters and times for people; bars are shown on a terminal alone."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

LOWEST_DBFS = -60.0
FAINT_DBFS, LOUD_DBFS, LOUD_PEAK_DBFS = -40.0, -9.0, -3.0


@contextmanager
def seconds_bar(label: str, total_seconds: float | None) -> Iterator[Callable[[float], None]]:
    """A bar on stderr that is told how many seconds of audio are done."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(label, total=total_seconds)
        yield lambda seconds: progress.update(task, completed=seconds)


@contextmanager
def step_bars() -> Iterator[Callable[[str, int, int], None]]:
    """Bars on stderr for jobs that count: called with what, how many done, how many in all."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import Progress, TaskID

    tasks: dict[str, TaskID] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:

        def step(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield step


def level_bar(level_dbfs: float, cells: int, peak_dbfs: float = -math.inf) -> str:
    """A bar from -60 to 0 dBFS as markup: green where it should be, yellow when faint, red when too loud."""
    share = (max(LOWEST_DBFS, min(0.0, level_dbfs)) - LOWEST_DBFS) / -LOWEST_DBFS
    full = round(cells * share)
    is_loud = level_dbfs > LOUD_DBFS or peak_dbfs > LOUD_PEAK_DBFS
    colour = "red" if is_loud else "green" if level_dbfs >= FAINT_DBFS else "yellow"
    return f"[{colour}]{'█' * full}[/][dim]{'░' * (cells - full)}[/]"


def percent(probability: float) -> str:
    """Whole percents; nothing a machine says is certain."""
    return f"{min(99, round(100 * probability))}%"


def clock_time(seconds: float) -> str:
    """0:03:25 for 205 seconds."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def printable(text: str) -> str:
    """A text that gives a terminal no orders: what cannot be printed becomes a blank."""
    return "".join(letter if letter.isprintable() else " " for letter in text)
