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
LINES_AROUND_THE_LIST = 7
"""The meter, the heading and the frame of the list, how many came earlier, and one to spare."""


@contextmanager
def live_view(zone: ZoneInfo) -> Iterator[Callable[["Status"], None]]:
    """A function that shows a status; on a terminal it redraws one screen."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live

    console, newest = Console(stderr=True), list["Status"]()
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(status: "Status") -> None:
            newest[:] = [status]
            live.update(page(status, zone, console.size.height), refresh=True)

        yield show
    for status in newest:
        console.print(page(status, zone))


def page(status: "Status", zone: ZoneInfo, height: int | None = None) -> "Group":
    """Meter, facts, setlist so far; of a list that is longer than the screen its end."""
    from rich.console import Group

    from livecsi.cli.status import facts, setlist
    from livecsi.cli.terminal import level_bar
    from livecsi.service.health import status_document

    said = status_document(status)
    above, lines = facts(said, zone), said["setlist"]
    room = len(lines) if height is None else max(1, height - above.row_count - LINES_AROUND_THE_LIST)
    earlier = len(lines) - room
    meter = level_bar(status.level_dbfs, METER_CELLS, status.peak_dbfs)
    more = [f"… {earlier} earlier"] if earlier > 0 else []
    return Group(meter, above, *more, setlist(lines[max(0, earlier) :], zone))
