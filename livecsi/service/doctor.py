"""Everything a night depends on, looked at before it begins, with a line of advice for whatever is not in order.

A check is good, bad, or a note: something to know that keeps no night from being heard. The sound card is asked only
when no daemon holds it; else the daemon tells what it hears.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from livecsi.audio.levels import SILENCE_DBFS, InputLevels
from livecsi.audio.probe import probe
from livecsi.catalogue.sqlite import Catalogue
from livecsi.clock import Clock
from livecsi.errors import FindingsError, LivecsiError
from livecsi.identify.sessions import find_model
from livecsi.ledger.ledger import Ledger
from livecsi.service.asking import ask_status
from livecsi.service.ear import GATE_MODEL
from livecsi.service.evidence import LEAST_FREE_BYTES
from livecsi.service.status import State
from livecsi.settings import RAW_INPUT, Settings

QUIET_DBFS = -60.0
LOUD_PEAK_DBFS = -1.0
LARGEST_DC_OFFSET = 0.01


class Mark(StrEnum):
    """How a check came out."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    what: str
    mark: Mark
    says: str
    advice: str = ""


Look = Callable[[Settings, Clock], Iterator[Check]]


def examine(settings: Settings, clock: Clock) -> Iterator[Check]:
    """All checks, each as soon as it is done; what a check cannot even open is its finding."""
    for what, look in _LOOKS.items():
        try:
            yield from look(settings, clock)
        except LivecsiError as error:
            yield Check(what, Mark.BAD, str(error.args[0]), error.advice)


def judge_levels(levels: InputLevels) -> Check:
    """What the levels of an input say about its wiring."""
    says = f"{levels.level_dbfs:.0f} dBFS, peaks {levels.peak_dbfs:.0f} dBFS"
    if levels.clipped_fraction > 0.0 or levels.peak_dbfs > LOUD_PEAK_DBFS:
        return Check("level", Mark.BAD, f"{says}, clipping", "turn the input down until peaks stay below -6 dBFS")
    if abs(levels.dc_offset) > LARGEST_DC_OFFSET:
        return Check("level", Mark.BAD, f"{says}, off centre by {levels.dc_offset:.2f}", "the interface is faulty")
    return judge_level(levels.level_dbfs, says)


def judge_level(level_dbfs: float, says: str) -> Check:
    """Whether something arrives at all."""
    if level_dbfs <= SILENCE_DBFS:
        return Check("level", Mark.BAD, "digital zeros", "the input is muted, or capture.channels names the wrong ones")
    if level_dbfs < QUIET_DBFS:
        return Check("level", Mark.NOTE, f"{says}, quiet", "look again while the band plays: about -18 dBFS is right")
    return Check("level", Mark.GOOD, says)


def judge_disk(free_bytes: int, folder: Path) -> Check:
    """Whether there is room for more nights."""
    says = f"{free_bytes / 1e9:.1f} GB free at {folder}"
    if free_bytes < LEAST_FREE_BYTES:
        return Check("disk", Mark.BAD, says, "free some space")
    return Check("disk", Mark.GOOD, says)


def _look_at_input(settings: Settings, clock: Clock) -> Iterator[Check]:
    try:
        said = ask_status(settings.service)
    except FindingsError as error:
        yield Check("daemon", Mark.NOTE, str(error.args[0]), error.advice)
        yield from _ask_the_device(settings, clock)
        return
    troubles = "; ".join(said["troubles"])
    yield Check("daemon", Mark.BAD if troubles else Mark.GOOD, said["state"], troubles)
    yield from _what_the_daemon_hears(said)


def _what_the_daemon_hears(said: dict[str, Any]) -> Iterator[Check]:
    if said["state"] not in (State.LISTENING, State.DEGRADED):
        yield Check("input", Mark.BAD, f"the daemon hears nothing: {said['state']}", "see `livecsi devices`")
        return
    yield Check("input", Mark.GOOD, said["input_name"])
    level, peak = (SILENCE_DBFS if said[name] is None else float(said[name]) for name in ("level_dbfs", "peak_dbfs"))
    yield judge_levels(InputLevels(level, peak, said["clipped_fraction"], said["dc_offset"]))


def _ask_the_device(settings: Settings, clock: Clock) -> Iterator[Check]:
    if settings.capture.input == RAW_INPUT:
        yield Check("input", Mark.NOTE, "raw PCM on stdin", "it can only be judged while the daemon runs")
        return
    heard = probe(settings.capture, clock)
    if not heard.is_capturing:
        yield Check("input", Mark.BAD, heard.trouble, "set capture.input to one that `livecsi devices` prints")
        return
    yield Check("input", Mark.GOOD, heard.input_name)
    yield judge_levels(heard.levels)


def _look_at_clock(settings: Settings, clock: Clock) -> Iterator[Check]:
    if clock.is_synchronised():
        yield Check("clock", Mark.GOOD, "set by the network")
    else:
        yield Check("clock", Mark.BAD, "nobody sets it", "turn on time synchronisation: timedatectl set-ntp true")
    if settings.venue.name:
        yield Check("venue", Mark.GOOD, settings.venue.name)
    else:
        yield Check("venue", Mark.NOTE, "it has no name", "set venue.name and its address: they stand on every report")
    zone = settings.venue.timezone
    if zone == "UTC":
        yield Check("zone", Mark.NOTE, "UTC", "set venue.timezone: nights are counted in the venue's own time")
    else:
        yield Check("zone", Mark.GOOD, zone)


def _look_at_disk(settings: Settings, clock: Clock) -> Iterator[Check]:
    folder = settings.state_dir
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    yield judge_disk(shutil.disk_usage(there).free, folder)
    locked = [path for path in (there, *_state_files(folder)) if not os.access(path, os.W_OK)]
    if locked:
        yield Check(
            "state", Mark.BAD, f"{locked[0]} cannot be written", "run it as the user of the service, or chown it"
        )
    else:
        yield Check("state", Mark.GOOD, f"{folder} can be written" if folder.exists() else f"{folder} will be made")


def _state_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.is_file())


def _look_at_model(settings: Settings, clock: Clock) -> Iterator[Check]:
    for name in (settings.model.name, GATE_MODEL):
        model = find_model(name, settings.model.directory)
        for role in model.facts["files"]:
            model.file(role)
        yield Check("model", Mark.GOOD, f"{model.id} is the released one")


def _look_at_catalogue(settings: Settings, clock: Clock) -> Iterator[Check]:
    model = find_model(settings.model.name, settings.model.directory)
    with Catalogue.open(settings.catalogue_path, clock, create=False) as catalogue:
        songs, missing = len(catalogue.recordings()), catalogue.missing_sequences(model.id)
        findings = catalogue.verify()
    if missing:
        says = f"{len(missing)} of {songs} songs were not encoded by {model.id}, first {missing[0].title!r}"
        yield Check("catalogue", Mark.BAD, says, "run `livecsi catalogue import` again with their files")
    elif findings:
        yield Check("catalogue", Mark.BAD, findings[0], f"{len(findings)} findings in `livecsi catalogue verify`")
    elif not songs:
        yield Check("catalogue", Mark.BAD, "no songs, so every answer will be unknown", Catalogue.how_to_begin)
    else:
        yield Check("catalogue", Mark.GOOD, f"{songs} studio songs")


def _look_at_ledger(settings: Settings, clock: Clock) -> Iterator[Check]:
    if not settings.ledger_path.exists():
        yield Check("ledger", Mark.NOTE, "none yet", "it begins with the first night")
        return
    with Ledger.open(settings.ledger_path, clock, create=False) as ledger:
        findings, events, signed = ledger.verify(), len(ledger.events()), len(ledger.checkpoints.lines())
    if findings:
        says = f"{findings[0]}{f', and {len(findings) - 1} more' if len(findings) > 1 else ''}"
        yield Check("ledger", Mark.BAD, says, "see `livecsi ledger verify`; restore it from a backup, and ask who")
    else:
        yield Check("ledger", Mark.GOOD, f"{events} events, {signed} signed checkpoints, nothing altered")


_LOOKS: dict[str, Look] = {
    "input": _look_at_input,
    "clock": _look_at_clock,
    "disk": _look_at_disk,
    "model": _look_at_model,
    "catalogue": _look_at_catalogue,
    "ledger": _look_at_ledger,
}
