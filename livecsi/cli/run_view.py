"""The screen of `livecsi run`: a level meter above the page of `livecsi status`; nothing at all without a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Group

    from livecsi.service.status import Status

LOWEST_DBFS = -60.0
METER_CELLS = 40
GOOD_DBFS, LOUD_DBFS = -30.0, -9.0


@contextmanager
def live_view(zone: ZoneInfo) -> Iterator[Callable[["Status"], None]]:
    """A function that shows a status; on a terminal it redraws one screen."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:
        yield lambda status: live.update(page(status, zone), refresh=True)


def page(status: "Status", zone: ZoneInfo) -> "Group":
    """Meter, facts, setlist so far."""
    from rich.console import Group

    from livecsi.cli.status import facts, setlist
    from livecsi.service.health import status_document

    said = status_document(status)
    return Group(meter(status.level_dbfs), facts(said, zone), setlist(said["setlist"], zone))


def meter(level_dbfs: float) -> str:
    """A bar from -60 to 0 dBFS: green where it should be, yellow when faint, red when too loud."""
    share = (max(LOWEST_DBFS, min(0.0, level_dbfs)) - LOWEST_DBFS) / -LOWEST_DBFS
    cells = round(METER_CELLS * share)
    colour = "red" if level_dbfs > LOUD_DBFS else "green" if level_dbfs > GOOD_DBFS else "yellow"
    return f"[{colour}]{'█' * cells}[/][dim]{'░' * (METER_CELLS - cells)}[/]"
