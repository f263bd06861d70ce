"""The screen of `livecsi run`: a level meter above the page of `livecsi status`; nothing at all without a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from rich.console import Group

    from livecsi.service.status import Status

METER_CELLS = 40


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
    from livecsi.cli.terminal import level_bar
    from livecsi.service.health import status_document

    said = status_document(status)
    meter = level_bar(status.level_dbfs, METER_CELLS)
    return Group(meter, facts(said, zone), setlist(said["setlist"], zone))
